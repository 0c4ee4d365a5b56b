"""Which phones of the two sheets open an account, and whose."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role, User
from backend.accounts.phones import phone_hash, user_with_phone
from backend.audit.models import AuditEntry
from backend.roster.access import children_visible_to, reader_for
from backend.roster.models import Child, Guardian, Helper, Membership
from backend.roster.services.undoing import undo
from tests.factories.roster import NOW, a_child, a_county, a_guardian, a_helper, a_user, timedelta
from tests.roster.imports.sheets import A_CHILD, A_HELPER, CHILDREN, HELPERS, confirmed, staged

pytestmark = pytest.mark.django_db
ANOTHER = {"id_number": "529981198504171430", "name": "龚学文", "email": "", "classes": "", "sex": "男"}


def taken_in(kind, *rows):
    return confirmed(staged(kind, *rows))


def helper(name):
    return Helper.objects.select_related("user").get(name=name)


@pytest.fixture
def another():
    from stdnum.cn import ric

    body = "52998119850417143"
    return A_HELPER | ANOTHER | {"id_number": body + ric.calc_check_digit(f"{body}0")}


def test_a_helper_with_a_phone_alone_has_a_login(another):
    taken_in(HELPERS, A_HELPER | {"email": ""})
    assert user_with_phone("19900333333") == helper("何国平").user
    assert helper("何国平").user.email is None


def test_a_phone_that_two_helpers_name_opens_neither(another):
    taken_in(HELPERS, A_HELPER, another)
    assert user_with_phone("19900333333") is None
    assert {one.phone for one in Helper.objects.all()} == {"19900333333"}  # the ledger keeps it all the same


def test_a_phone_that_opens_an_account_already_opens_no_second(another):
    taken_in(HELPERS, A_HELPER)
    taken_in(HELPERS, another)
    assert user_with_phone("19900333333") == helper("何国平").user
    assert helper("龚学文").user.phone_hash == ""


def test_a_new_number_in_the_sheet_moves_the_login_and_is_noted():
    taken_in(HELPERS, A_HELPER)
    taken_in(HELPERS, {**A_HELPER, "phone": "19900333334"} | {key: "" for key in A_HELPER if key.startswith("clear")})
    assert user_with_phone("19900333334") == helper("何国平").user
    assert user_with_phone("19900333333") is None
    entry = AuditEntry.objects.get(verb="user.phone_changed")
    assert "199" not in f"{entry.before} {entry.after}"


def test_a_sheet_takes_a_number_from_a_login_with_other_rights_and_never_gives_one():
    taken_in(HELPERS, A_HELPER)
    user = helper("何国平").user
    Membership.objects.create(
        user=user, role=Role.COUNTY_COORDINATOR, area=a_county(), starts_at=NOW, expires_at=NOW + timedelta(days=9)
    )
    taken_in(HELPERS, {**A_HELPER, "phone": "19900333334"} | {key: "" for key in A_HELPER if key.startswith("clear")})
    assert user_with_phone("19900333333") is None
    assert user_with_phone("19900333334") is None
    assert helper("何国平").phone == "19900333334"


def guardian(kind, child="袁小禾"):
    return Guardian.objects.select_related("user").get(kind=kind, child__name=child)


def test_guardians_with_a_phone_alone_have_logins_and_read_their_child():
    taken_in(CHILDREN, A_CHILD)
    father, grandmother = guardian("FATHER"), guardian("DELEGATED")
    assert user_with_phone("19900111111") == father.user
    assert user_with_phone("19900222222") == grandmother.user
    assert father.user != grandmother.user
    reader = reader_for(father.user, NOW)
    assert (reader.role, children_visible_to(reader).get()) == (Role.GUARDIAN, Child.objects.get())


def sibling():
    from stdnum.cn import ric

    body = "52998120160305124"
    number = body + ric.calc_check_digit(f"{body}0")
    return A_CHILD | {"name": "袁小苗", "id_number": number, "sex": "女", "carer.phone": "19900555555"}


def test_siblings_share_their_guardians_account():
    taken_in(CHILDREN, A_CHILD, sibling())
    assert guardian("FATHER").user == guardian("FATHER", "袁小苗").user
    taken_in(CHILDREN, A_CHILD | {"address": "四组 1 号"})
    assert User.objects.filter(phone_hash=phone_hash("19900111111")).count() == 1


def test_an_address_and_its_phone_open_the_same_account():
    taken_in(CHILDREN, A_CHILD | {"father.email": "yuan@qianshou.example"}, sibling())
    user = User.objects.get(email="yuan@qianshou.example")
    assert user_with_phone("19900111111") == user
    assert guardian("FATHER", "袁小苗").user == user  # named by phone alone there


def test_a_guardian_who_gets_an_address_later_keeps_the_account():
    taken_in(CHILDREN, A_CHILD)
    user = guardian("FATHER").user
    taken_in(CHILDREN, A_CHILD | {"father.email": "yuan@qianshou.example"})
    user.refresh_from_db()
    assert (guardian("FATHER").user, user.email) == (user, "yuan@qianshou.example")
    assert user_with_phone("19900111111") == user


def test_a_new_phone_of_a_guardian_with_an_address_moves_along():
    taken_in(CHILDREN, A_CHILD | {"father.email": "yuan@qianshou.example"})
    taken_in(CHILDREN, A_CHILD | {"father.phone": "19900111112"})
    user = User.objects.get(email="yuan@qianshou.example")
    assert (user_with_phone("19900111112"), user_with_phone("19900111111")) == (user, None)


def test_the_phone_of_a_teachers_account_opens_no_childs_file():
    """A teacher's number written as a contact: the child must not become the teacher's own."""
    teacher = a_helper().user
    User.objects.filter(pk=teacher.pk).update(phone="19900111111", phone_hash=phone_hash("19900111111"))
    taken_in(CHILDREN, A_CHILD)
    assert guardian("FATHER").user is None
    assert not children_visible_to(reader_for(teacher, NOW, acting=Role.GUARDIAN)).exists()


def test_a_guardians_number_that_becomes_a_teachers_takes_the_old_login_away():
    taken_in(CHILDREN, A_CHILD)
    teacher = a_helper().user
    User.objects.filter(pk=teacher.pk).update(phone="19900111112", phone_hash=phone_hash("19900111112"))
    taken_in(CHILDREN, A_CHILD | {"father.phone": "19900111112"})
    assert guardian("FATHER").user is None


def test_a_landline_opens_nothing():
    taken_in(CHILDREN, A_CHILD | {"father.phone": "0851-12345678"})
    assert guardian("FATHER").user is None


def test_a_guardian_on_file_with_an_account_elsewhere_is_joined_by_phone():
    child = a_child()
    user = a_user(email=None)
    a_guardian(child, user=user)
    User.objects.filter(pk=user.pk).update(phone="19900111111", phone_hash=phone_hash("19900111111"))
    taken_in(CHILDREN, A_CHILD)
    assert guardian("FATHER").user == user


def test_undoing_takes_the_accounts_along():
    batch = taken_in(CHILDREN, A_CHILD)
    assert User.objects.exclude(phone_hash="").count() == 2
    actor = batch.uploaded_by
    undo(batch=batch, actor=actor, reader=reader_for(actor, NOW), now=NOW)
    assert not User.objects.exclude(phone_hash="").exists()
