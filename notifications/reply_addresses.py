"""Where answers to invitations go: the secret stands in the address, since who sent a mail proves nothing."""

from __future__ import annotations

from django.conf import settings

from backend.vault.hashes import is_mail_token, mail_token

_OF_PARTS = "part.reply"


def reply_address(token: str) -> str:
    """The organiser's address with a secret in it."""
    mailbox, _at, domain = settings.REPLY_ADDRESS.partition("@")
    return f"{mailbox}+{token}@{domain}"


def part_token(public_id: str, sequence: int) -> str:
    """
    The secret of the mail that asks for one part of an event day as it stood then.

    It is kept nowhere: whoever has the key can say whether it is the right one. It is good for one answer since the
    part keeps the first that comes by mail, and for another time or place it is another one.
    """
    return mail_token(f"{public_id}.{sequence}", _OF_PARTS)


def is_part_token(token: str, public_id: str, sequence: int) -> bool:
    """Whether a secret is that of this part with this number."""
    return is_mail_token(token, f"{public_id}.{sequence}", _OF_PARTS)
