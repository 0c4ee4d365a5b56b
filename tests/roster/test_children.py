"""A child's file by hand: levels, consents, leaving."""

from __future__ import annotations

from datetime import date

import pytest

from backend.kernel.errors import InvalidMove
from backend.outbox.models import OutboxEvent
from backend.roster.models import Child
from backend.roster.names import name_keys
from backend.roster.services.children import (
    ChangedMeanwhile,
    ConsentStands,
    UnknownWord,
    WrongPhone,
    close_file,
    close_grown_up,
    edit_child,
    record_consent,
    withdraw_consent,
)
from backend.roster.services.second_person import NoSecondPerson, second_person
from backend.vault.hashes import lookup_hash
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_user

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 1)


def test_two_editors_never_overwrite_each_other():
    child = a_child()
    edit_child(child=child, changes={"care_alert": "带喷雾"}, version=1, actor=a_user())

    with pytest.raises(ChangedMeanwhile):
        edit_child(child=child, changes={"care_alert": "怕狗"}, version=1, actor=a_user())

    assert (Child.objects.get().care_alert, Child.objects.get().version) == ("带喷雾", 2)


def test_fields_that_are_not_the_editors_are_left_alone():
    child = a_child()
    edit_child(child=child, changes={"heart_level": 1, "state": "CLOSED", "address": "新址"}, version=1, actor=a_user())

    fresh = Child.objects.get()
    assert (fresh.heart_level, fresh.state, fresh.address) == (4, "ACTIVE", "新址")


def test_one_consent_stands_per_purpose_and_a_new_one_follows_a_withdrawal():
    child = a_child(has_consent=False)
    facts = {"purpose": "MATCHING", "text_version": "1", "given_by": "祖母", "given_date": DAY, "actor": a_user()}
    consent = record_consent(child=child, **facts)
    with pytest.raises(ConsentStands):
        record_consent(child=child, **facts)

    withdraw_consent(consent=consent, actor=a_user(), now=NOW)
    with pytest.raises(InvalidMove):
        withdraw_consent(consent=consent, actor=a_user(), now=NOW)
    record_consent(child=child, **facts)

    assert child.consents.count() == 2
    assert OutboxEvent.objects.filter(name="consent.withdrawn").count() == 1


def test_a_file_closes_once_and_those_of_age_close_by_themselves():
    of_age = a_child(birth_date=date(2008, 11, 23))
    a_child(birth_date=date(2008, 11, 24))

    assert [close_grown_up(today=date(2026, 11, 23)), close_grown_up(today=date(2026, 11, 23))] == [1, 0]
    with pytest.raises(InvalidMove):
        close_file(child=of_age, state="MOVED", reason="-", actor=None)
    assert OutboxEvent.objects.filter(name="child.left").count() == 1
    assert close_grown_up(today=date(2028, 2, 29)) == 1


@pytest.mark.parametrize(
    ("name", "sort", "found_by"),
    [
        ("单小雨", "shan xiao yu", ["shanxiaoyu", "sxy", "danxiaoyu", "小雨"]),
        ("欧阳娜", "ou yang na", ["ouyangna", "oyn"]),
        ("曾强", "zeng qiang", ["zengqiang", "cengqiang", "zq", "cq"]),
    ],
)
def test_names_are_found_by_either_reading(name, sort, found_by):
    key, search = name_keys(name)

    assert key == sort
    assert [text for text in found_by if text not in search] == []


def test_the_second_person_is_another_coordinator_over_the_same_child():
    child, actor = a_child(), a_coordinator()
    mate, far = a_coordinator(), a_coordinator(a_county("529902", "云河县"))

    assert second_person(login=mate.email, child=child, actor=actor, now=NOW) == mate
    for login in (actor.email, far.email, a_helper().email, "nobody@example.org", ""):
        with pytest.raises(NoSecondPerson):
            second_person(login=login, child=child, actor=actor, now=NOW)


def test_what_is_typed_is_cleaned_and_the_phone_stays_findable():
    child = a_child()

    edit_child(
        child=child,
        version=1,
        actor=a_user(),
        changes={"phone": "139 0000\u202e2222", "care_alert": "带\u2066喷雾\x07 "},
    )

    fresh = Child.objects.get()
    assert (fresh.phone, fresh.care_alert) == ("13900002222", "带喷雾")
    assert fresh.phone_hash == lookup_hash("13900002222", "child.phone")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [({"phone": "123"}, WrongPhone), ({"needs": ["想要手机"]}, UnknownWord), ({"categories": ["=1+1"]}, UnknownWord)],
)
def test_what_the_ledger_cannot_hold_is_refused(changes, refusal):
    child = a_child()

    with pytest.raises(refusal):
        edit_child(child=child, version=1, actor=a_user(), changes=changes)
    assert Child.objects.get().version == 1
