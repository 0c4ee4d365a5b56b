"""How the people asked this term have answered, and how the answers came in day by day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from matching.models import Offer
from matching.selectors import offers_visible_to

if TYPE_CHECKING:
    from datetime import date, datetime

    from backend.roster.access import Reader

_MOST_DAYS = 21
_LOST = (Offer.State.DECLINED, Offer.State.LAPSED)


@dataclass(frozen=True)
class Answers:
    """
    Offers of terms that are not over, those taken back left out.

    Args:
        days: (day, accepted by its end, declined or lapsed by its end), the earliest first; at most three weeks.
    """

    all: int
    accepted: int
    waiting: int
    declined: int
    lapsed: int
    days: tuple[tuple[date, int, int], ...]

    @property
    def percent(self) -> float:
        return 100 * self.accepted / self.all if self.all else 0


def answers_of(reader: Reader, today: date) -> Answers:
    """One look at the offers of the reader's scope."""
    running = offers_visible_to(reader).filter(slot__rule__scheme__term__end_date__gte=today)
    rows = list(
        running.exclude(state=Offer.State.WITHDRAWN)
        .order_by()
        .values_list("state", "sent_at", "answered_at", "expires_at")
    )
    states = Counter(state for state, *_times in rows)
    settled = [(state, answered or expires) for state, _sent, answered, expires in rows if state != Offer.State.SENT]
    first = min((_day(sent) for _state, sent, *_times in rows), default=today)
    return Answers(
        all=len(rows),
        accepted=states[Offer.State.ACCEPTED],
        waiting=states[Offer.State.SENT],
        declined=states[Offer.State.DECLINED],
        lapsed=states[Offer.State.LAPSED],
        days=_by_day(settled, max(first, today - timedelta(days=_MOST_DAYS - 1)), today),
    )


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def _by_day(settled: list[tuple[str, datetime]], first: date, today: date) -> tuple[tuple[date, int, int], ...]:
    """What was settled before the first day counts from the first day on."""
    came: Counter[tuple[date, bool]] = Counter()
    for state, moment in settled:
        came[max(first, _day(moment)), state in _LOST] += 1
    days, accepted, lost = [], 0, 0
    for step in range((today - first).days + 1):
        day = first + timedelta(days=step)
        accepted, lost = accepted + came[day, False], lost + came[day, True]
        days.append((day, accepted, lost))
    return tuple(days)
