"""What has a time, told by mail to helpers who want it so; the same id and number as in their calendar."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from activities.calendar_selectors import duty_for_calendar, timed_duties_of
from activities.models import Duty
from backend.accounts.models import Role
from backend.audit.services import record
from backend.jobs.services import enqueue
from backend.kernel.calendar import CalendarEntry, EntryStatus, clean_line, render_invitation
from backend.kernel.errors import DomainError
from backend.roster.access import Reader
from backend.roster.selectors import is_shut_out
from backend.vault.hashes import mail_token, token_hash
from notifications.channels import email
from notifications.channels.base import CalendarPart, ChannelDown, Envelope, NotNow, RecipientRefused
from notifications.entries import duty_entry, noun_of
from notifications.losses import record_loss
from notifications.models import CalendarMail, Invitation
from notifications.part_invitations import tell_of_parts
from notifications.recipients import of_helper
from notifications.reply_addresses import reply_address
from notifications.selectors import wants_calendar_mail

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.models import Helper

logger = logging.getLogger("qianshou.notifications")

LEASE = timedelta(seconds=60)
GIVE_UP_AFTER = timedelta(hours=24)
_MOST_WAIT_MINUTES = 30
# As for other mail: while the server is down one invitation at a time is tried, so it may be tried oftener.
_MOST_WAIT_DOWN_MINUTES = 5


class NoMailAddress(DomainError):
    code = "calendar_mail.no_address"
    message = "There is no mail address for you yet. Ask your coordinator to add one."


def choose_calendar_mail(*, helper: Helper, is_on: bool, actor: Any, now: datetime) -> None:
    """
    Have what has a time sent by mail from now on, beginning with what is ahead; or not any more.

    Raises:
        NoMailAddress: there is nowhere to send it.
    """
    if is_on and not helper.email:
        raise NoMailAddress
    with transaction.atomic():
        CalendarMail.objects.update_or_create(helper=helper, defaults={"is_on": is_on, "changed_at": now})
        record(actor=actor, verb="calendar_mail.switched", subject=helper, after={"is_on": is_on})
        for duty in timed_duties_of(helper.pk, now=now) if is_on else ():
            plan_invitation(duty, now=now)
        if is_on:
            tell_of_parts(now=now, helper_id=helper.pk)
    wake_sender(now)


def plan_invitation(duty: Duty, *, now: datetime) -> None:
    """Write down what has to be told about a visit, if anything: a time, a new time, or that it is called off."""
    _call_off_for_others(duty, now)
    if not wants_calendar_mail(duty.helper_id) or not duty.helper.email:
        return
    before = Invitation.objects.filter(helper_id=duty.helper_id, duty=duty).first()
    method = _method(duty, before)
    if method is None or (before is not None and (before.method, before.sequence) == (method, duty.sequence)):
        return
    told = {
        "method": method, "sequence": duty.sequence, "state": Invitation.State.WAITING, "due_at": now,
        "dead_at": now + GIVE_UP_AFTER, "attempts": 0, "lease_until": None,
    }  # fmt: skip
    fresh = Invitation(helper_id=duty.helper_id, duty=duty, created_at=now, **told)
    if before is None:
        Invitation.objects.bulk_create([fresh], ignore_conflicts=True)
    # Whoever read the visit earlier than somebody else tells nothing older over what is newer.
    older = Invitation.objects.filter(helper_id=duty.helper_id, duty=duty, sequence__lte=duty.sequence)
    older.exclude(sequence=duty.sequence, method=method).update(**told)


def _call_off_for_others(duty: Duty, now: datetime) -> None:
    """Whoever was invited while the visit was theirs hears that it is not any more."""
    others = Invitation.objects.filter(duty=duty, told_method=Invitation.Method.REQUEST).exclude(
        helper_id=duty.helper_id
    )
    told = {"method": Invitation.Method.CANCEL, "sequence": duty.sequence, "state": Invitation.State.WAITING}
    others.exclude(method=Invitation.Method.CANCEL).exclude(answer=Invitation.Answer.DECLINED).update(
        due_at=now, dead_at=now + GIVE_UP_AFTER, attempts=0, lease_until=None, **told
    )


def _method(duty: Duty, before: Invitation | None) -> str | None:
    if duty.state == Duty.State.OPEN and duty.start_at is not None:
        return Invitation.Method.REQUEST
    # Nobody is told that something is off which they never heard of, or said no to themselves.
    has_heard = before is not None and before.told_method == Invitation.Method.REQUEST
    is_off = duty.state == Duty.State.CANCELLED or (duty.state == Duty.State.OPEN and duty.start_at is None)
    if is_off and has_heard and before is not None and before.answer != Invitation.Answer.DECLINED:
        return Invitation.Method.CANCEL
    return None


def wake_sender(now: datetime) -> None:
    """Have the mail cluster look for due invitations; one waiting wake-up is enough."""
    enqueue("notifications.invitation_tasks.send_invitations", queue="mail", unique_key="send-invitations", now=now)


def claim_due_invitation(*, now: datetime) -> Invitation | None:
    """Lease the oldest due invitation, or None. A lease that ran out is free again: its sender died."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    waiting = Invitation.objects.filter(free, state=Invitation.State.WAITING, due_at__lte=now)
    for pk in waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:20]:
        mine = Invitation.objects.filter(free, pk=pk, state=Invitation.State.WAITING, due_at__lte=now)
        if mine.update(lease_until=now + LEASE, attempts=F("attempts") + 1) == 1:
            return Invitation.objects.select_related("helper__user__contact", "helper__township").get(pk=pk)
    return None


def send_invitation(one: Invitation, *, now: datetime) -> bool:
    """
    Send one leased invitation and mark it. The secret in it is written down before the mail goes out, so an answer
    that comes at once finds it; a kill between the server's yes and the mark causes one more copy of the same mail,
    with the same secret: whichever copy is answered counts.

    Returns:
        False when the server is down: trying the next one at once would help nobody.
    """
    duty = duty_for_calendar(one.duty_id)
    address = one.helper.email
    if one.dead_at <= now or not address or one.helper.state == "LEFT" or is_shut_out(one.helper):
        _lose(one, Invitation.State.DEAD, now)
        return True
    token = _token_of(one)
    if not _write_down(one, token_hash(token), address):
        return True
    try:
        email.send(_mail(one, duty, address, token))
    except RecipientRefused:
        _lose(one, Invitation.State.RETURNED, now)
    except ChannelDown:
        _put_back(one, now, most=_MOST_WAIT_DOWN_MINUTES)
        return False
    except NotNow:
        _put_back(one, now)
    except Exception:
        # A mistake of ours in one invitation must not keep the others waiting.
        logger.exception("Could not send an invitation")
        _put_back(one, now)
    else:
        _finish(one, Invitation.State.SENT, told_method=one.method, told_sequence=one.sequence, sent_at=now)
    return True


def _token_of(one: Invitation) -> str:
    """The secret of what is told now: another one for every change, the same for every copy."""
    return mail_token(f"{one.public_id}.{one.sequence}.{one.method}", "invitation.reply")


def _same(one: Invitation) -> QuerySet[Invitation]:
    """The row as long as nothing newer has to be told."""
    return Invitation.objects.filter(pk=one.pk, sequence=one.sequence, method=one.method)


def _write_down(one: Invitation, secret: str, address: str) -> bool:
    """Note secret and address; False when something newer has to be told, or an earlier copy was answered already."""
    if _same(one).exclude(token_hash=secret).update(token_hash=secret, sent_to=address, answer="", answered_at=None):
        return True
    if _same(one).filter(token_hash=secret, answered_at=None).update(sent_to=address):
        return True
    _finish(one, Invitation.State.SENT)
    return False


def _lose(one: Invitation, state: str, now: datetime) -> None:
    """
    Mark as undelivered, and put it among the messages that were lost: whoever coordinates for the helper is told, and
    can send the time once more as a plain message. A helper who left, or a visit that is off, is told nothing.
    """
    with transaction.atomic():
        _finish(one, state)
        if one.method == Invitation.Method.REQUEST and one.helper.state != "LEFT" and one.helper.email:
            fact = f"VISIT_TIME:{one.public_id}.{one.sequence}"
            record_loss(
                key=fact, kind="VISIT_TIME", helper=one.helper, about={"duty_id": one.duty_id}, state=state, now=now
            )


def _finish(one: Invitation, state: str, **columns: Any) -> None:
    """Only if nothing newer has to be told meanwhile: then the row waits again already, and keeps what was told."""
    if columns:
        Invitation.objects.filter(pk=one.pk).update(**columns)
    _same(one).update(state=state, lease_until=None)


def _put_back(one: Invitation, now: datetime, *, most: int = _MOST_WAIT_MINUTES) -> None:
    wait = timedelta(minutes=min(most, 2 ** max(0, one.attempts - 1)))
    _same(one).update(lease_until=None, due_at=now + wait)
    logger.warning("Could not send an invitation, trying again", extra={"attempts": one.attempts})


def _mail(one: Invitation, duty: Duty, address: str, token: str) -> Envelope:
    reply_to = reply_address(token)
    with override(of_helper(one.helper).language):
        entry = _entry(one, duty, reply_to)
        is_off = entry.status is EntryStatus.CANCELLED
        words = _("已取消：%(what)s") if is_off else _("请看时间：%(what)s")
        subject = clean_line(words % {"what": entry.summary})
        body = _body(one, entry, noun_of(duty), is_off=is_off)
    return Envelope(
        key=f"{one.public_id}.{one.sequence}.{one.method.lower()}",
        address=address,
        subject=subject,
        body=body,
        calendar=CalendarPart(one.method, render_invitation(entry, attendee=address), reply_to),
    )


def _entry(one: Invitation, duty: Duty, reply_to: str) -> CalendarEntry:
    """As in the helper's own calendar, but for the organiser's address, which carries this mail's secret."""
    reader = Reader(user=one.helper.user, role=Role.TEACHER, helper_id=one.helper_id)
    status = EntryStatus.CANCELLED if one.method == Invitation.Method.CANCEL else EntryStatus.CONFIRMED
    return replace(duty_entry(duty, reader), organizer=reply_to, sequence=one.sequence, status=status)


def _body(one: Invitation, entry: CalendarEntry, noun: str, *, is_off: bool) -> str:
    what = _("取消了：%(what)s") if is_off else _("%(noun)s的时间：%(what)s")
    how = [] if is_off else [_("可以直接在邮件里接受或谢绝。谢绝后这个时间就不算数了，请登录另约。")]
    lines = [
        _("%(name)s您好：") % {"name": one.helper.name},
        what % {"what": entry.summary, "noun": noun},
        *how,
        _("孩子的情况请登录查看：%(url)s") % {"url": f"{settings.PUBLIC_URL}/week/"},
        _("不想再收这样的邮件，在“订阅日历”里关掉就行。"),
    ]
    return "\n\n".join(lines)
