"""Saying that somebody is to be told: one waiting row for each person and channel, once per fact."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from backend.jobs.services import enqueue
from notifications.kinds import EMAIL, INBOX, Urgency, kind_of
from notifications.models import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from notifications.kinds import Kind
    from notifications.recipients import Recipient

# Channel -> (task, queue). Robots and texts have a cluster of their own: what hangs there delays no mail.
_SENDERS = {
    "email": ("notifications.tasks.send_due", "mail"),
    "sms": ("notifications.tasks.send_texts", "chat"),
    "robot": ("notifications.tasks.send_to_robots", "chat"),
}
_AT_ONCE = 500


@dataclass(frozen=True)
class Told:
    """
    One person to tell one thing.

    Args:
        offer: what it is about, or None.
        fact: tells facts of one kind to one person apart, such as one pause from the next. With an offer its public id
            is part of the fact already.
        about: what the kind's facts are read by: ids and times, never a name.
    """

    recipient: Recipient
    offer: Any = None
    fact: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


def tell(
    *, kind: str, recipients: Iterable[tuple[Recipient, Any]], fact: str = "", about: Mapping[str, Any] | None = None,
    now: datetime,
) -> int:  # fmt: skip
    """
    Queue one message for each recipient, each with the offer it is about or None; the rest as in `tell_each`, for all
    of them alike.
    """
    told = (Told(recipient, offer, fact, about or {}) for recipient, offer in recipients)
    return tell_each(kind=kind, told=told, now=now)


def tell_each(*, kind: str, told: Iterable[Told], now: datetime) -> int:
    """
    Queue one message for each person and each of their channels; what is queued already is not queued again.

    Args:
        kind: a code of `notifications.kinds`.

    Returns:
        How many rows were asked for.
    """
    what = kind_of(kind)
    rows = [row for one in told for row in _rows(what, one, now)]
    Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_AT_ONCE)
    for channel in {row.channel for row in rows} - {INBOX}:
        wake_sender(now, channel)
    return len(rows)


def _rows(what: Kind, one: Told, now: datetime) -> list[Message]:
    subject = one.offer.public_id if one.offer is not None else ""
    name = ":".join(part for part in (what.code, subject, one.recipient.key, one.fact) if part)
    shared = {
        "fact": name,
        "kind": what.code,
        "offer": one.offer,
        "about": dict(one.about),
        "created_at": now,
        "rank": 0 if what.urgency == Urgency.URGENT else 1,
        "due_at": now,
        "dead_at": now + what.gives_up_after if what.gives_up_after else None,
        **one.recipient.columns,
    }
    return [
        Message(key=f"{name}:{channel}", channel=channel, **shared | _delivered(channel, now))
        for channel in sorted(channels_for(what, one.recipient))
    ]


def channels_for(what: Kind, recipient: Recipient) -> set[str]:
    """
    Over which of their channels somebody is told of a kind. What can wait lies in the inbox until the day's digest, for
    whoever has an inbox and wants it so.
    """
    if what.calendar:
        return set(what.channels)
    open_ones = set(what.channels & set(recipient.addresses))
    waits = what.urgency == Urgency.CALM and recipient.wants_digest and INBOX in open_ones
    return {INBOX} if waits else open_ones


def _delivered(channel: str, now: datetime) -> dict[str, Any]:
    """What lies in the inbox has arrived."""
    return {"state": Message.State.SENT, "sent_at": now} if channel == INBOX else {}


def wake_sender(now: datetime, channel: str = EMAIL) -> None:
    """Have the channel's cluster look for due messages; one waiting wake-up is enough."""
    task, queue = _SENDERS[channel]
    enqueue(task, queue=queue, unique_key=f"send-due:{channel}", now=now)  # type: ignore[arg-type]
