"""Facts about time: ids and times only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from backend.kernel.events import Fact


@dataclass(frozen=True)
class DutyChanged(Fact):
    """A duty was made, got a time, moved, was done or cancelled: the helper's calendar differs."""

    name: ClassVar[str] = "duty.changed"
    duty_id: int
    helper_id: int


@dataclass(frozen=True)
class DutyTimedFor(Fact):
    """Somebody else gave a helper's visit its time; `sequence` tells one move from the next."""

    name: ClassVar[str] = "duty.timed_for"
    duty_id: int
    sequence: int


@dataclass(frozen=True)
class TalkPlanPublished(Fact):
    """The talk groups of a class were published; `version` tells one publishing from the next."""

    name: ClassVar[str] = "talk_plan.published"
    plan_id: int
    version: int


@dataclass(frozen=True)
class DayPublished(Fact):
    """
    A day was published, or with `is_off` called off; the version's notices of that kind say who is told what.

    The calendars' parts of the day have changed with it.
    """

    name: ClassVar[str] = "event_day.published"
    day_id: int
    version_id: int
    is_off: int = 0


@dataclass(frozen=True)
class DayShown(Fact):
    """A day was put into the public programme, or taken out of it."""

    name: ClassVar[str] = "event_day.shown"
    day_id: int


@dataclass(frozen=True)
class DaySeatsChanged(Fact):
    """Children came onto the list of a published day, or left it."""

    name: ClassVar[str] = "event_day.seats_changed"
    day_id: int


@dataclass(frozen=True)
class DayListed(Fact):
    """A published day stands in the calendars of other schools and villages than before."""

    name: ClassVar[str] = "event_day.listed"
    day_id: int


@dataclass(frozen=True)
class DayWordTakenBack(Fact):
    """
    A guardian no longer agrees that a child takes part in a day: it was taken off the list, and `moved_up` who waited
    got a place by that.
    """

    name: ClassVar[str] = "event_day.word_taken_back"
    day_id: int
    seat_id: int
    moved_up: int


@dataclass(frozen=True)
class HostDeclined(Fact):
    """A helper cannot come to something they lead of a published day; which parts those are say the parts."""

    name: ClassVar[str] = "event_day.host_declined"
    day_id: int
    helper_id: int


@dataclass(frozen=True)
class TalkPlanReopened(Fact):
    """Published talk groups were taken back to change them: until they are published again nobody sees them."""

    name: ClassVar[str] = "talk_plan.reopened"
    plan_id: int
