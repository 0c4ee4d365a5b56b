"""Setting up a county's terms and schemes, and the places each child is owed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import Role
from backend.audit.services import record
from matching.models import Scheme, Slot, SlotRule, Term

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from backend.roster.models import Area


@dataclass(frozen=True)
class PlacePreset:
    """One kind of place of a built-in scheme."""

    key: str
    name: str
    role: Role
    reach: str
    count: int = 1
    is_same_sex: bool = False
    weights: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SchemePreset:
    """A built-in scheme, copied into rows that a coordinator may then change."""

    key: str
    name: str
    purpose: str
    target_levels: tuple[int, ...]
    places: tuple[PlacePreset, ...]
    is_bundled: bool = False
    limit_per_helper: int | None = None


TWO_TO_ONE = SchemePreset(
    key="two-to-one",
    name="二对一",
    purpose="每名四级儿童配一名责任干部和一位监管教师，两人齐了才算配上。",
    target_levels=(4,),
    is_bundled=True,
    places=(
        PlacePreset(
            "cadre", "责任干部", Role.CADRE, SlotRule.Reach.TOWNSHIP,
            weights={"near": 400, "same_village": 300, "needs": 200, "same_sex": 100},
        ),
        PlacePreset(
            "teacher", "监管教师", Role.TEACHER, SlotRule.Reach.SCHOOL,
            weights={"class_teacher": 250, "teaches_class": 150, "needs": 300, "same_sex": 200, "near": 100},
        ),
    ),
)  # fmt: skip

PRESETS: tuple[SchemePreset, ...] = (TWO_TO_ONE,)


def term_of(day: date) -> tuple[str, date, date]:
    """The Chinese school term a day falls in, as (name, start, end): autumn from 1 August, spring from 1 February."""
    if day.month >= 8:  # noqa: PLR2004 - August
        return f"{day.year} 秋季学期", date(day.year, 8, 1), date(day.year + 1, 1, 31)
    if day.month == 1:
        return f"{day.year - 1} 秋季学期", date(day.year - 1, 8, 1), date(day.year, 1, 31)
    return f"{day.year} 春季学期", date(day.year, 2, 1), date(day.year, 7, 31)


def install_presets(county: Area, *, now: datetime, actor: Any = None) -> list[Scheme]:
    """Make the present term and the built-in schemes of a county; what is there already stays as it is."""
    name, start, end = term_of(timezone.localdate(now))
    with transaction.atomic():
        term, _made = Term.objects.get_or_create(
            county=county, name=name, defaults={"start_date": start, "end_date": end}
        )
        return [_install(county, term, preset, actor) for preset in PRESETS]


def _install(county: Area, term: Term, preset: SchemePreset, actor: Any) -> Scheme:
    scheme, is_new = Scheme.objects.get_or_create(
        county=county,
        term=term,
        key=preset.key,
        defaults={
            "name": preset.name,
            "purpose": preset.purpose,
            "target_levels": list(preset.target_levels),
            "is_bundled": preset.is_bundled,
            "limit_per_helper": preset.limit_per_helper,
        },
    )
    if is_new:
        SlotRule.objects.bulk_create(_rule_of(scheme, place, number) for number, place in enumerate(preset.places))
        record(actor=actor, verb="scheme.made", subject=scheme)
    return scheme


def _rule_of(scheme: Scheme, place: PlacePreset, number: int) -> SlotRule:
    return SlotRule(
        scheme=scheme,
        key=place.key,
        name=place.name,
        role=place.role,
        count=place.count,
        reach=place.reach,
        is_same_sex=place.is_same_sex,
        weights=place.weights,
        position=number,
    )


def ensure_slots(scheme: Scheme, child_ids: Iterable[int]) -> list[Slot]:
    """
    The places of these children under this scheme, made where missing, ordered by child, rule and turn.

    Safe to run twice at once: a place is unique and the second maker's copy is ignored.
    """
    wanted = list(child_ids)
    rules = list(scheme.slot_rules.order_by("position", "id"))
    there = set(Slot.objects.filter(rule__in=rules).values_list("child_id", "rule_id", "turn"))
    missing = [
        Slot(child_id=child_id, rule=rule, turn=turn)
        for child_id in wanted
        for rule in rules
        for turn in range(rule.count)
        if (child_id, rule.pk, turn) not in there
    ]
    Slot.objects.bulk_create(missing, ignore_conflicts=True, batch_size=1000)
    return list(
        Slot.objects.filter(rule__in=rules, turn__lt=_most_turns(rules)).order_by("child_id", "rule_id", "turn")
    )


def _most_turns(rules: list[SlotRule]) -> int:
    return max((rule.count for rule in rules), default=0)
