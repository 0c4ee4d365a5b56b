"""What each helper did in a term, in numbers; the same by unit; and how many children each has now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce

from activities.models import DayHost, Duty, EventDay, TalkGroup, TalkPlan
from matching.models import Pairing, StandIn
from matching.models.pairings import OPEN_STATES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.db.models import QuerySet

    from backend.roster.models import Helper
    from matching.models import Term

_ADULT = Coalesce("leader_id", "helper_id")
_VISITS = Q(kind=Duty.Kind.FIRST_VISIT)


@dataclass(frozen=True)
class Work:
    """
    What one person, or everybody of a unit, did in a term.

    Args:
        pairings: of the term's schemes, running or ended; `running`: those that run now. A classmate's counts for the
            teacher who leads it.
        visits: owed within the term and not called off; `visits_late`: still open after their latest day.
        closed: duties of any kind that were carried out. talks, days: as planned and published; talks_held: held.
        stood_in: times of looking after a child in somebody else's stead.
    """

    pairings: int = 0
    running: int = 0
    visits: int = 0
    visits_done: int = 0
    visits_late: int = 0
    closed: int = 0
    talks: int = 0
    talks_held: int = 0
    days: int = 0
    stood_in: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Work)))


@dataclass(frozen=True)
class UnitWork:
    """One unit's line: a school, an office, or a township for those without a unit."""

    name: str
    place: str
    helpers: int
    work: Work


def helpers_at_work(helpers: QuerySet[Helper], term: Term) -> QuerySet[Helper]:
    """Of these helpers those who had anything to do in the term."""
    ids = [rows.values(column) for rows, column in _sources(term)]
    mine = Q(pk__in=ids[0])
    for one in ids[1:]:
        mine |= Q(pk__in=one)
    return helpers.filter(mine, peer_child=None)


def _sources(term: Term) -> list[tuple[QuerySet[Any], str]]:
    """Where work stands, each narrowed to the term, with the column that names the helper."""
    return [
        (_pairings(term).annotate(adult=_ADULT), "adult"),
        (_duties(term), "helper_id"),
        (_talks(term), "teacher_id"),
        (_days(term), "helper_id"),
        (_stand_ins(term), "helper_id"),
    ]


def _pairings(term: Term) -> QuerySet[Pairing]:
    return Pairing.objects.filter(slot__rule__scheme__term=term).order_by()


def _duties(term: Term) -> QuerySet[Duty]:
    rows = Duty.objects.exclude(state=Duty.State.CANCELLED).order_by()
    return rows.filter(latest_date__gte=term.start_date, latest_date__lte=term.end_date)


def _talks(term: Term) -> QuerySet[TalkGroup]:
    return TalkGroup.objects.filter(plan__term=term, plan__state=TalkPlan.State.PUBLISHED).order_by()


def _days(term: Term) -> QuerySet[DayHost]:
    within = Q(event__date__gte=term.start_date, event__date__lte=term.end_date)
    return DayHost.objects.filter(within, event__state=EventDay.State.PUBLISHED).order_by()


def _stand_ins(term: Term) -> QuerySet[StandIn]:
    within = Q(from_date__lte=term.end_date, until_date__gte=term.start_date)
    return StandIn.objects.filter(within, state__in=("RUNNING", "OVER")).order_by()


def work_of(helpers: Iterable[Helper], term: Term, today: date) -> dict[int, Work]:
    """
    Helper row id -> what they did in the term.

    The number of queries does not grow with the number of helpers; the term's rows are counted by the database.
    """
    wanted = {helper.pk for helper in helpers}
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for rows, column, counts in _counted(term, today):
        for line in rows.values(column).annotate(**counts):
            if line[column] in wanted:
                found[line[column]] |= {name: line[name] for name in counts}
    return {pk: Work(**found[pk]) for pk in wanted}


def _counted(term: Term, today: date) -> list[tuple[QuerySet[Any], str, dict[str, Any]]]:
    """Each source with what is counted in it."""
    pairings, duties, talks, days, stand_ins = (rows for rows, _column in _sources(term))
    done, late = Q(state=Duty.State.DONE), Q(state=Duty.State.OPEN, latest_date__lt=today)
    return [
        (pairings, "adult", {"pairings": Count("pk"), "running": Count("pk", filter=Q(state__in=OPEN_STATES))}),
        (
            duties,
            "helper_id",
            {
                "visits": Count("pk", filter=_VISITS),
                "visits_done": Count("pk", filter=_VISITS & done),
                "visits_late": Count("pk", filter=_VISITS & late),
                "closed": Count("pk", filter=done),
            },
        ),
        (talks, "teacher_id", {"talks": Count("pk"), "talks_held": Count("pk", filter=Q(held_at__isnull=False))}),
        (days, "helper_id", {"days": Count("event", distinct=True)}),
        (stand_ins, "helper_id", {"stood_in": Count("pk")}),
    ]


def work_by_unit(helpers: QuerySet[Helper], term: Term, today: date) -> list[UnitWork]:
    """A line for each unit of the helpers at work, by place and name."""
    people = list(helpers_at_work(helpers, term).select_related("unit__area", "township"))
    work = work_of(people, term, today)
    lines: dict[tuple[str, str], list[Work]] = defaultdict(list)
    for one in people:
        unit = one.unit
        lines[one.township.name, unit.name if unit else one.township.name].append(work[one.pk])
    return [UnitWork(name, place, len(rows), sum(rows, start=Work())) for (place, name), rows in sorted(lines.items())]


def pairings_on_paper(helpers: Iterable[Helper], term: Term, children: QuerySet[Any]) -> dict[int, list[Pairing]]:
    """Helper row id -> their pairings of the term with these children, for a paper that names them; by name."""
    ids = [helper.pk for helper in helpers]
    rows = _pairings(term).annotate(adult=_ADULT).filter(adult__in=ids, child__in=children.order_by().values("pk"))
    found: dict[int, list[Pairing]] = defaultdict(list)
    for one in rows.select_related("child__school_class", "child__school", "child__village", "slot__rule").order_by(
        "child__name_sort", "pk"
    ):
        found[one.adult].append(one)  # type: ignore[attr-defined] # annotated
    return found


def children_per_helper(helpers: QuerySet[Helper], term: Term) -> list[tuple[Helper, int]]:
    """
    Everybody who looks after children at present, with how many: what may hang on a wall.

    Not a word of which children, in which scheme or place: a scheme says how much care a child needs.
    """
    running = _pairings(term).filter(state__in=OPEN_STATES).annotate(adult=_ADULT)
    counts = dict(running.values_list("adult").annotate(n=Count("child", distinct=True)))
    people = helpers.filter(peer_child=None, pk__in=running.values("adult")).prefetch_related("roles")
    order = ("township__code", F("unit__name").asc(nulls_last=True), "name_sort", "pk")
    return [(one, counts[one.pk]) for one in people.select_related("unit", "township").order_by(*order)]
