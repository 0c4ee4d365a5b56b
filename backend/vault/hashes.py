"""Equality search over encrypted values: HMAC-SHA256 under a key derived from the encryption key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from django.conf import settings

from backend.vault.keys import derived_key


def lookup_hash(value: str, purpose: str) -> str:
    """
    The 43-character hash to store beside an encrypted value; "" for "".

    Args:
        value: already normalised by the caller (digits only, upper case).
        purpose: the column's name, e.g. "child.id_number".
    """
    return _hash_under(settings.FIELD_ENCRYPTION_KEYS[0], value, purpose) if value else ""


def lookup_hashes(value: str, purpose: str) -> list[str]:
    """The hashes to search for: one per known key, so a search finds rows while keys are being rotated."""
    return [_hash_under(key, value, purpose) for key in settings.FIELD_ENCRYPTION_KEYS] if value else []


def _hash_under(key: str, value: str, purpose: str) -> str:
    return hmac.new(derived_key(key, purpose), value.encode(), hashlib.sha256).hexdigest()[:43]


def new_token() -> str:
    """A secret for a link: 256 bits, URL-safe, 43 characters."""
    return secrets.token_urlsafe(32)


def mail_token(about: str, purpose: str) -> str:
    """
    The secret of a mail address: 256 bits in 52 lower-case characters, for there are servers that change the case.
    Nobody without the key can make it up, and every copy of the same mail bears the same.
    """
    return _mail_token_under(settings.FIELD_ENCRYPTION_KEYS[0], about, purpose)


def is_mail_token(token: str, about: str, purpose: str) -> bool:
    """Whether it is the secret of that mail under any known key."""
    known = [_mail_token_under(key, about, purpose) for key in settings.FIELD_ENCRYPTION_KEYS]
    given = token.encode(errors="replace")
    return any(hmac.compare_digest(given, one.encode()) for one in known)


def _mail_token_under(key: str, about: str, purpose: str) -> str:
    digest = hmac.new(derived_key(key, purpose), about.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().rstrip("=").lower()


def token_hash(token: str) -> str:
    """What is kept of a token. Plain SHA-256: the token itself holds 256 bits, nothing is guessable."""
    return hashlib.sha256(token.encode()).hexdigest()
