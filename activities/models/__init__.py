"""Time: duties owed by pairings, and talk groups of classes."""

from activities.models.duties import Duty
from activities.models.talks import TalkGroup, TalkPlan, TalkSeat, TalkTeacher, TalkWish

__all__ = ["Duty", "TalkGroup", "TalkPlan", "TalkSeat", "TalkTeacher", "TalkWish"]
