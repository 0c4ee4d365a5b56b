"""What calendars hold: rows with times, each checked against what its reader may know of, never a draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import F, Q

from activities.event_selectors import event_days_of_helper, event_days_open_to
from activities.models import DayListing, DayPart, Duty, DutyPassedOn, EventDay, TalkCalledOff, TalkGroup, TalkPlan
from activities.selectors import talk_classes_visible_to
from backend.accounts.models import COORDINATORS, HELPERS, Role
from backend.kernel.calendar import moment
from backend.roster.access import children_visible_to
from backend.roster.models import Child

if TYPE_CHECKING:
    from datetime import date, datetime
    from typing import Any, Protocol

    from django.db.models import QuerySet

    from backend.roster.access import Reader

    class PartsOf(Protocol):
        """A source of parts: its subject is fixed already."""

        def __call__(self, *, from_date: date, until_date: date) -> QuerySet[DayPart]: ...


_LINKS_OF_DUTIES = ("child__village", "child__school", "pairing")
_LINKS_OF_TALKS = ("plan__school_class__school",)


@dataclass(frozen=True)
class Window:
    """
    The days a calendar shows; both count.

    Args:
        called_off_from: what was called off and lies before that day is forgotten.
    """

    from_date: date
    until_date: date
    called_off_from: date


def duties_in_calendar(reader: Reader, window: Window, **about: Any) -> QuerySet[Duty]:
    """
    A helper's own visits; those of the children in scope for coordinators and the director of a village.

    Args:
        about: columns that narrow it further, such as `child__school_id`.
    """
    return (
        Duty.objects.filter(
            _duties_of(reader), shown_date__gte=window.from_date, shown_date__lte=window.until_date, **about
        )
        .exclude(state=Duty.State.CANCELLED, shown_date__lt=window.called_off_from)
        .select_related(*_LINKS_OF_DUTIES)
        .order_by("shown_date", "pk")
    )


def duties_passed_on(reader: Reader, window: Window, *, helper_id: int) -> QuerySet[DutyPassedOn]:
    """What was a helper's own and is somebody else's now; none where one reads for others."""
    mine = helper_id if reader.role in HELPERS and reader.helper_id == helper_id else 0
    return (
        DutyPassedOn.objects.filter(
            helper_id=mine, shown_date__gte=window.called_off_from, shown_date__lte=window.until_date
        )
        # The same id must not stand twice in one calendar.
        .exclude(duty__helper_id=F("helper_id"))
        .select_related("duty__pairing")
        .order_by("shown_date", "pk")
    )


def _duties_of(reader: Reader) -> Q:
    if reader.role in HELPERS and reader.helper_id is not None:
        return Q(helper_id=reader.helper_id)
    if reader.role in COORDINATORS | {Role.VILLAGE_DIRECTOR}:
        return Q(child__in=children_visible_to(reader).order_by().values("pk"))
    return Q(pk__in=[])


def talks_in_calendar(reader: Reader, window: Window, **about: Any) -> QuerySet[TalkGroup]:
    """A teacher's own groups of published plans; those of the classes a coordinator answers for."""
    return _talks(TalkGroup.objects.all(), reader, window.from_date, window.until_date, about)


def talks_called_off(reader: Reader, window: Window, **about: Any) -> QuerySet[TalkCalledOff]:
    """Groups a teacher knew of and that a later publishing left out."""
    return _talks(TalkCalledOff.objects.all(), reader, window.called_off_from, window.until_date, about)


def _talks(rows: QuerySet[Any], reader: Reader, first: date, last: date, about: dict[str, Any]) -> QuerySet[Any]:
    published = rows.filter(
        _talks_of(reader), plan__state=TalkPlan.State.PUBLISHED, week_date__gte=first, week_date__lte=last, **about
    )
    return published.select_related(*_LINKS_OF_TALKS).order_by("week_date", "pk")


def _talks_of(reader: Reader) -> Q:
    if reader.role in HELPERS and reader.helper_id is not None:
        return Q(teacher_id=reader.helper_id)
    return Q(plan__school_class__in=talk_classes_visible_to(reader).order_by().values("pk"))


def parts_in_calendar(window: Window, parts: PartsOf) -> QuerySet[DayPart]:
    """Parts of published days within a window, those called off long ago left out; whose they are says the source."""
    rows = parts(from_date=window.from_date, until_date=window.until_date)
    return rows.exclude(state=DayPart.State.CANCELLED, start_at__lt=moment(window.called_off_from, 0))


def days_that_left(window: Window, **about: int) -> QuerySet[DayListing]:
    """
    Days that stood in the calendar of a school or village until its last child was off the list.

    Args:
        about: the place, as `organisation_id` or `area_id`.
    """
    first, after = moment(window.called_off_from, 0), moment(window.until_date + timedelta(days=1), 0)
    rows = DayListing.objects.filter(left_at__isnull=False, start_at__gte=first, start_at__lt=after, **about)
    return rows.select_related("part__event").order_by("start_at", "pk")


def listed_places_of_day(day_id: int) -> tuple[set[int], set[int]]:
    """Row ids of the schools and of the villages in whose calendars a day stands or stood for a child's sake."""
    rows = DayListing.objects.filter(part__event_id=day_id).values_list("organisation_id", "area_id")
    found = list(rows)
    return {pk for pk, _area in found if pk is not None}, {pk for _school, pk in found if pk is not None}


def event_days_to_follow(reader: Reader) -> QuerySet[EventDay]:
    """Days a coordinator plans or may sign children up for, or a helper leads something of; no draft."""
    mine = event_days_of_helper(reader) if reader.role in HELPERS else event_days_open_to(reader)
    return mine.exclude(state=EventDay.State.DRAFT).select_related("area", "organisation__area")


def readers_of_day(day_id: int) -> tuple[set[int], str]:
    """Row ids of the helpers a day has or had parts for, and the code of the county it is in."""
    helpers = DayPart.objects.filter(event_id=day_id, helper__isnull=False).values_list("helper_id", flat=True)
    day = EventDay.objects.filter(pk=day_id).values_list("area__code", "organisation__area__code").first()
    code = next((code for code in day or () if code), "")
    return {pk for pk in helpers if pk is not None}, code[:6]


def readers_of_talks(plan_id: int) -> tuple[set[int], int | None]:
    """Row ids of the teachers a plan has or had news for, and of its school."""
    groups = TalkGroup.objects.filter(plan_id=plan_id).values_list("teacher_id", flat=True)
    gone = TalkCalledOff.objects.filter(plan_id=plan_id).values_list("teacher_id", flat=True)
    school = TalkPlan.objects.filter(pk=plan_id).values_list("school_class__school_id", flat=True).first()
    return {*groups, *gone}, school


def places_of_duty(duty_id: int) -> dict[str, int | None]:
    """Whose calendars a visit stands in: row ids of helper, school, village and scheme."""
    columns = {
        "helper_id": "helper_id", "organisation_id": "child__school_id", "area_id": "child__village_id",
        "scheme_id": "pairing__slot__rule__scheme_id",
    }  # fmt: skip
    row = Duty.objects.filter(pk=duty_id).values(*columns.values()).first()
    return {name: row[path] for name, path in columns.items()} if row is not None else {}


def county_of_child(child_id: int) -> str:
    """The code of the county a child lives in; "" for nobody."""
    code = Child.objects.filter(pk=child_id).values_list("village__code", flat=True).first()
    return code[:6] if code else ""


def where_of(duty: Duty) -> str:
    """Two classmates meet at their school; a visit says the village, never the house."""
    school = duty.child.school
    return school.name if duty.is_meeting and school is not None else duty.child.village.name


def duty_for_calendar(duty_id: int) -> Duty:
    """A visit with everything its entry says."""
    return Duty.objects.select_related(*_LINKS_OF_DUTIES, "helper").get(pk=duty_id)


def timed_duties_of(helper_id: int, *, now: datetime) -> QuerySet[Duty]:
    """A helper's visits that have a time and lie ahead."""
    ahead = Duty.objects.filter(helper_id=helper_id, state=Duty.State.OPEN, start_at__gt=now)
    return ahead.select_related(*_LINKS_OF_DUTIES, "helper").order_by("start_at", "pk")
