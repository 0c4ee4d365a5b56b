"""Keys at rest: the list in FIELD_ENCRYPTION_KEYS, newest first. The first encrypts, all decrypt."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


@lru_cache(maxsize=8)
def _cipher_for(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """The cipher over every known key."""
    return _cipher_for(tuple(settings.FIELD_ENCRYPTION_KEYS))


@lru_cache(maxsize=32)
def derived_key(key: str, purpose: str) -> bytes:
    """A key of its own for each purpose, so that equal values in two columns never give equal hashes."""
    return hmac.new(key.encode(), f"qianshou/{purpose}".encode(), hashlib.sha256).digest()
