"""How somebody wants to be told: choosing it, trying it, and sending again what was lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.accounts.phones import mobile_in
from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.sms.choice import is_on as texts_are_on
from notifications.channels.robot import robot_of
from notifications.kinds import kind_of
from notifications.kinds.desk import CHANNEL_TEST
from notifications.models import Contact, Message
from notifications.recipients import of_account, of_guardian, of_helper, on_file
from notifications.telling import tell, wake_sender

if TYPE_CHECKING:
    from datetime import datetime

    from backend.accounts.models import User
    from backend.roster.models import Guardian, Helper
    from notifications.recipients import Recipient

_BETWEEN_TESTS = timedelta(minutes=1)


class NoWayLeft(DomainError):
    """Nothing would reach this person any more."""

    code = "contact.no_way_left"
    status = 400
    message = "Leave at least one way on, or nothing can reach you."


class NoMobile(DomainError):
    """Texts need a mobile number on file."""

    code = "contact.no_mobile"
    status = 400
    message = "There is no mobile number on file for you, or texts are not sent here."


class TriedJustNow(DomainError):
    """One test a minute is enough."""

    code = "contact.tried_just_now"
    status = 429
    message = "A test went out less than a minute ago. Please wait for it."


class NothingToSendAgain(DomainError):
    """Only what did not arrive is sent again."""

    code = "message.not_lost"
    message = "This message was not lost, or is on its way again."


def person_of(user: User) -> Recipient:
    """An account as whoever it is told as: the helper, the guardian, or its owner."""
    helper, guardian = _as_whom(user)
    if helper is not None:
        return of_helper(helper)
    return of_guardian(guardian) if guardian is not None else of_account(user)


def _as_whom(user: User) -> tuple[Helper | None, Guardian | None]:
    guardian = min(user.guardianships.all(), key=lambda one: one.pk, default=None)  # type: ignore[attr-defined]
    return getattr(user, "helper", None), guardian


def mail_and_mobile(user: User) -> tuple[str, str]:
    """What is on file for an account: a mail address and a mobile number texts can go to, "" where there is none."""
    helper, guardian = _as_whom(user)
    mail, phone = on_file(user, helper=helper, guardian=guardian)
    return mail, mobile_in(phone) if phone and texts_are_on() else ""


def choose_contact(
    *,
    user: User,
    by_mail: bool,
    by_sms: bool,
    language: str | None = None,
    robot: str | None = None,
    wants_digest: bool | None = None,
    now: datetime,
) -> Contact:
    """
    Keep how somebody wants to be told.

    Args:
        robot: the pasted address of a group robot; "" takes it off.
        language, robot, wants_digest: None leaves each as it is.

    Raises:
        RobotAddressUnknown: none of the three makes, or not its https address.
        NoMobile: texts were chosen, but none can go to this person.
        NoWayLeft: nothing that is on would reach them.
    """
    mail, mobile = mail_and_mobile(user)
    if by_sms and not mobile:
        raise NoMobile
    columns: dict[str, Any] = {"by_mail": by_mail, "by_sms": by_sms, "changed_at": now}
    said = {"language": language, "wants_digest": wants_digest}
    columns |= {name: value for name, value in said.items() if value is not None}
    if robot is not None:
        found = robot_of(robot) if robot else None
        columns |= {"robot_kind": found.kind if found else "", "robot_url": found.url if found else ""}
    with transaction.atomic():
        contact, _is_new = Contact.objects.update_or_create(user=user, defaults=columns)
        if (mail or mobile) and not (by_mail and mail) and not by_sms and not contact.robot_url:
            raise NoWayLeft
        record(actor=user, verb="contact.chosen", subject=contact)
    return contact


def test_channels(*, user: User, now: datetime) -> int:
    """
    Send one test over every way that is on.

    Returns:
        Over how many.

    Raises:
        TriedJustNow: a test went out less than a minute ago.
    """
    user.refresh_from_db()
    mine = Message.objects.filter(account=user, kind=CHANNEL_TEST.code)
    with transaction.atomic():
        # Two clicks in one minute make one key.
        if mine.filter(created_at__gt=now - _BETWEEN_TESTS).exists():
            raise TriedJustNow
        return tell(kind=CHANNEL_TEST.code, recipients=[(person_of(user), None)], fact=f"{now:%Y%m%d%H%M}", now=now)


def send_again(*, message: Message, actor: User, now: datetime) -> None:
    """
    Put a lost message on its way once more.

    Raises:
        NothingToSendAgain: it was not lost.
    """
    after = kind_of(message.kind).gives_up_after
    with transaction.atomic():
        lost = Message.objects.filter(pk=message.pk, state__in=(Message.State.DEAD, Message.State.RETURNED))
        back = {"state": Message.State.WAITING, "due_at": now, "dead_at": now + after if after else None}
        if lost.update(attempts=0, problem="", lease_until=None, **back) != 1:
            raise NothingToSendAgain
        record(actor=actor, verb="message.sent_again", subject=message)
        wake_sender(now, message.channel)
