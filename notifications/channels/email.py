"""Mail: a text, an address and a key; nothing about who the person is."""

from __future__ import annotations

from smtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from typing import TYPE_CHECKING

from django.core.mail import EmailMultiAlternatives

from notifications.channels.base import ChannelDown, Envelope, NotNow, RecipientRefused, within

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

_PERMANENT, _CLOSING = 500, 421
# The longest one mail may take: shorter than its lease, and than a worker may be silent.
SECONDS_A_MAIL = 40.0
_SERVER = (OSError, SMTPServerDisconnected, SMTPConnectError, SMTPHeloError, SMTPAuthenticationError)


def send(envelope: Envelope) -> None:
    """
    Hand one mail to the server.

    Raises:
        RecipientRefused: the server knows no such address; trying again does not help.
        NotNow: the server does not take this mail now.
        ChannelDown: the server cannot be reached or takes nothing.
    """
    deliver(_mail_of(envelope))


def _mail_of(envelope: Envelope) -> EmailMessage:
    """A plain text; with a calendar beside it words for people and the calendar for programs (RFC 6047)."""
    mail = EmailMultiAlternatives(
        subject=envelope.subject, body=envelope.body, to=[envelope.address], headers=headers_of(envelope.key)
    )
    calendar = envelope.calendar
    if calendar is None:
        return mail
    mail.reply_to = [calendar.reply_to]
    mail.attach_alternative(calendar.content.decode(), f"text/calendar; method={calendar.method}; component=VEVENT")
    return mail


def headers_of(key: str) -> dict[str, str]:
    """What every mail of ours bears: an id by which a copy is known, and that no person wrote it."""
    return {"Message-ID": f"<{key}@qianshou.invalid>", "Auto-Submitted": "auto-generated"}


def deliver(mail: EmailMessage) -> None:
    """
    The one place that talks to the server, for mails of every kind.

    Raises:
        As `send`. A server that answers byte by byte counts as one that does not answer.
    """
    try:
        within(SECONDS_A_MAIL, lambda: mail.send(fail_silently=False))
    except SMTPRecipientsRefused as error:
        raise _refused(error) from None
    except SMTPException as error:
        # SMTPException is an OSError: the ones about the server are told apart from those about the mail.
        raise (ChannelDown if _is_about_the_server(error) else NotNow)(type(error).__name__) from None
    except OSError as error:
        raise ChannelDown(type(error).__name__) from None


def _is_about_the_server(error: SMTPException) -> bool:
    """Also a server that answers and takes nothing: 421 says so (RFC 5321), as does a "not now" to ourselves."""
    if isinstance(error, SMTPResponseException):
        says_not_now = isinstance(error, SMTPSenderRefused) and error.smtp_code < _PERMANENT
        if says_not_now or error.smtp_code == _CLOSING:
            return True
    return isinstance(error, _SERVER[1:])


def _refused(error: SMTPRecipientsRefused) -> Exception:
    """A "not now" (4xx, as greylisting says) is no "never"."""
    codes = [code for code, _words in error.recipients.values()]
    return RecipientRefused() if any(code >= _PERMANENT for code in codes) else NotNow(type(error).__name__)
