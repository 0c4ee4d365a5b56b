"""Reads about responsibility statements, starting from who is asking; what each says when it is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Case, CharField, Count, Q, Value, When
from django.db.models.functions import Coalesce

from backend.accounts.models import Role
from backend.roster.access import areas_visible_to, children_visible_to, county_of, organisations_visible_to
from backend.roster.models import Area, Child, Guardian, Organisation
from matching.models import Pairing, Statement, StatementKind, Term
from matching.models.pairings import OPEN_STATES
from matching.selectors import pairings_visible_to

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.db.models import QuerySet

    from backend.roster.access import Reader

_BLANK = "＿＿＿＿＿＿"
_PEOPLE = (
    "term__county", "child__village__parent", "child__school", "child__school_class", "pairing__child__village__parent",
    "pairing__child__school", "pairing__child__school_class", "pairing__helper__unit", "pairing__leader__unit",
    "pairing__slot__rule", "area__parent", "organisation__area__parent__parent", "recorded_by",
)  # fmt: skip


def terms_visible_to(reader: Reader) -> QuerySet[Term]:
    """The terms of the reader's county, the latest first."""
    county = county_of(reader)
    if not reader.is_coordinator or county is None:
        return Term.objects.none()
    return Term.objects.filter(county=county).order_by("-start_date", "-pk")


def term_in_hand(reader: Reader, today: date) -> Term | None:
    """The term today lies in, else the latest that has begun, else the next."""
    terms = terms_visible_to(reader)
    return terms.filter(start_date__lte=today).first() or terms.last()


def statements_visible_to(reader: Reader) -> QuerySet[Any]:
    """
    Statements about children, pairings and units in a coordinator's scope, each with `name`: whom it is about by
    pinyin, and `is_over`: the child left or the pairing ended since.
    """
    if not reader.is_coordinator:
        return Statement.objects.none()
    children = children_visible_to(reader).order_by().values("pk")
    mine = Q(child__in=children) | Q(pairing__child__in=children)
    units = Q(area__in=_own_areas(reader)) | Q(organisation__in=organisations_visible_to(reader))
    over = Q(child__isnull=False) & ~Q(child__state=Child.State.ACTIVE) | Q(pairing__state=Pairing.State.ENDED)
    name = Coalesce("child__name_sort", "pairing__helper__name_sort", "area__code", "organisation__name")
    rows = Statement.objects.filter(mine | units, term__in=terms_visible_to(reader)).select_related(*_PEOPLE)
    return rows.annotate(
        name=name,
        is_over=Case(When(over, then=Value("yes")), default=Value(""), output_field=CharField()),
    )


def _own_areas(reader: Reader) -> QuerySet[Area]:
    """What lies in the reader's areas. A school's coordinator answers for no village."""
    return Area.objects.none() if reader.role == Role.SCHOOL_COORDINATOR else areas_visible_to(reader)


def statement_named(q: str) -> Q:
    """Statements whose child, helper or unit bears a name, by name or pinyin."""
    said = q.lower()
    people = Q(child__name_search__contains=said) | Q(pairing__child__name_search__contains=said)
    people |= Q(pairing__helper__name_search__contains=said) | Q(pairing__leader__name_search__contains=said)
    return people | Q(area__name__contains=q) | Q(organisation__name__contains=q)


def in_township(public_id: str) -> Q:
    """Statements of a township: of its children, its units, or its own."""
    place = Q(child__village__parent__public_id=public_id) | Q(pairing__child__village__parent__public_id=public_id)
    place |= Q(area__public_id=public_id) | Q(area__parent__public_id=public_id)
    return place | Q(organisation__area__parent__public_id=public_id) | Q(organisation__area__public_id=public_id)


def in_school(public_id: str) -> Q:
    """Statements of a school: of its pupils, its teachers for them, or its own."""
    place = Q(child__school__public_id=public_id) | Q(pairing__child__school__public_id=public_id)
    return place | Q(organisation__public_id=public_id)


def missing_statements(
    reader: Reader, term: Term, kind: str, *, township: str = "", school: str = ""
) -> list[dict[str, int]]:
    """
    What has no statement of this kind in this term yet, as columns of rows to be made.

    Args:
        township, school: public ids that narrow it down; "" = everything in the reader's scope.
    """
    finder = {"GUARDIAN": _children_without, "TEACHER": _pairings_without, "LEVELS": _units_without}[kind]
    return finder(reader, term, township, school)


def _children_without(reader: Reader, term: Term, township: str, school: str) -> list[dict[str, int]]:
    children = children_visible_to(reader).filter(state=Child.State.ACTIVE, village__code__startswith=term.county.code)
    children = _narrowed(children, "", township, school).exclude(statements__term=term)
    return [{"child_id": pk} for pk in children.order_by("name_sort", "pk").values_list("pk", flat=True)]


def _pairings_without(reader: Reader, term: Term, township: str, school: str) -> list[dict[str, int]]:
    """Running pairings in which a teacher answers for a child, a classmate's leader included."""
    teachers = Q(slot__rule__roles__has_word="TEACHER", helper__roles__role=Role.TEACHER) | Q(leader__isnull=False)
    rows = pairings_visible_to(reader).filter(teachers, state__in=OPEN_STATES, slot__rule__scheme__term=term)
    rows = _narrowed(rows, "child__", township, school).exclude(statements__term=term)
    return [
        {"pairing_id": pk} for pk in rows.order_by("child__name_sort", "pk").distinct().values_list("pk", flat=True)
    ]


def _narrowed(rows: QuerySet[Any], path: str, township: str, school: str) -> QuerySet[Any]:
    rows = rows.filter(**{f"{path}village__parent__public_id": township}) if township else rows
    return rows.filter(**{f"{path}school__public_id": school}) if school else rows


def _units_without(reader: Reader, term: Term, township: str, school: str) -> list[dict[str, int]]:
    """Townships owe theirs to the county; villages and schools to their township."""
    areas = _own_areas(reader).exclude(kind=Area.Kind.COUNTY).filter(code__startswith=term.county.code)
    schools = organisations_visible_to(reader).filter(
        kind=Organisation.Kind.SCHOOL, area__code__startswith=term.county.code
    )
    if township:
        areas = areas.filter(Q(public_id=township) | Q(parent__public_id=township))
        schools = schools.filter(Q(area__public_id=township) | Q(area__parent__public_id=township))
    if school:
        areas, schools = areas.none(), schools.filter(public_id=school)
    found = [{"area_id": pk} for pk in _ids(areas.exclude(statements__term=term), "code")]
    return found + [{"organisation_id": pk} for pk in _ids(schools.exclude(statements__term=term), "name")]


def _ids(rows: QuerySet[Any], order: str) -> list[int]:
    return list(rows.order_by(order, "pk").values_list("pk", flat=True))


def counts_by_state(rows: QuerySet[Statement]) -> dict[str, int]:
    """How many of these statements are in each state; `all` together."""
    counted = dict(rows.order_by().values_list("state").annotate(n=Count("pk", distinct=True)))
    return {state: counted.get(state, 0) for state in Statement.State.values} | {"all": sum(counted.values())}


def facts_of_statements(rows: Iterable[Statement]) -> dict[int, dict[str, str]]:
    """Row id -> what the placeholders of its text say, by what is on file now; a blank line where nothing is."""
    statements = list(rows)
    guardians = _guardians({one.child_id for one in statements if one.child_id})
    units = _unit_numbers(statements)
    return {one.pk: _shared(one) | _own_facts(one, guardians, units) for one in statements}


def _shared(one: Statement) -> dict[str, str]:
    term = one.term
    return {
        "county": term.county.name,
        "term": term.name,
        "from": _day(term.start_date),
        "until": _day(term.end_date),
    }


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _own_facts(
    one: Statement, guardians: dict[int, tuple[str, str]], units: dict[int, dict[str, str]]
) -> dict[str, str]:
    if one.kind == StatementKind.LEVELS:
        return units[one.pk]
    pairing = one.pairing
    child = pairing.child if pairing is not None else one.child
    assert child is not None  # noqa: S101 - a constraint of the table
    facts = {
        "child": child.name,
        "village": child.village.name,
        "school": child.school.name if child.school else _BLANK,
        "class": child.school_class.name if child.school_class else "",
    }
    if pairing is not None:
        adult = pairing.leader or pairing.helper
        return facts | {"teacher": adult.name, "place": pairing.slot.rule.name}
    name, relation = guardians.get(child.pk, ("", ""))
    return facts | {"guardian": name or _BLANK, "relation": relation or _BLANK}


def _guardians(child_ids: set[int]) -> dict[int, tuple[str, str]]:
    """Child row id -> name and relation of who is in charge."""
    rows = Guardian.objects.filter(child_id__in=child_ids, is_in_charge=True)
    return {row.child_id: (row.name, row.relation or str(row.get_kind_display())) for row in rows}


def _unit_numbers(statements: list[Statement]) -> dict[int, dict[str, str]]:
    """Per statement between levels: both names, and how many children, pairings and helpers the lower one has."""
    levels = [one for one in statements if one.kind == StatementKind.LEVELS]
    if not levels:
        return {}
    county, term_ids = levels[0].term.county.code, {one.term_id for one in levels}
    here = Child.objects.filter(village__code__startswith=county, state=Child.State.ACTIVE).order_by()
    children = list(here.values_list("village__code", "school_id").annotate(n=Count("pk")))
    held = Pairing.objects.filter(
        child__village__code__startswith=county, state__in=OPEN_STATES, slot__rule__scheme__term__in=term_ids
    ).order_by()
    adults = held.annotate(adult=Coalesce("leader_id", "helper_id"))
    places = ("child__village__code", "child__school_id", "slot__rule__scheme__term")
    pairings = list(adults.values_list(*places, "adult").annotate(n=Count("pk")))
    return {one.pk: _names_of_levels(one) | _numbers_of(one, children, pairings) for one in levels}


def _names_of_levels(one: Statement) -> dict[str, str]:
    if one.area is not None:
        return {"lower": one.area.name, "upper": one.area.parent.name if one.area.parent else one.term.county.name}
    assert one.organisation is not None  # noqa: S101 - a constraint of the table
    place = one.organisation.area
    upper = place.parent if place.kind == Area.Kind.VILLAGE else place
    return {"lower": one.organisation.name, "upper": upper.name if upper else one.term.county.name}


def _numbers_of(one: Statement, children: list[Any], pairings: list[Any]) -> dict[str, str]:
    def is_here(village: str, school: int | None) -> bool:
        return village.startswith(one.area.code) if one.area is not None else school == one.organisation_id

    held = [row for row in pairings if row[2] == one.term_id and is_here(row[0], row[1])]
    return {
        "children": str(sum(n for village, school, n in children if is_here(village, school))),
        "pairings": str(sum(row[4] for row in held)),
        "helpers": str(len({row[3] for row in held})),
    }


def people_with_signed_statements(kind: str, person_ids: list[int]) -> dict[int, str]:
    """Of these children those for whom a paper was signed: their import is not undone."""
    if kind != "CHILDREN":
        return {}
    signed = Statement.objects.filter(child_id__in=person_ids, state=Statement.State.SIGNED)
    return dict.fromkeys(signed.values_list("child_id", flat=True), "has a signed statement")
