"""A published event day with children, hosts and a plan for rain, made as a coordinator would make it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from activities.event_translation import is_rain_ready
from activities.models import DayConsent, DaySeat, DaySolve, EventDay
from activities.services import event_days, event_edits, event_groups, event_publishing, event_seats, event_solves
from backend.accounts.models import Role
from backend.demo.county import COUNTY_NAME
from backend.roster.models import Area, Child, Clearance, Helper

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from backend.accounts.models import User

_TITLE = "爱心手拉手"
_CHILDREN = 44
_GUESTS = (("钱一鸣", "F"), ("孙二宝", "M"), ("李三思", "F"), ("周四方", "M"), ("吴五味", "F"), ("郑六合", "M"))
_HOSTS = ("palace1", "palace2", "palace3", "palace4", "volunteer1", "volunteer2", "reserve")
_WEEKS_AHEAD = 2
_REAL = (("绍兴市", "青江市"), ("绍兴", "青江"), ("诸暨市", COUNTY_NAME), ("栗金村", ""), ("越城区", "城区"))
_SATURDAY = 5


class DemoWithoutPlan(RuntimeError):
    """The planner found nothing for a day that is known to be possible."""


def make_event(
    *, township: Area, spared: Helper, actor: User, now: datetime, clock: Callable[[], datetime]
) -> EventDay:
    """
    The Zhuji day in a township, two Saturdays ahead, published.

    Args:
        spared: a helper who leads nothing, so that the calendar of the first account to try holds only what one does.

    Raises:
        DemoWithoutPlan: a fault of the planner, or of this machine.
    """
    day = _saturday(timezone.localdate(now))
    event = event_days.make_event_day(
        template=_invented(township), title=_TITLE, date=day, begin=9 * 60, end=12 * 60,
        place=f"{township.name}文化大礼堂", area=township, actor=actor, now=now,
    )  # fmt: skip
    event = _with_hosts(event, spared, actor, now)
    event = _with_children(event, township, actor, now)
    event = _planned(event, actor, clock)
    event_publishing.publish_day(event=event, version=event.draft_version, actor=actor, now=clock())
    event_days.show_to_everybody(event=event, is_public=True, actor=actor, now=clock())
    return EventDay.objects.get(pk=event.pk)


def _invented(township: Area) -> dict[str, Any]:
    """The built-in day without the real places and bodies it names."""
    text = json.dumps(event_days.built_in_template("zhuji"), ensure_ascii=False)
    for real, ours in (*_REAL, ("马剑镇", township.name)):
        text = text.replace(real, ours)
    template: dict[str, Any] = json.loads(text)
    return template


def _saturday(today: date) -> date:
    return today + timedelta(days=(_SATURDAY - today.weekday()) % 7 + 7 * _WEEKS_AHEAD)


def _with_hosts(event: EventDay, spared: Helper, actor: User, now: datetime) -> EventDay:
    """Helpers of the place whose background check holds on that day, as the people of the plan."""
    cleared = Clearance.objects.filter(confirmed_at__isnull=False, expires_date__gte=event.date)
    near = Helper.objects.filter(pk__in=cleared.values("helper_id"), township=event.area, roles__role=Role.TEACHER)
    for key, helper in zip(_HOSTS, near.exclude(pk=spared.pk).order_by("pk").distinct(), strict=False):
        value = event_edits.found_part(event, "people", key)
        if value is not None:
            event = event_edits.put_person(
                event=event, version=event.draft_version, value=value, helper=helper, actor=actor, now=now
            )
    return event


def _with_children(event: EventDay, township: Area, actor: User, now: datetime) -> EventDay:
    """More want to come than there are places: some guests wait."""
    children = Child.objects.filter(state=Child.State.ACTIVE, village__code__startswith=township.code)
    ages = children.filter(birth_date__lte=event.date - timedelta(days=7 * 365)).order_by("-birth_date", "pk")
    event_seats.sign_up(event=event, children=list(ages[:_CHILDREN]), actor=actor, now=now)
    guests = [event_seats.Guest(name, "城区", sex) for name, sex in _GUESTS]
    event_seats.sign_up_guests(event=event, guests=guests, actor=actor, now=now)
    for seat in event.seats.filter(state=DaySeat.State.PLACE).order_by("pk"):
        event_seats.record_consent(
            seat=seat, purpose=DayConsent.Purpose.TAKE_PART, given_by="监护人", given_date=timezone.localdate(now),
            actor=actor,
        )  # fmt: skip
    fresh = _fresh(event)
    event_groups.divide_groups(event=fresh, version=fresh.draft_version, seed=1, actor=actor, now=now)
    return _fresh(event)


def _planned(event: EventDay, actor: User, clock: Callable[[], datetime]) -> EventDay:
    """Planned at once, in sun and in rain; without its row in the queue, nobody else answers it."""
    asked: dict[str, Any] = {"person": "", "groups": [], "minutes": 0, "seed": 1}
    solve = DaySolve.objects.create(
        event=event, kind=DaySolve.Kind.PLAN, asked=asked, draft_version=event.draft_version, requested_by=actor,
        created_at=clock(),
    )  # fmt: skip
    event_solves.solve_day(solve_id=solve.pk, clock=clock, beat=lambda: None)
    event = _fresh(event)
    if event.plan is None or not is_rain_ready(event):
        raise DemoWithoutPlan
    return event


def _fresh(event: EventDay) -> EventDay:
    return EventDay.objects.select_related("area", "organisation__area").get(pk=event.pk)
