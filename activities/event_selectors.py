"""Reads about event days, starting from who is asking; and what of them calendars show."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext

from activities.models import DayConsent, DayListing, DayNotice, DayPart, DaySeat, DayTemplate, DayVersion, EventDay
from backend.accounts.models import COORDINATORS, HELPERS
from backend.kernel.calendar import moment
from backend.roster.access import areas_visible_to, children_visible_to, organisations_visible_to
from backend.roster.models import Child, Consent, Organisation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from backend.roster.models import Area


_DAYS_BEFORE, DAYS_AFTER = timedelta(days=31), timedelta(days=7)


def _codes(path: str, codes: Iterable[str]) -> Q:
    condition = Q(pk__in=[])
    for code in codes:
        condition |= Q(**{f"{path}__startswith": code})
    return condition


def event_days_visible_to(reader: Reader) -> QuerySet[EventDay]:
    """Days of a coordinator's own area and what lies in it, and of the coordinator's own organisation."""
    days = EventDay.objects.select_related("area", "organisation__area")
    if reader.role not in COORDINATORS:
        return days.none()
    inside = _codes("area__code", reader.area_codes) | _codes("organisation__area__code", reader.area_codes)
    return days.filter(inside | Q(organisation_id__in=reader.organisation_ids))


def event_days_open_to(reader: Reader) -> QuerySet[EventDay]:
    """Days a coordinator may sign children up for: those visible, and those of the areas around one's own places."""
    days = EventDay.objects.select_related("area", "organisation__area")
    if reader.role not in COORDINATORS:
        return days.none()
    own = Organisation.objects.filter(pk__in=reader.organisation_ids).values_list("area__code", flat=True)
    around = {code[:length] for code in (*reader.area_codes, *own) for length in (6, 9, 12) if len(code) >= length}
    return days.filter(Q(pk__in=event_days_visible_to(reader).values("pk")) | Q(area__code__in=around))


def event_owners_of(reader: Reader) -> tuple[list[Area], list[Organisation]]:
    """Whose days a coordinator may plan: own areas with their townships, and own organisations."""
    if reader.role not in COORDINATORS:
        return [], []
    areas = areas_visible_to(reader).filter(_codes("code", reader.area_codes)).exclude(kind="VILLAGE").order_by("code")
    organisations = organisations_visible_to(reader).filter(pk__in=reader.organisation_ids).order_by("name", "pk")
    return list(areas), list(organisations)


def day_templates_visible_to(reader: Reader) -> QuerySet[DayTemplate]:
    """Templates of one's own places, and of the areas above them."""
    if reader.role not in COORDINATORS:
        return DayTemplate.objects.none()
    own = Organisation.objects.filter(pk__in=reader.organisation_ids).values_list("area__code", flat=True)
    above = {code[:length] for code in (*reader.area_codes, *own) for length in (6, 9, 12) if len(code) >= length}
    return DayTemplate.objects.filter(
        Q(area__code__in=above) | _codes("area__code", reader.area_codes)
        | Q(organisation_id__in=reader.organisation_ids) | _codes("organisation__area__code", reader.area_codes)
    )  # fmt: skip


def day_templates_of(reader: Reader) -> QuerySet[DayTemplate]:
    """Templates kept by one's own places and what lies in them."""
    if reader.role not in COORDINATORS:
        return DayTemplate.objects.none()
    inside = _codes("area__code", reader.area_codes) | _codes("organisation__area__code", reader.area_codes)
    return DayTemplate.objects.filter(inside | Q(organisation_id__in=reader.organisation_ids))


def own_school(reader: Reader) -> Organisation | None:
    """The one school a coordinator speaks for; None for who speaks for more, or for none."""
    schools = list(organisations_visible_to(reader).filter(pk__in=reader.organisation_ids, kind="SCHOOL")[:2])
    return schools[0] if len(schools) == 1 else None


def seats_visible_to(reader: Reader, event: EventDay) -> QuerySet[DaySeat]:
    """
    Children of a day: all of them to who plans it, to others those they answer for, and guests of their own.

    A guest has no file and so no scope: those of one's own school are one's own, and those one signed up oneself.
    """
    seats = event.seats.select_related("child__village", "child__school", "child__school_class", "school")
    if event_days_visible_to(reader).filter(pk=event.pk).exists():
        return seats
    guests = Q(school_id__in=reader.organisation_ids) | Q(signed_by=reader.user)
    return seats.filter(Q(child__in=children_visible_to(reader)) | Q(child=None) & guests)


def missing_consents(event: EventDay) -> dict[int, list[str]]:
    """
    Seat row id of everybody with a place -> purposes nobody agreed to, in words; riding only where somebody rides.

    One word stands for all of them where nothing is on file.
    """
    purposes = [one for one in DayConsent.Purpose if one != DayConsent.Purpose.RIDE or event.draft.get("trips")]
    placed = event.seats.filter(state=DaySeat.State.PLACE).values_list("pk", flat=True)
    live = DayConsent.objects.filter(seat__in=placed, withdrawn_at=None).values_list("seat_id", "purpose")
    given: dict[int, set[str]] = {pk: set() for pk in placed}
    for pk, purpose in live:
        given[pk].add(purpose)
    for pk in seats_without_photos(event):
        given.get(pk, set()).discard(DayConsent.Purpose.PHOTO)
    nothing = [gettext("一样也没有")]
    return {
        pk: [str(one.label) for one in purposes if one not in there] if there else nothing
        for pk, there in given.items()
    }


def seats_taken_back(event: EventDay) -> set[int]:
    """
    Row ids of seats whose guardian took the word back that the child may take part: no paper names them any more.

    Whoever was signed up again since then is asked anew.
    """
    words = DayConsent.objects.filter(seat__event=event, purpose=DayConsent.Purpose.TAKE_PART)
    live = words.filter(withdrawn_at=None).values("seat_id")
    back = words.filter(withdrawn_at__gte=F("seat__signed_at")).exclude(seat__in=live)
    return set(back.values_list("seat_id", flat=True))


def seats_without_photos(event: EventDay) -> set[int]:
    """
    Row ids of seats of whom no pictures are taken: nobody agreed for this day, or took back since what was agreed.

    What a guardian takes back for good, on the child's own file, counts for a day as well.
    """
    agreed = DayConsent.objects.filter(seat__event=event, purpose=DayConsent.Purpose.PHOTO, withdrawn_at=None)
    allowed = dict(agreed.values_list("seat_id", "given_date"))
    for seat_id, withdrawn_at in _photos_taken_back(event):
        if seat_id in allowed and timezone.localdate(withdrawn_at) >= allowed[seat_id]:
            del allowed[seat_id]
    return set(event.seats.values_list("pk", flat=True)) - set(allowed)


def _photos_taken_back(event: EventDay) -> list[tuple[int, datetime]]:
    """(seat, when) of children whose file has a withdrawn consent to pictures, and none given since."""
    photos = Consent.objects.filter(purpose=Consent.Purpose.PHOTO, child__in=event.seats.values("child_id"))
    live = photos.filter(withdrawn_at=None).values("child_id")
    gone = photos.exclude(child__in=live).values_list("child_id", "withdrawn_at")
    seats = dict(event.seats.filter(child__isnull=False).values_list("child_id", "pk"))
    return [(seats[child_id], at) for child_id, at in gone if at is not None]


def without_consent(event: EventDay) -> int:
    """How many with a place have nobody's word on file that they may take part."""
    agreed = DayConsent.objects.filter(purpose=DayConsent.Purpose.TAKE_PART, withdrawn_at=None)
    return event.seats.filter(state=DaySeat.State.PLACE).exclude(pk__in=agreed.values("seat_id")).count()


def children_of_scope(event: EventDay) -> QuerySet[Child]:
    """Children on file whom the day could be for."""
    children = Child.objects.filter(state=Child.State.ACTIVE)
    if event.area is not None:
        return children.filter(village__code__startswith=event.area.code)
    return children.filter(
        Q(school_id=event.organisation_id) | Q(village__code__startswith=event.organisation.area.code)  # type: ignore[union-attr]
    )


def children_to_sign_up(reader: Reader, event: EventDay) -> QuerySet[Child]:
    """Children a reader answers for and whom the day could be for: a day's organisers come to know their names."""
    return children_visible_to(reader).filter(pk__in=children_of_scope(event).order_by().values("pk"))


def latest_version(event: EventDay) -> DayVersion | None:
    """What is published now."""
    return event.versions.order_by("-number").first()


def day_notices_by_id(notice_ids: Iterable[int]) -> dict[int, DayNotice]:
    """What people were told, by row id."""
    found = DayNotice.objects.filter(pk__in=set(notice_ids)).select_related("version__event")
    return {notice.pk: notice for notice in found}


def day_notices(version_id: int, *, is_off: bool) -> QuerySet[DayNotice]:
    """Who was told what when a version was published, or called off."""
    return DayNotice.objects.filter(version_id=version_id, is_cancellation=is_off)


# --- calendars -----------------------------------------------------------------------------------------------------
# Parts exist from the first publishing on; drafts are in none of these. Cancelled parts are given too: a calendar has
# to see them. No part ever names a child.


def _parts(from_date: date | datetime, until_date: date | datetime) -> QuerySet[DayPart]:
    # By the times that were published: the draft's date may be another already.
    window = {"start_at__gte": moment(from_date, 0), "start_at__lt": moment(until_date + timedelta(days=1), 0)}
    return DayPart.objects.filter(**window).select_related("event").order_by("start_at", "pk")


def event_parts_of_helper(helper_id: int, *, from_date: date, until_date: date) -> QuerySet[DayPart]:
    """What one helper leads, one row a segment."""
    return _parts(from_date, until_date).filter(kind=DayPart.Kind.HOST, helper_id=helper_id)


def event_parts_of_event(event_id: int, *, from_date: date, until_date: date) -> QuerySet[DayPart]:
    """One activity by segments."""
    return _parts(from_date, until_date).filter(kind=DayPart.Kind.SEGMENT, event_id=event_id)


def event_parts_of_organisation(organisation_id: int, *, from_date: date, until_date: date) -> QuerySet[DayPart]:
    """The days of a school or organisation as wholes: its own, and those its children have a place at."""
    listed = DayListing.objects.filter(organisation_id=organisation_id, left_at=None)
    own = Q(event__organisation_id=organisation_id) | Q(pk__in=listed.values("part_id"))
    return _parts(from_date, until_date).filter(own, kind=DayPart.Kind.DAY)


def event_parts_of_area(code: str, *, from_date: date, until_date: date) -> QuerySet[DayPart]:
    """The days of an area as wholes: its own, those inside it, and those its children have a place at."""
    listed = DayListing.objects.filter(area__code__startswith=code, left_at=None)
    inside = Q(event__area__code__startswith=code) | Q(event__organisation__area__code__startswith=code)
    return _parts(from_date, until_date).filter(inside | Q(pk__in=listed.values("part_id")), kind=DayPart.Kind.DAY)


def event_parts_for_everybody(code: str, *, from_date: date, until_date: date) -> QuerySet[DayPart]:
    """The public programme of an area: only days whose organisers made them public."""
    inside = Q(event__area__code__startswith=code) | Q(event__organisation__area__code__startswith=code)
    return _parts(from_date, until_date).filter(inside, event__is_public=True, kind=DayPart.Kind.DAY)


def host_answers(event: EventDay) -> QuerySet[DayPart]:
    """What those who lead parts of a published day answered, by time; who has not answered is left out."""
    parts = event.parts.filter(kind=DayPart.Kind.HOST, state=DayPart.State.ON).exclude(answer="")
    return parts.select_related("helper").order_by("start_at", "pk")


def day_part_by_public_id(public_id: str) -> DayPart | None:
    """What one helper leads of a day, by the id their calendar knows it by."""
    parts = DayPart.objects.filter(kind=DayPart.Kind.HOST).select_related("event", "helper__user", "helper__township")
    return parts.filter(public_id=public_id).first()


def day_parts_by_id(part_ids: Iterable[int]) -> dict[int, DayPart]:
    """What helpers lead of days, by row id."""
    parts = DayPart.objects.filter(pk__in=set(part_ids)).select_related("event", "helper__user", "helper__township")
    return {part.pk: part for part in parts}


def day_parts_to_tell(*, now: datetime, **about: Any) -> QuerySet[DayPart]:
    """What helpers lead that is not over, off or not, for whoever tells them by mail."""
    parts = DayPart.objects.filter(kind=DayPart.Kind.HOST, end_at__gt=now, **about)
    return parts.select_related("event", "helper__user__contact", "helper__township").order_by("start_at", "pk")


def declined_parts(day_id: int, helper_id: int) -> QuerySet[DayPart]:
    """What a helper said no to of a day, as things stand."""
    parts = DayPart.objects.filter(event_id=day_id, helper_id=helper_id, kind=DayPart.Kind.HOST)
    parts = parts.filter(state=DayPart.State.ON, answer=DayPart.Answer.DECLINED)
    return parts.select_related("event", "helper").order_by("start_at", "pk")


def event_days_of_helper(reader: Reader) -> QuerySet[EventDay]:
    """Published days a helper leads something of, cancelled ones too."""
    if reader.helper_id is None or reader.role not in HELPERS:
        return EventDay.objects.none()
    mine = DayPart.objects.filter(helper_id=reader.helper_id, kind=DayPart.Kind.HOST)
    return EventDay.objects.filter(pk__in=mine.values("event_id")).exclude(state=EventDay.State.DRAFT)


def event_days_on_hand(reader: Reader, today: date) -> QuerySet[EventDay]:
    """
    Published days a helper leads something of as things stand, from a month before until a week after.

    Only for these may the children be named: who was replaced, or whose day is long over, has no business with them.
    """
    if reader.helper_id is None or reader.role not in HELPERS:
        return EventDay.objects.none()
    mine = DayPart.objects.filter(helper_id=reader.helper_id, kind=DayPart.Kind.HOST, state=DayPart.State.ON)
    near = EventDay.objects.filter(published_date__gte=today - DAYS_AFTER, published_date__lte=today + _DAYS_BEFORE)
    return near.filter(pk__in=mine.values("event_id"), state=EventDay.State.PUBLISHED)


def people_in_days(kind: str, person_ids: list[int]) -> dict[int, str]:
    """Of these children or helpers those in an event day: their import is not undone."""
    from activities.models import DayHost

    seats = DaySeat.objects.filter(child_id__in=person_ids).values_list("child_id", flat=True)
    hosts = DayHost.objects.filter(helper_id__in=person_ids).values_list("helper_id", flat=True)
    found = list(seats if kind == "CHILDREN" else hosts)
    return {pk: "is in an event day" for pk in found if pk is not None}
