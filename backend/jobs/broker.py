"""The queue table read in order, with the taker's name on what is taken; django-q2 loads this by its setting."""

from __future__ import annotations

from time import sleep

from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf

from backend.jobs.identity import hand_of


class OrderedBroker(ORM):  # type: ignore[misc]
    """
    django-q2's own database broker with two differences.

    Rows are taken oldest first, and a taken row is moved into the hand of this machine's cluster: when that cluster
    is killed its rows can be put back at once without touching what other machines hold. Each cluster also reads its
    own hand, so a heartbeat can be meant for one machine.
    """

    def dequeue(self) -> list[tuple[int, str]] | None:
        """The oldest free row, or None after a short sleep."""
        hand = hand_of(self.list_key)
        free = self.get_connection().filter(key__in=[self.list_key, hand], lock__lte=timezone.now())
        row = free.order_by("id").first()
        if row is None:
            sleep(Conf.POLL)
            return None
        mine = self.get_connection().filter(pk=row.pk, key=row.key, lock=row.lock)
        return [(row.pk, row.payload)] if mine.update(key=hand, lock=self.timeout(row)) == 1 else None
