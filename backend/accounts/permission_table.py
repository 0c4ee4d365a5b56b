"""
Every address and operation of the service, and who may use it. What is not listed is refused.

A key is `"<METHOD> <url name>"`. Being listed lets a person try; whose data they then see is decided by
`roster.access`, and which fields by `roster.field_matrix`.
"""

from __future__ import annotations

from backend.accounts.permission_groups import FEED_KINDS, PUBLIC, SIGNED_IN, Allowed
from backend.accounts.permission_pages import PAGES
from backend.accounts.permission_programs import PROGRAMS

__all__ = ["FEED_KINDS", "PERMISSIONS", "PUBLIC", "SIGNED_IN", "Allowed", "allowed_roles"]

PERMISSIONS: dict[str, Allowed] = {
    f"{method} {name}": who
    for name, methods in (PAGES | PROGRAMS).items()
    for spelled, who in methods.items()
    for method in spelled.split()
}


def allowed_roles(method: str, url_name: str) -> Allowed | None:
    """Who may use an operation, or None where it has no row (and is therefore refused)."""
    key = "GET" if method in {"HEAD", "OPTIONS"} else method
    return PERMISSIONS.get(f"{key} {url_name}")
