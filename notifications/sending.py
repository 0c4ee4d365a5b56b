"""Sending what is due, each channel for itself: lease, send, mark, and back off."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import override

from backend.roster.selectors import is_shut_out
from notifications.channels import email, robot, sms
from notifications.channels.base import ChannelDown, Envelope, NotNow, RecipientRefused
from notifications.kinds import EMAIL, ROBOT, SMS, kind_of
from notifications.losses import tell_of_loss
from notifications.models import OFFER_PARTS, Message, OfferLink
from notifications.recipients import of_message
from notifications.rules import may_not_wait, quiet_until, rules_of
from notifications.services import OfferClosed, mint_offer_link
from notifications.texts import facts_of, filled, in_language, may_carry_link, text_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from notifications.recipients import Recipient

logger = logging.getLogger("qianshou.notifications")

LEASE = timedelta(seconds=60)
_MOST_WAIT_MINUTES = 30
# While a whole channel is down one message at a time is tried, so it may be tried oftener: all go out soon after.
_MOST_WAIT_DOWN_MINUTES = 5
_CARRIERS = {EMAIL: email.send, SMS: sms.send, ROBOT: robot.send}
_WITH_PEOPLE = (
    "helper__user__contact", "helper__township", "guardian__user__contact", "guardian__child__village",
    "account__contact", *OFFER_PARTS,
)  # fmt: skip


class _NothingToTell(Exception):
    """What the message was about is over."""


class _TooLate(Exception):
    """The time to deliver it in has passed."""


def claim_due_message(*, now: datetime, channel: str = EMAIL, avoid: Collection[str] = ()) -> Message | None:
    """
    Lease the next due message of a channel, or None: the urgent first, then the oldest. A lease that ran out is free
    again: its sender died.

    Args:
        avoid: kinds of robots that do not answer at the moment.
    """
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    waiting = Message.objects.filter(free, state=Message.State.WAITING, channel=channel, due_at__lte=now)
    if avoid:
        waiting = waiting.exclude(account__contact__robot_kind__in=avoid)
    for pk in waiting.order_by("rank", "due_at", "pk").values_list("pk", flat=True)[:20]:
        taken = Message.objects.filter(free, pk=pk, state=Message.State.WAITING)
        if taken.update(lease_until=now + LEASE, attempts=F("attempts") + 1) == 1:
            return Message.objects.select_related(*_WITH_PEOPLE).get(pk=pk)
    return None


def send_message(message: Message, *, now: datetime) -> bool:
    """
    Send one leased message and mark it. Between the other side's yes and the mark a kill can cause one more copy,
    under the same key; nothing else can.

    Returns:
        False when the channel itself is down: trying the next message at once would help nobody.
    """
    try:
        if _waits_for_the_morning(message, now):
            return True
        envelope = _envelope_of(message, now)
    except _NothingToTell:
        _mark(message, Message.State.EXPIRED)
        return True
    except _TooLate:
        _lose(message, Message.State.DEAD, now, problem=message.problem or "not delivered in time")
        return True
    except Exception:
        # A mistake of ours in one kind of message must not keep the others waiting.
        logger.exception("Could not put a message together", extra={"kind": message.kind})
        _put_back(message, now, problem="could not be put together")
        return True
    try:
        _CARRIERS[message.channel](envelope)
    except RecipientRefused:
        _lose(message, Message.State.RETURNED, now, problem="address refused")
    except NotNow as error:
        _put_back(message, now, problem=str(error))
    except ChannelDown as error:
        until = _put_back(message, now, problem=f"down: {error}", most=_MOST_WAIT_DOWN_MINUTES)
        _spare_silent_make(message, until)
        return False
    except Exception:
        # The same holds for what no carrier foresaw: without this the lease would run and the others stand behind it.
        logger.exception("Could not send a message", extra={"kind": message.kind, "channel": message.channel})
        _put_back(message, now, problem="could not be sent")
    else:
        _mark(message, Message.State.SENT, sent_at=now, problem="")
        _hurry_others(message, now)
    return True


def _waits_for_the_morning(message: Message, now: datetime) -> bool:
    """In quiet hours a message that can wait is put off to their end; it counts as no try and takes no time off it."""
    if may_not_wait(message.kind):
        return False
    until = quiet_until(rules_of(of_message(message).county_code), now)
    if until is None:
        return False
    later = {"lease_until": None, "due_at": until, "attempts": F("attempts") - 1, "problem": ""}
    if message.dead_at is not None:
        later["dead_at"] = message.dead_at + (until - now)
    Message.objects.filter(pk=message.pk, state=Message.State.WAITING, attempts__gt=0).update(**later)
    return True


def robot_kind_of(message: Message) -> str:
    """Which make of robot a message goes to; "" for none."""
    contact = getattr(message.account, "contact", None)
    return contact.robot_kind if contact is not None else ""


def _mark(message: Message, state: str, **columns: Any) -> bool:
    mine = Message.objects.filter(pk=message.pk, state=Message.State.WAITING)
    return mine.update(state=state, lease_until=None, **columns) == 1


def _lose(message: Message, state: str, now: datetime, *, problem: str) -> None:
    """Mark as undelivered, and tell those who coordinate for that person: once a day each."""
    with transaction.atomic():
        if not _mark(message, state, problem=problem):
            return
        tell_of_loss(message, now)


def _put_back(message: Message, now: datetime, *, problem: str, most: int = _MOST_WAIT_MINUTES) -> datetime:
    """Try again later, the later the oftener it was tried; answers when."""
    wait = timedelta(minutes=min(most, 2 ** max(0, message.attempts - 1)))
    rows = Message.objects.filter(pk=message.pk)
    rows.update(lease_until=None, due_at=now + wait, problem=problem[:200])
    if message.channel == ROBOT:
        # One robot in trouble is tried once per pause, however many messages wait for it.
        others = Message.objects.filter(channel=ROBOT, account=message.account_id, state=Message.State.WAITING)
        others.filter(lease_until=None, due_at__lt=now + wait).update(due_at=now + wait)
    logger.warning(
        "Could not send a message, trying again", extra={"channel": message.channel, "attempts": message.attempts}
    )
    return now + wait


def _spare_silent_make(message: Message, until: datetime) -> None:
    """
    A make of robot that does not answer is tried once per pause, whoever's turn it is: each try holds the worker up
    that sends the texts too.
    """
    make = robot_kind_of(message) if message.channel == ROBOT else ""
    if make:
        others = Message.objects.filter(channel=ROBOT, state=Message.State.WAITING, lease_until=None, due_at__lt=until)
        others.filter(account__contact__robot_kind=make).update(due_at=until, problem="down: this make is silent")


def _hurry_others(message: Message, now: datetime) -> None:
    """The channel works: what was put back because it was down waits no longer. Of robots only those of one make."""
    put_back = Message.objects.filter(channel=message.channel, state=Message.State.WAITING, due_at__gt=now)
    if message.channel == ROBOT:
        put_back = put_back.filter(account__contact__robot_kind=robot_kind_of(message))
    put_back.filter(problem__startswith="down: ").update(due_at=now)


def _envelope_of(message: Message, now: datetime) -> Envelope:
    """
    The finished text.

    Raises:
        _NothingToTell: it is over, or there is no way to this person any more. Asked first: what is over was not lost.
        _TooLate: nobody could be reached in time.
    """
    recipient = of_message(message)
    address = _address(message, recipient)
    facts = facts_of(message, language=recipient.language, now=now) if address else None
    if facts is None:
        raise _NothingToTell
    if message.dead_at is not None and message.dead_at <= now:
        raise _TooLate
    try:
        link = _link(message, facts, now, recipient.language)
    except OfferClosed:
        raise _NothingToTell from None
    return _sealed(message, recipient, address, facts | {"link": link})


def _address(message: Message, recipient: Recipient) -> str:
    """As the person chose; invitations are a choice of their own."""
    if kind_of(message.kind).calendar and message.helper is not None:
        return "" if is_shut_out(message.helper) else message.helper.email
    return recipient.addresses.get(message.channel, "")


def _sealed(message: Message, recipient: Recipient, address: str, facts: dict[str, str]) -> Envelope:
    words = text_of(message, language=recipient.language, county_code=recipient.county_code)
    text = filled(words, facts)
    calendar_of = kind_of(message.kind).calendar_function()
    with override(recipient.language):
        calendar = calendar_of(message, address=address) if calendar_of else None
    return Envelope(message.public_id, address, text.subject, text.body, text.short, calendar)


def _link(message: Message, facts: dict[str, str], now: datetime, language: str) -> str:
    """A personal link where one person alone reads, else the plain page, which asks to sign in."""
    if not (kind_of(message.kind).has_link and may_carry_link(message.channel) and message.offer is not None):
        return facts["url"]
    way = OfferLink.Way.MAIL if message.channel == EMAIL else OfferLink.Way.SMS
    return in_language(mint_offer_link(offer=message.offer, way=way, actor=None, now=now), language)
