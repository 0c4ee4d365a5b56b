"""Answers to invitations that come by mail. The secret in the address proves who answers; the sender proves nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from email import message_from_bytes
from email.utils import getaddresses
from typing import TYPE_CHECKING

from django.conf import settings

from activities.event_selectors import day_part_by_public_id
from activities.models import DayPart
from backend.audit.services import record
from backend.kernel.calendar_reading import CalendarReply, UnreadableCalendar, read_reply
from backend.kernel.errors import DomainError
from backend.roster.models import Helper
from backend.vault.hashes import token_hash
from notifications.entries import duty_uid, part_id_in
from notifications.models import Invitation
from notifications.reply_addresses import is_part_token

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import Message as Mail

logger = logging.getLogger("qianshou.notifications")

MOST_MAIL_BYTES = 128 * 1024
_MOST_PARTS, _MOST_ADDRESSES = 50, 20
_ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")


class ReplyRefused(DomainError):
    code = "reply.refused"
    status = 400
    message = "This is not an answer to an invitation of ours; nothing was changed."


class ReplyTooBig(ReplyRefused):
    code = "reply.too_big"
    message = "This mail is too big for an answer to an invitation; nothing was changed."


class ReplySpent(ReplyRefused):
    code = "reply.spent"
    message = "This invitation has been answered already. To change the answer, sign in."


class ReplyOutdated(ReplyRefused):
    code = "reply.outdated"
    message = "This invitation has changed or is over. Please look at the latest one."


@dataclass(frozen=True)
class TakenReply:
    """An answer that was recorded."""

    invitation: Invitation
    answer: str


@dataclass(frozen=True)
class PartReply:
    """An answer to a part of an event day, checked; the day's own service records it."""

    part: DayPart
    answer: str


def take_reply(content: bytes, *, now: datetime) -> TakenReply | PartReply:
    """
    Record the answer a mail holds. Call it inside the transaction that acts on the answer.

    Raises:
        ReplyTooBig, ReplyRefused: no answer can be read from it, or it fits no invitation of ours.
        ReplySpent: the invitation was answered.
        ReplyOutdated: the time was changed or called off meanwhile, or is over.
    """
    if len(content) > MOST_MAIL_BYTES:
        raise ReplyTooBig
    token, reply = _read(content)
    part = day_part_by_public_id(part_id_in(reply.uid)) if part_id_in(reply.uid) else None
    if part is not None:
        _check_part(part, token, reply, now)
        return PartReply(part, reply.answer)
    one = _invitation_of(token)
    _check(one, reply, now)
    same = {"token_hash": token_hash(token), "sequence": one.sequence, "method": one.method}
    mine = Invitation.objects.filter(pk=one.pk, answered_at=None, **same)
    if mine.update(answer=reply.answer, answered_at=now) != 1:
        raise ReplySpent
    record(actor=one.helper.user, verb=f"invitation.{reply.answer.lower()}", subject=one)
    return TakenReply(one, reply.answer)


def _read(content: bytes) -> tuple[str, CalendarReply]:
    try:
        mail = message_from_bytes(content)
        token, calendar = _token_of(mail), _calendar_of(mail)
    # Whatever a hostile mail sets off inside the parser: it is no answer.
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ReplyRefused from error
    try:
        return token, read_reply(calendar)
    except UnreadableCalendar as error:
        raise ReplyRefused from error


def _token_of(mail: Mail) -> str:
    """The secret in whichever address is ours; "" where there is none."""
    box, _at, domain = settings.REPLY_ADDRESS.lower().partition("@")
    lines = [str(line) for name in _ADDRESSED for line in mail.get_all(name, [])]
    for _name, address in getaddresses(lines)[:_MOST_ADDRESSES]:
        local, _at, where = address.lower().rpartition("@")
        if where == domain and local.startswith(f"{box}+"):
            return local.removeprefix(f"{box}+")
    return ""


def _calendar_of(mail: Mail) -> bytes:
    """The first calendar among the first parts; b"" where there is none."""
    for count, part in enumerate(mail.walk()):
        if count >= _MOST_PARTS:
            break
        if part.get_content_type() == "text/calendar":
            payload = part.get_payload(decode=True)
            return payload if isinstance(payload, bytes) else b""
    return b""


def _invitation_of(token: str) -> Invitation:
    found = Invitation.objects.filter(token_hash=token_hash(token)).select_related("duty", "helper__user").first()
    if not token or found is None:
        raise ReplyRefused
    return found


def _check(one: Invitation, reply: CalendarReply, now: datetime) -> None:
    """The answer must be about this event, in the form that was sent, and from the person who was asked."""
    if reply.uid != duty_uid(one.duty) or reply.attendee != one.sent_to.lower() or not _may_answer(one.helper):
        raise ReplyRefused
    if one.answered_at is not None:
        raise ReplySpent
    duty = one.duty
    is_latest = reply.sequence == one.sequence == duty.sequence and one.method == Invitation.Method.REQUEST
    if not is_latest or duty.state != "OPEN" or duty.end_at is None or duty.end_at <= now:
        raise ReplyOutdated


def _may_answer(helper: Helper) -> bool:
    user = helper.user
    return helper.state != Helper.State.LEFT and (user is None or user.is_active)


def _check_part(part: DayPart, token: str, reply: CalendarReply, now: datetime) -> None:
    """The same for a part of an event day; its secret is known by being the right one for its id and number."""
    helper = part.helper
    if helper is None or not is_part_token(token, part.public_id, reply.sequence):
        raise ReplyRefused
    if reply.attendee != helper.email.lower() or not _may_answer(helper):
        raise ReplyRefused
    is_latest = reply.sequence == part.sequence and part.state == DayPart.State.ON
    if not is_latest or part.end_at <= now:
        raise ReplyOutdated
    if part.answered_at is not None:
        raise ReplySpent
