"""Making messages and links, and sending what is due."""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils.translation import override

from backend.audit.services import record
from backend.jobs.services import enqueue
from backend.kernel.errors import DomainError
from backend.roster.masking import classmate_name
from backend.roster.models import Guardian
from backend.vault.hashes import new_token, token_hash
from matching.models import Offer
from matching.selectors import offer_by_id
from notifications.channels import email
from notifications.channels.base import Envelope, RecipientRefused
from notifications.models import Message, OfferLink
from notifications.recipients import guardian_address, mail_address_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

logger = logging.getLogger("qianshou.notifications")

LEASE = timedelta(seconds=60)
GIVE_UP_AFTER = timedelta(hours=24)
_MOST_WAIT_MINUTES = 30


class OfferClosed(DomainError):
    code = "offer.not_open"
    message = "This offer has been answered or has ended; it has no link any more."


# --- links -------------------------------------------------------------------------------------------------------


def mint_offer_link(*, offer: Offer, way: str, actor: Any, now: datetime) -> str:
    """
    A new address for one open offer, shown to its caller only.

    Raises:
        OfferClosed: the offer is no longer open.
    """
    if not Offer.objects.filter(pk=offer.pk, state=Offer.State.SENT, expires_at__gt=now).exists():
        raise OfferClosed
    token = new_token()
    with transaction.atomic():
        OfferLink.objects.create(offer=offer, token_hash=token_hash(token), way=way, made_at=now, made_by=actor)
        if way != OfferLink.Way.MAIL:
            record(actor=actor, verb="offer.link_made", subject=offer, reason=way)
    return f"{settings.PUBLIC_URL}/o/{token}/"


# --- messages ----------------------------------------------------------------------------------------------------


def queue_messages(*, kind: str, offers: Iterable[Offer], now: datetime, suffix: str = "") -> int:
    """
    One waiting message per offer whose helper has a mail address; a message already made is not made again.

    Args:
        suffix: tells two facts of one kind about one offer apart, such as one pause from the next.
    """
    rows = [
        Message(
            key=f"{kind}:{offer.public_id}{suffix}",
            kind=kind,
            helper_id=offer.asked_id,
            offer=offer,
            created_at=now,
            due_at=now,
            dead_at=now + GIVE_UP_AFTER,
        )
        for offer in offers
        if mail_address_of(offer.asked)
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(rows)


def queue_guardian_messages(*, kind: str, offer: Offer, now: datetime, suffix: str) -> int:
    """The same fact for the guardians of the child who have an account with a mail address; once per fact."""
    guardians = Guardian.objects.filter(child_id=offer.child_id, user__isnull=False).select_related("user")
    rows = [
        Message(
            key=f"{kind}:{offer.public_id}:g{guardian.pk}{suffix}",
            kind=kind,
            guardian=guardian,
            offer=offer,
            created_at=now,
            due_at=now,
            dead_at=now + GIVE_UP_AFTER,
        )
        for guardian in guardians
        if guardian_address(guardian)
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def wake_sender(now: datetime) -> None:
    """Have the mail cluster look for due messages; one waiting wake-up is enough."""
    enqueue("notifications.tasks.send_due", queue="mail", unique_key="send-due", now=now)


def claim_due_message(*, now: datetime) -> Message | None:
    """Lease the oldest due message, or None. A lease that ran out is free again: its sender died."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    waiting = Message.objects.filter(free, state=Message.State.WAITING, due_at__lte=now)
    for pk in waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:20]:
        taken = Message.objects.filter(free, pk=pk, state=Message.State.WAITING)
        if taken.update(lease_until=now + LEASE, attempts=F("attempts") + 1) == 1:
            return Message.objects.select_related("helper", "guardian__user", "offer").get(pk=pk)
    return None


def send_message(message: Message, *, now: datetime) -> None:
    """
    Send one leased message and mark it. Between the server's yes and the mark a kill can cause one more copy,
    under the same Message-ID; nothing else can.
    """
    if message.dead_at <= now:
        _mark(message, Message.State.DEAD, now, problem=message.problem or "not delivered within a day")
        return
    envelope = _envelope_of(message, now)
    if envelope is None:
        _mark(message, Message.State.EXPIRED, now)
        return
    try:
        email.send(envelope)
    except RecipientRefused:
        _mark(message, Message.State.RETURNED, now, problem="address refused")
    except (OSError, SMTPException) as error:
        _put_back(message, now, problem=type(error).__name__)
    else:
        _mark(message, Message.State.SENT, now, sent_at=now)


def _mark(message: Message, state: str, now: datetime, **columns: Any) -> None:  # noqa: ARG001 - one shape for all
    Message.objects.filter(pk=message.pk, state=Message.State.WAITING).update(state=state, lease_until=None, **columns)


def _put_back(message: Message, now: datetime, *, problem: str) -> None:
    wait = timedelta(minutes=min(_MOST_WAIT_MINUTES, 2 ** max(0, message.attempts - 1)))
    Message.objects.filter(pk=message.pk).update(lease_until=None, due_at=now + wait, problem=problem)
    logger.warning("Could not send a message, trying again", extra={"attempts": message.attempts})


def _envelope_of(message: Message, now: datetime) -> Envelope | None:
    """The finished mail, or None when there is nothing left to tell."""
    offer = offer_by_id(message.offer_id)
    address = _address_of(message)
    if offer is None or not address:
        return None
    facts = _facts_of(offer)
    if message.kind == Message.Kind.OFFER_SENT:
        if offer.state != Offer.State.SENT or offer.expires_at <= now:
            return None
        facts["link"] = mint_offer_link(offer=offer, way=OfferLink.Way.MAIL, actor=None, now=now)
    with override("zh-hans"):
        to_whom = "guardian_" if message.guardian_id else ""
        name = f"notifications/{to_whom}{message.kind.lower()}"
        subject = render_to_string(f"{name}.subject.txt", facts).strip()
        body = render_to_string(f"{name}.body.txt", facts)
    return Envelope(key=message.public_id, address=address, subject=subject, body=body)


def _address_of(message: Message) -> str:
    if message.guardian is not None:
        return guardian_address(message.guardian)
    return mail_address_of(message.helper) if message.helper is not None else ""


def _facts_of(offer: Offer) -> dict[str, Any]:
    """What a message may say: what the holder of an open offer may know."""
    return {
        "helper_name": offer.asked.name,
        "buddy_name": classmate_name(offer.helper.name) if offer.leader_id else "",
        "child_name": classmate_name(offer.child.name),
        "place_name": offer.slot.rule.name,
        "scheme_name": offer.slot.rule.scheme.name,
        "village": offer.child.village.name,
        "school": offer.child.school.name if offer.child.school else "",
        "expires_at": offer.expires_at,
        "public_url": settings.PUBLIC_URL,
    }
