"""A person with several roles acts in one of them: what they see, what background work sees, what the audit says."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from backend.audit.services import entry_for
from backend.kernel.errors import NotAllowed
from backend.roster.access import (
    NOBODY,
    children_visible_to,
    helpers_visible_to,
    reader_for,
    reader_in_role,
    readers_for,
)
from backend.roster.models import Membership
from backend.roster.services.imports import ensure_may_touch, stage_batch, upload
from backend.roster.services.second_person import second_person
from tests.factories.roster import (
    NOW,
    a_care_link,
    a_child,
    a_county,
    a_guardian,
    a_helper,
    a_member,
    a_township,
    a_user,
    a_village,
    timedelta,
)
from tests.roster.imports.sheets import A_HELPER, HELPERS, sheet_of

pytestmark = pytest.mark.django_db


def also(user, role, **place):
    return Membership.objects.create(
        user=user, role=role, reason="兼任", starts_at=NOW, expires_at=NOW + timedelta(days=90), **place
    )


@pytest.fixture
def both():
    """Somebody who coordinates a township, teaches one child elsewhere, and is another child's guardian."""
    helper = a_helper()
    far = a_village(a_township(number=102, name="桑木镇"), number=202, name="青杠坡村")
    here, taught, own = a_child(), a_child(village=far), a_child(village=far)
    also(helper.user, Role.TOWNSHIP_COORDINATOR, area=here.village.parent)
    a_care_link(taught, helper)
    a_guardian(own, user=helper.user)
    return helper.user, {Role.TOWNSHIP_COORDINATOR: here, Role.TEACHER: taught, Role.GUARDIAN: own}


def test_without_a_choice_the_strongest_role_speaks_and_all_are_named(both):
    reader = reader_for(both[0], NOW)
    assert reader.role == Role.TOWNSHIP_COORDINATOR
    assert reader.roles == (Role.TOWNSHIP_COORDINATOR, Role.TEACHER, Role.GUARDIAN)


@pytest.mark.parametrize("role", [Role.TOWNSHIP_COORDINATOR, Role.TEACHER, Role.GUARDIAN])
def test_each_role_sees_its_own_children_only(both, role):
    user, children = both
    reader = reader_for(user, NOW, acting=role)
    assert reader.role == role
    assert list(children_visible_to(reader)) == [children[role]]


@pytest.mark.parametrize(
    ("acting", "role"),
    [
        ("AUDITOR", Role.TEACHER), ("ADMIN", Role.TOWNSHIP_COORDINATOR),
        ("nonsense", Role.TOWNSHIP_COORDINATOR), ("", Role.TOWNSHIP_COORDINATOR),
    ],
)  # fmt: skip
def test_a_role_not_held_falls_to_a_weaker_one_and_never_to_a_stronger(both, acting, role):
    assert reader_for(both[0], NOW, acting=acting).role == role


def test_the_choice_falls_back_when_its_role_ends(both):
    user = both[0]
    later = NOW + timedelta(days=91)
    assert reader_for(user, later, acting=Role.TOWNSHIP_COORDINATOR).role == Role.TEACHER
    assert reader_in_role(user, Role.TOWNSHIP_COORDINATOR, later) == NOBODY


def test_places_go_with_their_role():
    user = a_member(Role.COUNTY_COORDINATOR, area=a_county())
    also(user, Role.TOWNSHIP_COORDINATOR, area=a_township(a_county("529902", "云河县"), number=103, name="桥头镇"))
    assert [(reader.role, reader.area_codes) for reader in readers_for(user, NOW)] == [
        (Role.COUNTY_COORDINATOR, ("529901",)),
        (Role.TOWNSHIP_COORDINATOR, ("529902103",)),
    ]


def test_a_helpers_role_sees_the_helper_and_a_guardians_does_not(both):
    user = both[0]
    assert list(helpers_visible_to(reader_for(user, NOW, acting=Role.TEACHER))) == [user.helper]
    assert not helpers_visible_to(reader_for(user, NOW, acting=Role.GUARDIAN)).exists()


def test_a_file_is_read_in_the_role_it_was_uploaded_in():
    user = a_member(Role.ADMIN)
    also(user, Role.COUNTY_COORDINATOR, area=a_county())
    also(user, Role.TOWNSHIP_COORDINATOR, area=a_township(number=102, name="桑木镇"))
    a_village()
    reader = reader_for(user, NOW, acting=Role.TOWNSHIP_COORDINATOR)
    batch = upload(
        kind=HELPERS, file_name="表.xlsx", content=sheet_of(HELPERS, A_HELPER), actor=user, reader=reader, now=NOW,
        is_queued=False,
    )  # fmt: skip
    assert batch.uploaded_role == Role.TOWNSHIP_COORDINATOR

    rows = stage_batch(batch_id=batch.pk, now=NOW).rows
    assert [row.outcome for row in rows.all()] == ["WRONG"]  # the row's township is not the chosen one
    with pytest.raises(NotAllowed):
        ensure_may_touch(batch, user, reader_for(user, NOW, acting=Role.ADMIN), NOW)
    ensure_may_touch(batch, user, reader_for(user, NOW, acting=Role.COUNTY_COORDINATOR), NOW)  # holds all of it


def test_a_second_person_counts_in_any_of_their_roles():
    child = a_child()
    user = a_member(Role.ADMIN)
    also(user, Role.COUNTY_COORDINATOR, area=a_county())
    assert second_person(login=user.email, child=child, actor=a_user(), now=NOW) == user


def test_the_audit_says_in_which_role_somebody_acted():
    user, child = a_user(), a_child()
    assert entry_for(user, "child.read", child).actor_role == ""
    user.acting_role = Role.TEACHER
    assert entry_for(user, "child.read", child).actor_role == "TEACHER"
