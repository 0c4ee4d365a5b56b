"""
Every address and operation of the service, and who may use it. What is not listed is refused.

Keys are `"<METHOD> <url name>"`, with `page` for a page's GET and POST alike where both are open to the same
people. Being listed here lets a person try; whose data they then see is decided by `roster.access`.
"""

from __future__ import annotations

from backend.accounts.models import COORDINATORS, HELPERS, Role

PUBLIC = "PUBLIC"  # nobody needs to sign in; the address itself may hold a secret
SIGNED_IN = "SIGNED_IN"  # any account

Allowed = frozenset[str]

_public: Allowed = frozenset({PUBLIC})
_signed_in: Allowed = frozenset({SIGNED_IN})
_coordinators: Allowed = frozenset(COORDINATORS)
_county: Allowed = frozenset({Role.COUNTY_COORDINATOR})
_helpers: Allowed = frozenset(HELPERS)
_child_readers: Allowed = _coordinators | _helpers | {Role.VILLAGE_DIRECTOR, Role.GUARDIAN, Role.AUDITOR, Role.API_CLIENT}

PERMISSIONS: dict[str, Allowed] = {
    "GET livez": _public,
    "GET readyz": _public,
}


def allowed_roles(method: str, url_name: str) -> Allowed | None:
    """Who may use an operation, or None where it has no row (and is therefore refused)."""
    key = "GET" if method in {"HEAD", "OPTIONS"} else method
    return PERMISSIONS.get(f"{key} {url_name}")
