"""Time: duties owed by pairings, and talk groups of classes."""

from activities.models.duties import Duty
from activities.models.talks import TalkCalledOff, TalkGroup, TalkPlan, TalkSeat, TalkTeacher, TalkWish

__all__ = ["Duty", "TalkCalledOff", "TalkGroup", "TalkPlan", "TalkSeat", "TalkTeacher", "TalkWish"]
