"""Time: duties owed by pairings."""

from activities.models.duties import Duty

__all__ = ["Duty"]
