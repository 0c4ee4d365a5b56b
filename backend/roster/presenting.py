"""A child as one reader may see it: the field matrix applied to rows. Both doors build on this and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from backend.accounts.models import HELPERS
from backend.roster.field_matrix import DAY_HOST, FIELD_COLUMN, LINK_HOLDER, TALK_TEACHER, Rule, rule_for
from backend.roster.masking import classmate_name, given_name, masked_id, masked_name, masked_phone
from backend.roster.models import CareLink, Reveal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from backend.roster.access import Reader
    from backend.roster.models import Assessment, Child, Guardian

ADDRESS_OPENS_DAYS = 3
_AGE_BANDS = ((6, "0-5"), (9, "6-8"), (12, "9-11"), (15, "12-14"), (18, "15-17"))

# What a list row may hold; the rest belongs to the child's own page, which leaves a trace.
LIST_FIELDS = ("name", "sex", "age", "school", "school_class", "village", "heart_level", "is_boarding")


@dataclass(frozen=True)
class ShownChild:
    """
    One child for one reader.

    Args:
        values: field -> value in the form the reader may see; absent fields have no key.
        revealable: fields the reader may open with a reason.
        role: the role the reader has towards this child.
    """

    public_id: str
    values: dict[str, Any]
    revealable: tuple[str, ...]
    role: str


def age_on(birth_date: date | None, today: date) -> int | None:
    """Age in full years."""
    if birth_date is None:
        return None
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def roles_towards(reader: Reader, children: Iterable[Child]) -> dict[int, tuple[str | None, date | None]]:
    """
    Per child row id: (the reader's role towards it, the next planned visit). A helper's role is the one of the
    pairing, so a teacher who mentors as a volunteer sees that child as a volunteer does.
    """
    ids = [child.pk for child in children]
    if reader.helper_id is None or reader.role not in HELPERS:
        return dict.fromkeys(ids, (reader.role, None))
    links = CareLink.objects.filter(helper_id=reader.helper_id, child_id__in=ids, ended_at=None)
    return {link.child_id: (link.role, link.next_visit_date) for link in links}


def present_list(reader: Reader, children: Iterable[Child], *, now: datetime) -> list[ShownChild]:
    """List rows: names and masked values only. Writes nothing."""
    rows = list(children)
    roles = roles_towards(reader, rows)
    today = timezone.localdate(now)
    return [
        _present(child, LIST_FIELDS, roles.get(child.pk, (None, None)), opened=frozenset(), today=today)
        for child in rows
    ]


def present_file(reader: Reader, child: Child, *, now: datetime) -> ShownChild:
    """A child's own page: every field the reader may see, with what was opened in the last quarter of an hour."""
    role = roles_towards(reader, [child]).get(child.pk, (None, None))
    opened = frozenset(
        Reveal.objects.filter(user=reader.user, child=child, ends_at__gt=now).values_list("field", flat=True)
    )
    return _present(child, tuple(FIELD_COLUMN), role, opened=opened, today=timezone.localdate(now))


def present_to_link_holder(child: Child, *, now: datetime) -> ShownChild:
    """What the holder of an open offer's link may know."""
    return _present(child, tuple(FIELD_COLUMN), (LINK_HOLDER, None), opened=frozenset(), today=timezone.localdate(now))


def names_for_talk_teacher(children: Iterable[Child], *, now: datetime) -> dict[int, str]:
    """
    Child row id -> what a teacher of the class who talks with the child in a group may know of it: what it is called.

    It opens no file: the teacher's other pages and the matrix of pairings know nothing of it.
    """
    today = timezone.localdate(now)
    return {
        child.pk: _present(child, ("name",), (TALK_TEACHER, None), opened=frozenset(), today=today).values["name"]
        for child in children
    }


def names_for_day_host(children: Iterable[Child], *, now: datetime) -> dict[int, str]:
    """
    Child row id -> what somebody on the spot of an event day, a name tag or a list in many hands may call the child.

    It opens no file, as with talk groups.
    """
    today = timezone.localdate(now)
    return {
        child.pk: _present(child, ("name",), (DAY_HOST, None), opened=frozenset(), today=today).values["name"]
        for child in children
    }


def may_reveal(reader: Reader, child: Child, field: str, *, now: datetime) -> bool:
    """Whether the matrix lets the reader open this field of this child now."""
    role, visit = roles_towards(reader, [child]).get(child.pk, (None, None))
    return _is_revealable(rule_for(field, role), visit, timezone.localdate(now))


def revealed_value(child: Child, field: str) -> Any:
    """The plain value behind a field, for a reveal that has been granted."""
    return _plain_value(child, field, today=timezone.localdate())


def _is_revealable(rule: Rule, visit: date | None, today: date) -> bool:
    if rule is Rule.REVEAL:
        return True
    return (
        rule is Rule.NEAR_VISIT and visit is not None and today <= visit <= today + timedelta(days=ADDRESS_OPENS_DAYS)
    )


def _present(
    child: Child, fields: tuple[str, ...], link: tuple[str | None, date | None], *, opened: frozenset[str], today: date
) -> ShownChild:
    role, visit = link
    values: dict[str, Any] = {}
    revealable = []
    for field in fields:
        rule = rule_for(field, role)
        if rule is Rule.ABSENT:
            continue
        can_open = _is_revealable(rule, visit, today)
        if can_open and field in opened:
            values[field] = _plain_value(child, field, today=today)
            continue
        if can_open:
            revealable.append(field)
        if rule is not Rule.REVEAL:
            values[field] = _value(child, field, rule, today)
    return ShownChild(child.public_id, values, tuple(revealable), role or "")


def _value(child: Child, field: str, rule: Rule, today: date) -> Any:
    if rule is Rule.PLAIN:
        return _plain_value(child, field, today=today)
    if rule is Rule.MASKED:
        return _masked_value(child, field, today)
    return _SHORTER[rule](child, today)


_SHORTER: dict[Rule, Any] = {
    Rule.NEAR_VISIT: lambda child, _today: child.village.name,
    Rule.VILLAGE: lambda child, _today: child.village.name,
    Rule.MEETING_POINT: lambda _child, _today: "",
    Rule.GIVEN_NAME: lambda child, _today: given_name(child.name),
    Rule.CLASSMATE: lambda child, _today: classmate_name(child.name),
    Rule.AGE_BAND: lambda child, today: age_band(age_on(child.birth_date, today)),
}


def age_band(age: int | None) -> str:
    """The band an age falls in, "" where it is not known."""
    if age is None:
        return ""
    return next((band for top, band in _AGE_BANDS if age < top), "18+")


def _masked_value(child: Child, field: str, today: date) -> Any:
    masks: dict[str, Callable[[], Any]] = {
        "name": lambda: masked_name(child.name),
        "id_number": lambda: masked_id(child.id_number),
        "address": lambda: child.village.name,
        "phone": lambda: masked_phone(child.phone),
        "guardian_phones": lambda: [
            {"relation": _relation(guardian), "phone": masked_phone(guardian.phone)}
            for guardian in _guardians(child)
            if guardian.phone
        ],
        "guardians": lambda: [
            {"kind": guardian.kind, "name": masked_name(guardian.name), "relation": guardian.relation}
            for guardian in _guardians(child)
        ],
        "birth_date": lambda: f"{child.birth_date.year}-**-**" if child.birth_date else "",
        "personality": lambda: "",
        "study_state": lambda: "",
        "away_reason": lambda: "",
        "aspects": dict,
    }
    return masks[field]() if field in masks else _plain_value(child, field, today=today)


def _plain_value(child: Child, field: str, *, today: date) -> Any:
    derived: dict[str, Callable[[], Any]] = {
        "age": lambda: age_on(child.birth_date, today),
        "school": lambda: child.school.name if child.school else "",
        "school_class": lambda: child.school_class.name if child.school_class else "",
        "village": lambda: child.village.name,
        "guardian_phones": lambda: [
            {"relation": _relation(guardian), "phone": guardian.phone}
            for guardian in _guardians(child)
            if guardian.phone
        ],
        "guardians": lambda: [_guardian_values(guardian) for guardian in _guardians(child)],
        "guardianship_type": lambda: _latest(child, "guardianship_type"),
        "severity": lambda: _latest(child, "severity"),
        "aspects": lambda: _latest(child, "aspects") or {},
        "guardian_rating": lambda: _latest_rating(child),
    }
    return derived[field]() if field in derived else getattr(child, field)


def _guardians(child: Child) -> list[Guardian]:
    return sorted(child.guardians.all(), key=lambda guardian: guardian.pk)


def _relation(guardian: Guardian) -> str:
    """How the guardian is related: the ledger's word, or for parents and others without one their kind."""
    return guardian.relation or str(guardian.get_kind_display())


def _guardian_values(guardian: Guardian) -> dict[str, Any]:
    """Particulars without phones: those stand in a column of their own."""
    return {
        "kind": guardian.kind,
        "is_in_charge": guardian.is_in_charge,
        "name": guardian.name,
        "relation": guardian.relation,
        "birth_year": guardian.birth_year,
        "occupation": guardian.occupation,
        "health": guardian.health,
        "address": guardian.address,
        "workplace": guardian.workplace,
        "workplace_address": guardian.workplace_address,
    }


def _latest_assessment(child: Child) -> Assessment | None:
    return max(child.assessments.all(), key=lambda row: (row.assessed_date, row.pk), default=None)


def _latest(child: Child, column: str) -> Any:
    row = _latest_assessment(child)
    return getattr(row, column) if row is not None else None


def _latest_rating(child: Child) -> str:
    in_charge = next((guardian for guardian in _guardians(child) if guardian.is_in_charge), None)
    if in_charge is None:
        return ""
    row = max(in_charge.ratings.all(), key=lambda one: (one.rated_date, one.pk), default=None)
    return row.rating if row is not None else ""
