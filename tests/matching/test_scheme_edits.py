"""Rule books: made, changed, switched, put back; nothing that makes no sense gets in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.audit.models import AuditEntry
from backend.kernel.errors import NotAllowed
from backend.roster.access import reader_for
from matching.models import Slot, SlotRule
from matching.services.scheme_edits import (
    NotBuiltIn,
    PlaceInUse,
    SchemeChangedMeanwhile,
    built_in_book,
    changed_from_preset,
    edit_scheme,
    make_scheme,
    restore_preset,
    switch_scheme,
)
from matching.services.scheme_rules import PlaceBook, SchemeBook, SchemeWrong, book_of, check_book
from matching.services.schemes import ensure_slots
from tests.factories.matching import an_offer, the_schemes
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_township

pytestmark = pytest.mark.django_db

OWN = SchemeBook(name="自己的", target_levels=[3], places=[PlaceBook(name="帮扶人", roles=["VOLUNTEER"])])


def county_reader():
    user = a_coordinator(a_county())
    return {"actor": user, "reader": reader_for(user, NOW)}


@pytest.fixture
def schemes():
    return {one.key: one for one in the_schemes()}


def test_every_built_in_book_makes_sense_and_counts_as_unchanged(schemes):
    for scheme in schemes.values():
        check_book(book_of(scheme))
        assert book_of(scheme) == built_in_book(scheme)
        assert changed_from_preset(scheme) == []


def test_a_county_makes_a_scheme_of_its_own(schemes):
    made = make_scheme(county=a_county(), book=OWN, now=NOW, **county_reader())

    assert replace(book_of(made), places=[]) == replace(OWN, places=[])
    assert made.term == schemes["two-to-one"].term
    assert [rule.roles for rule in made.slot_rules.all()] == [["VOLUNTEER"]]
    assert AuditEntry.objects.filter(verb="scheme.made", subject_id=made.public_id).exists()
    with pytest.raises(NotBuiltIn):
        restore_preset(scheme=made, version=1, **county_reader())


def test_changes_keep_the_places_that_stay(schemes):
    scheme, who = schemes["two-to-one"], county_reader()
    child = a_child()
    slots = ensure_slots(scheme, [child.pk])
    book = book_of(scheme)
    wider = replace(book.places[1], reach="TOWNSHIP", count=2)

    edited = edit_scheme(
        scheme=scheme, book=replace(book, name="二对一（宽）", places=[book.places[0], wider]), version=1, **who
    )

    assert (edited.name, edited.version) == ("二对一（宽）", 2)
    assert changed_from_preset(edited) == ["name", "places"]
    assert {slot.pk for slot in slots} <= set(Slot.objects.values_list("pk", flat=True))
    assert len(ensure_slots(edited, [child.pk])) == 3
    entry = AuditEntry.objects.get(verb="scheme.edited")
    assert (entry.before["name"], entry.after["name"]) == ("二对一", "二对一（宽）")

    restored = restore_preset(scheme=edited, version=2, **who)
    assert changed_from_preset(restored) == []
    assert len(ensure_slots(restored, [child.pk])) == 2


def test_the_second_of_two_editors_is_told(schemes):
    scheme, who = schemes["two-to-one"], county_reader()
    book = book_of(scheme)
    edit_scheme(scheme=scheme, book=replace(book, offer_days=3), version=1, **who)
    with pytest.raises(SchemeChangedMeanwhile):
        edit_scheme(scheme=scheme, book=replace(book, offer_days=5), version=1, **who)
    scheme.refresh_from_db()
    assert scheme.offer_days == 3


def test_a_place_that_was_offered_is_not_removed(schemes):
    offer = an_offer(kind="teacher")
    scheme, who = offer.slot.rule.scheme, county_reader()
    book = book_of(scheme)
    with pytest.raises(PlaceInUse):
        edit_scheme(scheme=scheme, book=replace(book, places=book.places[:1]), version=1, **who)
    assert SlotRule.objects.filter(scheme=scheme).count() == 2
    scheme.refresh_from_db()
    assert scheme.version == 1


def test_only_the_county_writes_rules(schemes):
    user = a_coordinator(a_township())
    who = {"actor": user, "reader": reader_for(user, NOW)}
    with pytest.raises(NotAllowed):
        make_scheme(county=a_county(), book=OWN, now=NOW, **who)
    with pytest.raises(NotAllowed):
        switch_scheme(scheme=schemes["two-to-one"], is_on=False, **who)
    elsewhere = a_coordinator(a_county("529902", "云河县"))
    with pytest.raises(NotAllowed):
        edit_scheme(
            scheme=schemes["two-to-one"], book=OWN, version=1, actor=elsewhere, reader=reader_for(elsewhere, NOW)
        )


def test_switching_is_noted_once(schemes):
    who = county_reader()
    switch_scheme(scheme=schemes["two-to-one"], is_on=False, **who)
    switch_scheme(scheme=schemes["two-to-one"], is_on=False, **who)
    schemes["two-to-one"].refresh_from_db()
    assert not schemes["two-to-one"].is_active
    assert AuditEntry.objects.filter(verb="scheme.switched").count() == 1


def a_book(**said):
    return replace(OWN, **said)


def with_place(**said):
    return replace(OWN, places=[replace(OWN.places[0], **said)])


@pytest.mark.parametrize(
    ("book", "field"),
    [
        (a_book(name=" "), "name"),
        (a_book(target_levels=[]), "target_levels"),
        (a_book(target_levels=[5]), "target_levels"),
        (a_book(target_levels=[4, 4]), "target_levels"),
        (a_book(target={"wishes": 1}), "target.wishes"),
        (a_book(limit_per_helper=0), "limit_per_helper"),
        (a_book(limit_per_helper=1, target_per_helper=2), "target_per_helper"),
        (a_book(lasts="FOREVER"), "lasts"),
        (a_book(tier_order="none"), "tier_order"),
        (a_book(fit_band=2), "fit_band"),
        (a_book(offer_days=8), "offer_days"),
        (a_book(places=[]), "places"),
        (a_book(places=[replace(OWN.places[0], key="a"), replace(OWN.places[0], key="a")]), "places"),
        (with_place(name=""), "places.0.name"),
        (with_place(roles=[]), "places.0.roles"),
        (with_place(roles=["ADMIN"]), "places.0.roles"),
        (with_place(roles=["PEER", "TEACHER"]), "places.0.roles"),
        (with_place(roles=["PEER"]), "counts_towards_total"),
        (with_place(elder_kinds=["KING"]), "places.0.elder_kinds"),
        (with_place(count=0), "places.0.count"),
        (with_place(radius_m=-1), "places.0.radius_m"),
        (with_place(reach="WORLD"), "places.0.reach"),
        (with_place(sex_rule="MAYBE"), "places.0.sex_rule"),
        (with_place(required_skills=["飞"]), "places.0.required_skills"),
        (with_place(weights={"luck": 3}), "places.0.weights.luck"),
        (with_place(weights={"near": 900, "needs": 101}), "places.0.weights"),
        (with_place(weights={"near": -1}), "places.0.weights"),
        (with_place(weights={"near_m": 5000, "far_m": 5000}), "places.0.weights.far_m"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(book, field):
    with pytest.raises(SchemeWrong) as refused:
        check_book(book)
    assert refused.value.facts["field"] == field
