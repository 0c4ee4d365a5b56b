"""Every address and operation stands in the permission table, and the table names nothing that is not there."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, get_resolver

from backend.accounts.permission_table import PERMISSIONS

# allauth mounts these; nobody may use them, so they have no row and answer 404.
REFUSED = {
    "account_signup", "account_signup_by_passkey", "account_inactive", "account_email",
    "account_email_verification_sent", "account_confirm_email", "mfa_login_webauthn", "mfa_reauthenticate_webauthn",
    "mfa_signup_webauthn", "mfa_trust", "account_reset_password_done",
}  # fmt: skip


def operations(resolver=None, namespace=""):
    """(methods or None for a plain view, full url name) of every pattern."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from operations(pattern, inner)
        elif isinstance(pattern, URLPattern):
            yield methods_of(pattern.callback), f"{namespace}{pattern.name}"


def methods_of(view):
    if hasattr(view, "actions"):
        return {method.upper() for method in view.actions} - {"HEAD", "OPTIONS"}
    if hasattr(view, "view_class"):
        return {m.upper() for m in ("get", "post", "put", "patch", "delete") if hasattr(view.view_class, m)}
    return None


def test_every_operation_has_a_row():
    named = {key.split(" ", 1)[1] for key in PERMISSIONS}
    missing = {
        f"{method} {name}"
        for methods, name in operations()
        if name not in REFUSED
        for method in (methods or ())
        if f"{method} {name}" not in PERMISSIONS
    } - {
        f"{method} {name}"
        for method in ("PUT", "DELETE", "PATCH", "POST", "GET")
        for name in named
        if not name.startswith("api:")
    }
    without_name = {name for _methods, name in operations() if name not in named and name not in REFUSED}
    assert (missing, without_name) == (set(), set())


def test_every_row_names_an_operation_that_exists():
    there = {name for _methods, name in operations()}
    assert {key for key in PERMISSIONS if key.split(" ", 1)[1] not in there} == set()
