"""Publishing a day: a numbered version, the calendars' parts, and exactly those told whose own part changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from activities.core.day.changes import changes_between
from activities.core.day.judge import violations_of
from activities.core.day.own_parts import parts_of_group, parts_of_person, what_changed, what_is_new
from activities.core.day.plan_files import read_plan
from activities.event_selectors import latest_version, without_consent
from activities.event_translation import (
    busy_hosts,
    day_of,
    in_ordinary_weeks,
    is_rain_ready,
    plan_of,
    published,
    unfree_hosts,
)
from activities.events import DayPublished
from activities.models import DayNotice, DaySeat, DayVersion, DayVersionSeat, EventDay
from activities.services.event_calendar_parts import call_parts_off, write_parts
from activities.services.event_days import claim
from activities.services.event_edits import NoPlanYet
from activities.services.event_listings import list_day
from activities.services.event_rooms import give_rooms_back, hold_rooms, rooms_taken
from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.outbox.services import publish
from backend.roster.models import Child, Guardian, Helper
from backend.roster.selectors import live_clearances

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from activities.core.day.own_parts import OwnPart, Sentence
    from activities.core.day.plans import DayPlan
    from activities.core.day.problem import DayProblem
    from activities.services.event_rooms import DayRoomTaken


class NothingNew(DomainError):
    code = "event_day.nothing_new"
    message = "Nothing has changed since it was published."


class DayOver(DomainError):
    code = "event_day.over"
    message = "This day is over. Give it another date before it is published."


class NotReady(DomainError):
    code = "event_day.not_ready"
    message = "%(count)s rules keep this plan from being published. Please mend them first."


class HostNotCleared(DomainError):
    code = "event_day.host_not_cleared"
    message = "The background check of %(names)s does not hold on that day. Choose somebody else, or have it renewed."


class DayNotPublished(DomainError):
    code = "event_day.not_published"
    message = "This day is not published; nothing was changed."


@dataclass(frozen=True)
class Telling:
    """
    What one person is told.

    Args:
        kind: of `DayNotice.Kind`; lines: sentences in Chinese and English; helper_id or child_id: whom.
        group: of the child, as the day calls it.
    """

    kind: str
    lines: tuple[Sentence, ...]
    helper_id: int | None = None
    child_id: int | None = None
    group: str = ""


@dataclass(frozen=True)
class Preview:
    """
    What publishing would do.

    Args:
        blockers: sentences of broken rules that keep it from being published.
        changes: what differs from the published version, in Chinese and English.
        tellings: whom it tells what; unknown: people without a file whose part changed; the organisers tell them.
        is_rain_ready: a plan for rain was made for exactly this draft.
        taken: rooms of homes that somebody else has at that time, each as the refusal it would be.
        uncleared: helpers with a part whose background check does not hold on that day.
        unreached: children whose guardians have no account: somebody has to call them.
        ungrouped: children with a place who stand in no group: their guardians are told nothing yet.
        unagreed: children with a place whose guardian's word that they may take part is not on file.
        guests: children without a file for whom something is new or changed: somebody has to tell their families.
        busy: people who lead something while they are busy by their own calendars; nobody is kept from publishing.
        unfree: people who lead something when they are not free in an ordinary week.
        is_news: something differs from what is published; also where nobody is told of it.
    """

    number: int
    blockers: tuple[Sentence, ...] = ()
    changes: tuple[Sentence, ...] = ()
    tellings: tuple[Telling, ...] = ()
    unknown: tuple[str, ...] = ()
    is_rain_ready: bool = False
    helpers: dict[int, str] = field(default_factory=dict)
    taken: tuple[DayRoomTaken, ...] = ()
    uncleared: tuple[str, ...] = ()
    unreached: int = 0
    ungrouped: int = 0
    unagreed: int = 0
    guests: int = 0
    busy: tuple[str, ...] = ()
    unfree: tuple[str, ...] = ()
    is_news: bool = True

    @property
    def hosts(self) -> list[Telling]:
        return [one for one in self.tellings if one.helper_id]

    @property
    def children(self) -> list[Telling]:
        return [one for one in self.tellings if one.child_id]


@dataclass(frozen=True)
class Stand:
    """
    A day as people know it: its plan, who is which person, who stands in which group.

    Args:
        loose: children with a place who stand in no group at this moment.
    """

    date: Any
    day: DayProblem
    plan: DayPlan
    helpers: dict[str, int]
    seats: dict[int, str]
    loose: frozenset[int] = frozenset()


def preview(event: EventDay) -> Preview:
    """
    What publishing the draft would change, and for whom.

    Raises:
        NoPlanYet: there is no plan at all.
    """
    return _preview(event, _draft_stand(event))


def _preview(event: EventDay, now_stands: Stand) -> Preview:
    before = _published_stand(event)
    judged = in_ordinary_weeks(event, now_stands.day)
    faults = violations_of(judged, now_stands.plan)
    tellings = _tellings(before, now_stands)
    ids = [one.helper_id for one in tellings if one.helper_id]
    return Preview(
        number=event.latest_number + 1,
        blockers=tuple((one.sentence, one.sentence_en) for one in faults),
        changes=_changes(before, now_stands),
        tellings=tellings,
        unknown=_unknown(before, now_stands),
        is_rain_ready=is_rain_ready(event),
        helpers=dict(Helper.objects.filter(pk__in=ids).values_list("pk", "name")),
        taken=rooms_taken(event, _plans(event, now_stands)),
        uncleared=_uncleared(now_stands),
        unreached=_unreached(tellings),
        busy=busy_hosts(event, now_stands.plan, now_stands.day),
        unfree=unfree_hosts(judged, now_stands.plan),
        ungrouped=event.seats.filter(state=DaySeat.State.PLACE, group_key="").count(),
        unagreed=without_consent(event),
        guests=_guests(event, before, now_stands),
        is_news=bool(tellings) or before is None or event.published_draft_version != event.draft_version,
    )


def _plans(event: EventDay, stand: Stand) -> list[DayPlan]:
    """What may come true: the plan, and the one for rain where it fits."""
    return [stand.plan, *([read_plan(event.rain_plan)] if event.rain_plan and is_rain_ready(event) else [])]


def _uncleared(stand: Stand) -> tuple[str, ...]:
    covered = live_clearances().filter(issued_date__lte=stand.date, expires_date__gte=stand.date)
    lead = Helper.objects.filter(pk__in=_of_helpers(stand)).exclude(pk__in=covered.values("helper_id"))
    return tuple(lead.order_by("name_sort", "pk").values_list("name", flat=True))


def _unreached(tellings: tuple[Telling, ...]) -> int:
    told = {one.child_id for one in tellings if one.child_id}
    with_account = Guardian.objects.filter(child_id__in=told, user__is_active=True)
    return len(told - set(with_account.values_list("child_id", flat=True)))


def _guests(event: EventDay, before: Stand | None, now: Stand) -> int:
    """A version does not say which guests it had: who signed up since it was published has heard nothing."""
    version = latest_version(event)
    since = version.published_at if version is not None else None
    is_moved = before is not None and before.date != now.date
    rows = event.seats.filter(state=DaySeat.State.PLACE, child=None).exclude(group_key="")
    seats = list(rows.values_list("group_key", "signed_at"))
    changed = {key for key in {key for key, _at in seats} if is_moved or _parts_of(before, key) != _parts_of(now, key)}
    return sum(key in changed or since is None or at > since for key, at in seats)


def _parts_of(stand: Stand | None, group: str) -> tuple[OwnPart, ...]:
    return parts_of_group(stand.day, stand.plan, group) if stand is not None else ()


def _draft_stand(event: EventDay) -> Stand:
    plan = plan_of(event)
    if plan is None:
        raise NoPlanYet
    placed = event.seats.filter(state=DaySeat.State.PLACE, child__isnull=False)
    groups: dict[int, str] = {pk: key for pk, key in placed.values_list("child_id", "group_key") if pk is not None}
    return Stand(
        event.date,
        day_of(event),
        plan,
        dict(event.hosts.values_list("key", "helper_id")),
        {pk: key for pk, key in groups.items() if key},
        frozenset(pk for pk, key in groups.items() if not key),
    )


def _published_stand(event: EventDay) -> Stand | None:
    version = latest_version(event)
    if version is None:
        return None
    day, plan = published(version)
    return Stand(
        version.date, day, plan, dict(version.helpers), dict(version.seats.values_list("child_id", "group_key"))
    )


def _changes(before: Stand | None, now: Stand) -> tuple[Sentence, ...]:
    if before is None:
        return ()
    lines: list[Sentence] = []
    if before.date != now.date:
        lines.append((f"日期从{before.date}改到{now.date}。", f"The date moves from {before.date} to {now.date}."))
    found = changes_between(now.day, before.plan, now.plan, before.day)
    lines += [(one.sentence, one.sentence_en) for one in found]
    return tuple(lines)


def _unknown(before: Stand | None, now: Stand) -> tuple[str, ...]:
    """People without a file whose own part is new, changed or gone."""
    is_moved = before is not None and before.date != now.date
    was, parts = _of_nobody(before), _of_nobody(now)
    names = {person.key: person.name or person.key for stand in (before, now) if stand for person in stand.day.people}
    return tuple(
        name
        for key, name in names.items()
        if key not in now.helpers and _told(was.get(key, ()), parts.get(key, ()), now, is_moved=is_moved)
    )


def _of_nobody(stand: Stand | None) -> dict[str, tuple[OwnPart, ...]]:
    """What people without a file do, by key."""
    if stand is None:
        return {}
    keys = [person.key for person in stand.day.people if person.key not in stand.helpers]
    return {key: parts_of_person(stand.day, stand.plan, key) for key in keys}


def _tellings(before: Stand | None, now: Stand) -> tuple[Telling, ...]:
    """Everybody whose own part differs, hosts first; nobody else."""
    is_moved = before is not None and before.date != now.date
    out = []
    was, parts = _of_helpers(before), _of_helpers(now)
    groups_before, groups_now = _parts_of_groups(before), _parts_of_groups(now)
    for helper_id in sorted({*was, *parts}):
        told = _told(was.get(helper_id, ()), parts.get(helper_id, ()), now, is_moved=is_moved)
        if told:
            out.append(Telling(*told, helper_id=helper_id))
    seats_before = before.seats if before else {}
    # Who lost a group and not the place is not told to stay at home: they are told once they stand in one again.
    for child_id in _on_file({*seats_before, *now.seats} - now.loose):
        group = now.seats.get(child_id, "")
        mine, was_mine = groups_now.get(group, ()), groups_before.get(seats_before.get(child_id, ""), ())
        told = _told(was_mine, mine, now, is_moved=is_moved)
        if told:
            out.append(Telling(*told, child_id=child_id, group=now.day.name_of(group) if group else ""))
    return tuple(out)


def _of_helpers(stand: Stand | None) -> dict[int, tuple[OwnPart, ...]]:
    if stand is None:
        return {}
    found = {pk: parts_of_person(stand.day, stand.plan, key) for key, pk in stand.helpers.items()}
    return {pk: parts for pk, parts in found.items() if parts}


def _parts_of_groups(stand: Stand | None) -> dict[str, tuple[OwnPart, ...]]:
    """Once for each group: a hundred children of one group share it."""
    if stand is None:
        return {}
    return {key: parts_of_group(stand.day, stand.plan, key) for key in set(stand.seats.values())}


def _on_file(child_ids: Iterable[int]) -> list[int]:
    """Those whose file is open: nobody writes to the family of a child who moved away or died."""
    rows = Child.objects.filter(pk__in=set(child_ids), state=Child.State.ACTIVE)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _told(
    before: tuple[OwnPart, ...], after: tuple[OwnPart, ...], now: Stand, *, is_moved: bool
) -> tuple[str, tuple[Sentence, ...]] | None:
    """(kind, lines) for one person, None for whom nothing changes."""
    if not after:
        return (DayNotice.Kind.OFF, what_changed(before, after)) if before else None
    if not before:
        return DayNotice.Kind.NEW, what_is_new(after)
    lines = what_changed(before, after)
    if is_moved:
        lines = ((f"改到{now.date}。", f"Moved to {now.date}."), *what_is_new(after))
    return (DayNotice.Kind.CHANGED, lines) if lines else None


def publish_day(*, event: EventDay, version: int, actor: Any, now: datetime) -> DayVersion:
    """
    Make the draft a numbered version, and have exactly those told whose own part is new, changed or gone.

    Raises:
        NoPlanYet: there is none. NotReady: rules forbid it. NothingNew: it is published as it stands.
        HostNotCleared: names who may not be with children on that day. DayOver: nobody can come any more.
        DayRoomTaken: somebody else has a room the day needs.
        DayChanged, DayCalledOff: nothing was changed.
    """
    if event.date < timezone.localdate(now):
        raise DayOver
    with transaction.atomic():
        # The day's row is held first: whom it tells is read as it then stands, also where a child leaves just now.
        claim(event, version=version, now=now, state=EventDay.State.PUBLISHED, latest_number=F("latest_number") + 1,
              published_draft_version=version + 1, published_title=event.title, published_date=event.date)  # fmt: skip
        stand = _draft_stand(event)
        told = _preview(event, stand)
        _refuse(told)
        made = DayVersion.objects.create(
            event=event, number=told.number, date=event.date, day=event.draft, plan=event.plan,
            rain_plan=event.rain_plan if told.is_rain_ready else None, answer=event.answer, helpers=stand.helpers,
            changes=[{"zh": zh, "en": en} for zh, en in told.changes], published_by=actor, published_at=now,
        )  # fmt: skip
        DayVersionSeat.objects.bulk_create(
            [DayVersionSeat(version=made, child_id=pk, group_key=key) for pk, key in stand.seats.items()]
        )
        hold_rooms(event=event, plans=_plans(event, stand), actor=actor, now=now)
        write_parts(event, day=stand.day, plan=stand.plan, helpers=stand.helpers, now=now)
        list_day(day_id=event.pk, now=now)
        _write_notices(made, told.tellings)
        record(actor=actor, verb="event_day.published", subject=event,
               after={"number": made.number, "told": len(told.tellings)})  # fmt: skip
        publish(DayPublished(day_id=event.pk, version_id=made.pk))
    return made


def _refuse(told: Preview) -> None:
    if not told.is_news:
        raise NothingNew
    if told.blockers:
        raise NotReady(count=len(told.blockers))
    if told.taken:
        raise told.taken[0]
    if told.uncleared:
        raise HostNotCleared(names=", ".join(told.uncleared))


def _write_notices(version: DayVersion, tellings: tuple[Telling, ...], *, is_cancellation: bool = False) -> None:
    DayNotice.objects.bulk_create(
        [
            DayNotice(
                version=version, kind=one.kind, helper_id=one.helper_id, child_id=one.child_id,
                is_cancellation=is_cancellation, lines=[{"zh": zh, "en": en} for zh, en in one.lines],
            )
            for one in tellings
        ]
    )  # fmt: skip


def call_off(*, event: EventDay, reason: str, actor: Any, now: datetime) -> EventDay:
    """
    Call a published day off: calendars show it as cancelled, and everybody who counts on it is told.

    That is who leads a part as published, and the guardians of every child who has a place now, in a group or not;
    who left the list before is told nothing more.

    Raises:
        DayNotPublished: nothing was changed.
    """
    with transaction.atomic():
        mine = EventDay.objects.filter(pk=event.pk, state=EventDay.State.PUBLISHED)
        if mine.update(state=EventDay.State.CANCELLED, changed_at=now, draft_version=F("draft_version") + 1) != 1:
            raise DayNotPublished
        # Read only now: another may have published a moment ago, and those it told have to hear of this too.
        stand, version = _published_stand(event), latest_version(event)
        if stand is None or version is None:
            raise DayNotPublished
        tellings = _tellings_off(event, stand)
        give_rooms_back(event=event, actor=actor, now=now)
        call_parts_off(event, now)
        _write_notices(version, tellings, is_cancellation=True)
        record(actor=actor, verb="event_day.called_off", subject=event, reason=reason)
        publish(DayPublished(day_id=event.pk, version_id=version.pk, is_off=1))
    return EventDay.objects.get(pk=event.pk)


def _tellings_off(event: EventDay, stand: Stand) -> tuple[Telling, ...]:
    off = (_off_words(stand.day.title or event.title, stand.date),)
    return (
        *[Telling(DayNotice.Kind.OFF, off, helper_id=pk) for pk in sorted(_of_helpers(stand))],
        *[Telling(DayNotice.Kind.OFF, off, child_id=pk) for pk in _children_told_off(event)],
    )


def told_if_called_off(event: EventDay) -> tuple[int, int]:
    """How many helpers, and guardians of how many children, would hear that the day is called off."""
    stand = _published_stand(event)
    return (len(_of_helpers(stand)), len(_children_told_off(event))) if stand is not None else (0, 0)


def _children_told_off(event: EventDay) -> list[int]:
    placed = event.seats.filter(state=DaySeat.State.PLACE, child__isnull=False)
    return _on_file(placed.values_list("child_id", flat=True))


def _off_words(title: str, day: date) -> Sentence:
    """With the date as it was published, since that is the one people have noted."""
    zh = f"{day.month}月{day.day}日的“{title}”取消了，不用来了。"
    return zh, f"“{title}” on {day.day} {day:%B} is called off; please do not come."
