"""Phones as logins: how one is recognised, and how its account is found without the number being stored in plain."""

from __future__ import annotations

import re
import unicodedata

from backend.accounts.models import User
from backend.vault.hashes import lookup_hash, lookup_hashes

_PURPOSE = "user.phone"
_MOBILE = re.compile(r"1[3-9]\d{9}")
_KEY = re.compile(r"[0-9a-f]{43}( [0-9a-f]{43})*")


def mobile_in(text: str) -> str:
    """The eleven digits of a mobile number however it is typed; "" for anything else."""
    digits = re.sub(r"[\s()-]", "", unicodedata.normalize("NFKC", text))
    digits = re.sub(r"^(\+|00)?86(?=1\d{10}$)", "", digits)
    return digits if _MOBILE.fullmatch(digits) else ""


def phone_hash(phone: str) -> str:
    """What stands beside an account's phone; "" for ""."""
    return lookup_hash(phone, _PURPOSE)


def phone_hashes(phone: str) -> list[str]:
    """What to search for: one hash per known key."""
    return lookup_hashes(phone, _PURPOSE)


def phone_key(text: str) -> str:
    """
    What stands for a typed number while somebody signs in; "" for no mobile number.

    The sign-in machinery keeps the phone in the session, which the database stores in plain. It gets this instead:
    the hashes to search for, under every key in use.
    """
    return " ".join(phone_hashes(mobile_in(text)))


def user_with_phone(phone: str) -> User | None:
    """The open account behind a number, or behind its `phone_key`."""
    key = phone if _KEY.fullmatch(phone) else phone_key(phone)
    return User.objects.filter(phone_hash__in=key.split(), is_active=True).first() if key else None
