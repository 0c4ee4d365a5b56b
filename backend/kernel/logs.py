"""
What never reaches a log: the secret in an address, and what somebody searched for.

Users: the logging set-up in `backend.settings`, and the test that reads a log back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableMapping

# Addresses whose next part is a secret: an offer's link, a calendar, an exported file, a password reset, a login code.
_SECRET_PART = re.compile(r"/(o|ical|file|key)/[^/\s?]+")
_QUERY = re.compile(r"\?\S*")


def without_secrets(text: str) -> str:
    """An address with its secret parts and its query taken out."""
    return _QUERY.sub("", _SECRET_PART.sub(r"/\1/-", text))


def drop_secrets(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: the request's address loses its secrets; the client's address is not kept."""
    for key in ("request", "path"):
        if key in entry:
            entry[key] = without_secrets(str(entry[key]))
    # Django writes the address into the sentence itself: "Not Found: /o/...".
    if str(entry.get("logger", "")).startswith("django."):
        entry["event"] = without_secrets(str(entry["event"]))
    for key in ("ip", "user_agent", "message"):  # "message" is what another formatter made of the same line
        entry.pop(key, None)
    return entry
