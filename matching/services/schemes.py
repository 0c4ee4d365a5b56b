"""A county's terms and schemes as they begin, and the places each child is owed."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from backend.audit.services import record
from matching.models import Scheme, Slot, SlotRow, SlotRule, Term
from matching.services.presets import PRESETS, PlacePreset, SchemePreset

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from backend.roster.models import Area

# What a coordinator may say about a scheme and about its places; copied from term to term.
SCHEME_FIELDS = (
    *(item.name for item in fields(SchemePreset) if item.name not in {"key", "places"}),
    "has_woman_for_girl", "tier_order", "fit_band", "offer_days", "offers_on",
)  # fmt: skip
PLACE_FIELDS = (
    *(item.name for item in fields(PlacePreset)), "elder_kinds", "is_required", "radius_m", "required_skills",
)  # fmt: skip


def term_of(day: date) -> tuple[str, date, date]:
    """The Chinese school term a day falls in, as (name, start, end): autumn from 1 August, spring from 1 February."""
    if day.month >= 8:  # noqa: PLR2004 - August
        return f"{day.year} 秋季学期", date(day.year, 8, 1), date(day.year + 1, 1, 31)
    if day.month == 1:
        return f"{day.year - 1} 秋季学期", date(day.year - 1, 8, 1), date(day.year, 1, 31)
    return f"{day.year} 春季学期", date(day.year, 2, 1), date(day.year, 7, 31)


def install_presets(county: Area, *, now: datetime, actor: Any = None) -> list[Scheme]:
    """
    Make the present term of a county and its schemes: as they stood in the term before, else the built-in ones.

    What is there already stays as it is. Answers the built-in schemes, in their order, then the county's own.
    """
    name, start, end = term_of(timezone.localdate(now))
    with transaction.atomic():
        term, _made = Term.objects.get_or_create(
            county=county, name=name, defaults={"start_date": start, "end_date": end}
        )
        before = _schemes_before(county, term)
        built_in = [_install(county, term, preset, before.pop(preset.key, None), actor) for preset in PRESETS]
        return built_in + [_carry_over(term, scheme, actor) for scheme in before.values()]


def _schemes_before(county: Area, term: Term) -> dict[str, Scheme]:
    """The schemes of the latest earlier term, by key."""
    earlier = Term.objects.filter(county=county, start_date__lt=term.start_date).order_by("-start_date").first()
    if earlier is None:
        return {}
    return {one.key: one for one in earlier.schemes.order_by("pk")}


def _install(county: Area, term: Term, preset: SchemePreset, before: Scheme | None, actor: Any) -> Scheme:
    if before is not None:
        return _carry_over(term, before, actor)
    columns = {name: _plain(getattr(preset, name)) for name in SCHEME_FIELDS if hasattr(preset, name)}
    scheme, is_new = Scheme.objects.get_or_create(county=county, term=term, key=preset.key, defaults=columns)
    if is_new:
        SlotRule.objects.bulk_create(_rule_of(scheme, place, number) for number, place in enumerate(preset.places))
        record(actor=actor, verb="scheme.made", subject=scheme)
    return scheme


def _carry_over(term: Term, before: Scheme, actor: Any) -> Scheme:
    """The same scheme in the next term, with every change the county has made to it."""
    columns = {name: getattr(before, name) for name in SCHEME_FIELDS}
    scheme, is_new = Scheme.objects.get_or_create(county=before.county, term=term, key=before.key, defaults=columns)
    if is_new:
        rules = before.slot_rules.order_by("position", "pk")
        SlotRule.objects.bulk_create(_copy_of(scheme, rule, number) for number, rule in enumerate(rules))
        record(actor=actor, verb="scheme.carried_over", subject=scheme, after={"from": before.public_id})
    return scheme


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _rule_of(scheme: Scheme, place: PlacePreset, number: int) -> SlotRule:
    columns = {item.name: _plain(getattr(place, item.name)) for item in fields(place)}
    return SlotRule(scheme=scheme, position=number, **columns)


def _copy_of(scheme: Scheme, rule: SlotRule, number: int) -> SlotRule:
    return SlotRule(scheme=scheme, position=number, **{name: getattr(rule, name) for name in PLACE_FIELDS})


def ensure_slots(scheme: Scheme, child_ids: Iterable[int]) -> list[SlotRow]:
    """
    The places of these children under this scheme, made where missing, ordered by child, rule and turn.

    Safe to run twice at once: a place is unique and the second maker's copy is ignored.
    """
    wanted = set(child_ids)
    rules = list(scheme.slot_rules.order_by("position", "id"))
    rows = _slot_rows(rules)
    there = {row[1:] for row in rows}
    missing = [
        Slot(child_id=child_id, rule=rule, turn=turn)
        for child_id in sorted(wanted)
        for rule in rules
        for turn in range(rule.count)
        if (child_id, rule.pk, turn) not in there
    ]
    if missing:
        Slot.objects.bulk_create(missing, ignore_conflicts=True, batch_size=1000)
        rows = _slot_rows(rules)
    counts = {rule.pk: rule.count for rule in rules}
    return [row for row in rows if row.turn < counts[row.rule_id] and row.child_id in wanted]


def _slot_rows(rules: list[SlotRule]) -> list[SlotRow]:
    rows = Slot.objects.filter(rule__in=rules).order_by("child_id", "rule_id", "turn")
    return [SlotRow(*row) for row in rows.values_list(*SlotRow._fields)]
