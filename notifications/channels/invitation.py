"""An invitation as a mail that calendar programs understand (RFC 6047): words for people, a calendar for programs."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.mail import EmailMultiAlternatives

from notifications.channels.email import deliver, headers_of


@dataclass(frozen=True)
class InvitationMail:
    """
    Args:
        key: the same for every copy of the same mail.
        reply_to: where the answer goes; holds a secret of its own.
        method: REQUEST or CANCEL.
    """

    key: str
    address: str
    reply_to: str
    subject: str
    body: str
    method: str
    calendar: bytes


def send(mail: InvitationMail) -> None:
    """
    Hand one invitation to the server.

    Raises:
        RecipientRefused, NotNow, ChannelDown: as for any mail.
    """
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.body,
        to=[mail.address],
        reply_to=[mail.reply_to],
        headers=headers_of(mail.key),
    )
    message.attach_alternative(mail.calendar.decode(), f"text/calendar; method={mail.method}; component=VEVENT")
    deliver(message)
