"""Mail: a text, an address and a key; nothing about who the person is."""

from __future__ import annotations

from smtplib import SMTPRecipientsRefused

from django.core.mail import EmailMessage

from notifications.channels.base import Envelope, RecipientRefused


def send(envelope: Envelope) -> None:
    """
    Hand one mail to the server.

    Raises:
        RecipientRefused: the server knows no such address; trying again does not help.
        OSError, smtplib.SMTPException: try again later.
    """
    mail = EmailMessage(
        subject=envelope.subject,
        body=envelope.body,
        to=[envelope.address],
        headers={"Message-ID": f"<{envelope.key}@qianshou.invalid>", "Auto-Submitted": "auto-generated"},
    )
    try:
        mail.send(fail_silently=False)
    except SMTPRecipientsRefused as error:
        raise RecipientRefused from error
