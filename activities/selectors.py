"""Reads about time, starting from who is asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F, Q

from activities.models import Duty, TalkGroup, TalkPlan, TalkRound, TalkSeat, TalkTeacher
from backend.accounts.models import COORDINATORS, HELPERS
from backend.roster.access import children_visible_to, organisations_visible_to
from backend.roster.models import Child, Consent, Helper, SchoolClass
from backend.roster.selectors import live_clearances
from matching.models import Term

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.db.models import QuerySet

    from backend.roster.access import Reader


def duties_visible_to(reader: Reader) -> QuerySet[Duty]:
    """A helper's own duties; a coordinator's those of the children in scope."""
    duties = Duty.objects.select_related("child__village", "child__school", "child__school_class", "helper", "pairing")
    if reader.helper_id is not None and reader.role in HELPERS:
        return duties.filter(helper_id=reader.helper_id)
    if reader.role in COORDINATORS:
        return duties.filter(child__in=children_visible_to(reader))
    return duties.none()


def open_duties(duty_ids: Iterable[int]) -> dict[int, Duty]:
    """Duties still to be done, by row id, for senders and readers of messages."""
    open_ones = Duty.objects.filter(pk__in=set(duty_ids), state=Duty.State.OPEN, pairing__state="ACTIVE")
    return {duty.pk: duty for duty in open_ones.select_related("helper", "child__village", "child__school")}


def has_visited(pairing_id: int) -> bool:
    """Whether a pairing's first visit, or first meeting, was carried out."""
    return Duty.objects.filter(pairing_id=pairing_id, state=Duty.State.DONE).exists()


def talk_classes_visible_to(reader: Reader) -> QuerySet[SchoolClass]:
    """Classes of the schools a coordinator answers for: whose talk groups they plan."""
    if reader.role not in COORDINATORS:
        return SchoolClass.objects.none()
    return SchoolClass.objects.filter(school__in=organisations_visible_to(reader)).select_related("school__area")


def talk_plans_visible_to(reader: Reader) -> QuerySet[TalkPlan]:
    """Plans of the classes a coordinator answers for."""
    plans = TalkPlan.objects.select_related("school_class__school__area", "term")
    return plans.filter(school_class__in=talk_classes_visible_to(reader))


def talk_rounds_visible_to(reader: Reader) -> QuerySet[TalkRound]:
    """Rounds somebody asked for over an area the reader answers for, or over the reader's own school."""
    rows = TalkRound.objects.select_related("area", "school", "term", "asked_by")
    if reader.role not in COORDINATORS:
        return rows.none()
    mine = Q(school__in=organisations_visible_to(reader))
    for code in reader.area_codes:
        mine |= Q(area__code__startswith=code)
    return rows.filter(mine)


def talk_groups_visible_to(reader: Reader) -> QuerySet[TalkGroup]:
    """
    A teacher's own groups of published plans; a coordinator's those of the plans in scope.

    Seeing a group opens no child's file: `children_visible_to` knows nothing of talk groups.
    """
    groups = TalkGroup.objects.select_related("plan__school_class__school", "teacher")
    if reader.helper_id is not None and reader.role in HELPERS:
        return groups.filter(teacher_id=reader.helper_id, plan__state=TalkPlan.State.PUBLISHED)
    return groups.filter(plan__in=talk_plans_visible_to(reader))


def children_for_talks(class_id: int) -> QuerySet[Child]:
    """Left-behind children of a class who may take part."""
    return children_who_may_talk().filter(school_class_id=class_id)


def children_who_may_talk() -> QuerySet[Child]:
    """Children on file whose guardian agreed to have them paired."""
    agreed = Consent.objects.filter(purpose=Consent.Purpose.MATCHING, withdrawn_at=None).values("child_id")
    return Child.objects.filter(state=Child.State.ACTIVE, pk__in=agreed)


def children_left_out_of_talks(class_id: int) -> QuerySet[Child]:
    """Children of the class whose guardian has not agreed."""
    return Child.objects.filter(school_class_id=class_id, state=Child.State.ACTIVE).exclude(
        pk__in=children_for_talks(class_id).values("pk")
    )


def teachers_for_talks(class_id: int, *, from_date: date, until_date: date) -> QuerySet[Helper]:
    """The teachers of a class who are in service and whose background check holds from one day to the other."""
    cleared = live_clearances().filter(issued_date__lte=from_date, expires_date__gte=until_date)
    return Helper.objects.filter(
        teaching_posts__school_class_id=class_id, state=Helper.State.ACTIVE, pk__in=cleared.values("helper_id")
    ).distinct()


def term_for_talks(school_class: SchoolClass, today: date) -> Term | None:
    """The term of the class's county that today lies in, else the next one."""
    county = school_class.school.area.code[:6]
    return Term.objects.filter(county__code=county, end_date__gte=today).order_by("start_date", "pk").first()


def talk_plan_by_id(plan_id: int) -> TalkPlan | None:
    """A plan by row id, for handlers of facts."""
    return TalkPlan.objects.filter(pk=plan_id).select_related("school_class__school").first()


def seats_for_teachers(groups: Iterable[TalkGroup]) -> QuerySet[TalkSeat]:
    """Seats whose children may still be named to a teacher: who left the class, or whose guardian withdrew, is not."""
    agreed = Consent.objects.filter(purpose=Consent.Purpose.MATCHING, withdrawn_at=None).values("child_id")
    return TalkSeat.objects.filter(
        group__in=[group.pk for group in groups],
        child__state=Child.State.ACTIVE,
        child__school_class=F("plan__school_class"),
        child__in=agreed,
    ).select_related("child__village", "child__school", "child__school_class")


def people_in_talks(kind: str, person_ids: list[int]) -> dict[int, str]:
    """Of these children or helpers those in a plan of talk groups: their import is not undone."""
    seats = TalkSeat.objects.filter(child_id__in=person_ids).values_list("child_id", flat=True)
    parts = TalkTeacher.objects.filter(teacher_id__in=person_ids).values_list("teacher_id", flat=True)
    planned = list(seats if kind == "CHILDREN" else parts)
    return dict.fromkeys(planned, "is in talk groups")
