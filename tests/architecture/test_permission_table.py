"""Every address and operation stands in the permission table, and the table names nothing that is not there."""

from __future__ import annotations

import inspect
import re

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
    """What a view says it answers: pages by `shared.methods`, the API by its actions and handlers."""
    if hasattr(view, "allowed_methods") and not hasattr(view, "cls"):
        return set(view.allowed_methods)
    if hasattr(view, "actions"):
        return {method.upper() for method in view.actions} - {"HEAD", "OPTIONS"}
    if hasattr(view, "view_class"):
        return {m.upper() for m in ("get", "post", "put", "patch", "delete") if hasattr(view.view_class, m)}
    return None


def ours():
    """(methods, name) of the doors this project writes; allauth's and Django's own views declare nothing exactly."""
    return [(methods, name) for methods, name in operations() if name.startswith(("api:", "web:", "robots"))]


def test_every_page_and_operation_says_which_methods_it_answers():
    assert [name for methods, name in ours() if methods is None] == []


def test_the_table_has_exactly_the_methods_that_are_answered():
    answered = {f"{method} {name}" for methods, name in ours() for method in methods or ()}
    listed = {key for key in PERMISSIONS if key.split(" ", 1)[1].startswith(("api:", "web:", "robots"))}
    assert (answered - listed, listed - answered) == (set(), set())


def test_a_page_that_reads_what_was_posted_declares_it():
    """And a form's view does read it."""
    pages = [p for p in _web_patterns() if p.callback.allowed_methods != {"POST"}]
    reads = {p.name for p in pages if re.search(r"POST|posted\(", inspect.getsource(inspect.unwrap(p.callback)))}
    assert reads == {p.name for p in pages if "POST" in p.callback.allowed_methods}


def _web_patterns(resolver=None):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _web_patterns(pattern)
        elif pattern.callback.__module__.startswith("backend.web.") and hasattr(pattern.callback, "allowed_methods"):
            yield pattern


def test_every_address_has_a_row():
    named = {key.split(" ", 1)[1] for key in PERMISSIONS}
    assert {name for _methods, name in operations() if name not in named | REFUSED} == set()


def test_every_row_names_an_operation_that_exists():
    there = {name for _methods, name in operations()}
    assert {key for key in PERMISSIONS if key.split(" ", 1)[1] not in there} == set()
