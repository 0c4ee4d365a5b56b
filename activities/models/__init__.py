"""Time: duties owed by pairings, talk groups of classes, event days, and homes with rooms."""

from activities.models.busy import BusyCalendar, BusySpan
from activities.models.duties import Duty, DutyPassedOn
from activities.models.event_listings import DayListing
from activities.models.event_seats import DayConsent, DayQuota, DaySeat, DayTick, DayWish
from activities.models.event_versions import DayNotice, DayPart, DayVersion, DayVersionSeat
from activities.models.events import DayHost, DayRoom, DaySolve, DayStep, DayTemplate, EventDay
from activities.models.places import BookedSlot, Booking, Equipment, Home, OpeningHours, Room
from activities.models.talk_rounds import TalkRound, TalkRoundClass
from activities.models.talks import TalkCalledOff, TalkGroup, TalkPlan, TalkSeat, TalkTeacher, TalkWish

__all__ = [
    "BookedSlot",
    "Booking",
    "BusyCalendar",
    "BusySpan",
    "DayConsent",
    "DayHost",
    "DayListing",
    "DayNotice",
    "DayPart",
    "DayQuota",
    "DayRoom",
    "DaySeat",
    "DaySolve",
    "DayStep",
    "DayTemplate",
    "DayTick",
    "DayVersion",
    "DayVersionSeat",
    "DayWish",
    "Duty",
    "DutyPassedOn",
    "Equipment",
    "EventDay",
    "Home",
    "OpeningHours",
    "Room",
    "TalkCalledOff",
    "TalkGroup",
    "TalkPlan",
    "TalkRound",
    "TalkRoundClass",
    "TalkSeat",
    "TalkTeacher",
    "TalkWish",
]
