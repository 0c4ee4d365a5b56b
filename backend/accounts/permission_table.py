"""
Every address and operation of the service, and who may use it. What is not listed is refused.

A key is `"<METHOD> <url name>"`. Being listed lets a person try; whose data they then see is decided by
`roster.access`, and which fields by `roster.field_matrix`.
"""

from __future__ import annotations

from backend.accounts.models import COORDINATORS, HELPERS, Role

PUBLIC = "PUBLIC"  # nobody needs to sign in; the address itself may hold a secret
SIGNED_IN = "SIGNED_IN"  # any account

Allowed = frozenset[str]

_public: Allowed = frozenset({PUBLIC})
_signed_in: Allowed = frozenset({SIGNED_IN})
_admin: Allowed = frozenset({Role.ADMIN})
_auditor: Allowed = frozenset({Role.AUDITOR})
_coordinators: Allowed = frozenset(COORDINATORS)
_county: Allowed = frozenset({Role.COUNTY_COORDINATOR})
_reviewers: Allowed = frozenset({Role.TOWNSHIP_COORDINATOR, Role.SCHOOL_COORDINATOR})
_planners: Allowed = frozenset({Role.COUNTY_COORDINATOR, Role.TOWNSHIP_COORDINATOR})  # speak for a whole township
_helpers: Allowed = frozenset(HELPERS)
_guardian: Allowed = frozenset({Role.GUARDIAN})
_director: Allowed = frozenset({Role.VILLAGE_DIRECTOR})
_answerers: Allowed = _coordinators | _helpers
_child_readers: Allowed = _coordinators | _helpers | _director | _guardian | _auditor | frozenset({Role.API_CLIENT})
_file_readers: Allowed = _coordinators | _helpers | _director | _guardian | _auditor

# url name -> {methods: who}. "GET" covers HEAD and OPTIONS.
_ROWS: dict[str, dict[str, Allowed]] = {
    # The service itself.
    "livez": {"GET": _public},
    "readyz": {"GET": _public},
    "robots": {"GET": _public},
    "set_language": {"POST": _public},
    # Signing in, by allauth.
    "account_login": {"GET POST": _public},
    "account_inactive": {"GET": _public},
    "account_logout": {"GET POST": _public},
    "account_reauthenticate": {"GET POST": _signed_in},
    "account_request_login_code": {"GET POST": _public},
    "account_confirm_login_code": {"GET POST": _public},
    "account_change_password": {"GET POST": _signed_in},
    "account_set_password": {"GET POST": _signed_in},
    "account_reset_password": {"GET POST": _public},
    "account_reset_password_done": {"GET": _public},
    "account_reset_password_from_key": {"GET POST": _public},
    "account_reset_password_from_key_done": {"GET": _public},
    "mfa_authenticate": {"GET POST": _public},
    "mfa_index": {"GET": _signed_in},
    "mfa_activate_totp": {"GET POST": _signed_in},
    "mfa_deactivate_totp": {"GET POST": _signed_in},
    "mfa_reauthenticate": {"GET POST": _signed_in},
    "mfa_view_recovery_codes": {"GET": _signed_in},
    "mfa_generate_recovery_codes": {"GET POST": _signed_in},
    "mfa_download_recovery_codes": {"GET": _signed_in},
    "mfa_list_webauthn": {"GET": _signed_in},
    "mfa_add_webauthn": {"GET POST": _signed_in},
    "mfa_edit_webauthn": {"GET POST": _signed_in},
    "mfa_remove_webauthn": {"GET POST": _signed_in},
    # API about who and where.
    "api:schema": {"GET": _public},
    "api:docs": {"GET": _public},
    "api:me-list": {"GET": _signed_in},
    "api:token-list": {"GET POST": _signed_in},
    "api:token-revoke": {"POST": _signed_in},
    "api:membership-list": {"GET": _admin},
    "api:membership-detail": {"GET": _admin},
    "api:membership-revoke": {"POST": _admin},
    "api:grant-proposal-list": {"GET POST": _admin},
    "api:grant-proposal-confirm": {"POST": _admin},
    "api:grant-proposal-refuse": {"POST": _admin},
    "api:audit-list": {"GET": _auditor},
    "api:county-list": {"GET": _county},
    "api:county-let-townships-publish": {"POST": _county},
    "api:area-list": {"GET": _coordinators | _auditor | _admin},
    "api:organisation-list": {"GET": _coordinators | _auditor | _admin},
    "api:child-list": {"GET": _child_readers, "POST": _coordinators},
    "api:child-detail": {"GET": _file_readers, "PATCH": _coordinators},
    "api:child-reveal": {"POST": _file_readers},
    "api:child-assess": {"POST": _coordinators},
    "api:child-assessments": {"GET": _coordinators},
    "api:pending-assessment-list": {"GET": _coordinators},
    "api:pending-assessment-confirm": {"POST": _coordinators},
    "api:pending-assessment-refuse": {"POST": _coordinators},
    "api:child-consents": {"GET POST": _coordinators},
    "api:child-consent-paper": {"GET": _coordinators},
    "api:child-withdraw-consent": {"POST": _coordinators},
    "api:child-exclude": {"POST": _coordinators},
    "api:child-close": {"POST": _coordinators},
    "api:helper-list": {"GET": _coordinators | _helpers | _auditor, "POST": _coordinators},
    "api:helper-detail": {"GET": _coordinators | _helpers | _auditor, "PATCH": _coordinators},
    "api:helper-change-login": {"POST": _coordinators},
    "api:helper-clearances": {"GET POST": _coordinators},
    "api:helper-confirm-clearance": {"POST": _coordinators},
    # API about imports and exports.
    "api:import-list": {"GET POST": _coordinators},
    "api:import-detail": {"GET": _coordinators},
    "api:import-rows": {"GET": _coordinators},
    "api:import-mend": {"POST": _coordinators},
    "api:import-decide": {"POST": _coordinators},
    "api:import-confirm": {"POST": _coordinators},
    "api:import-cancel": {"POST": _coordinators},
    "api:import-undo": {"POST": _coordinators},
    "api:import-template": {"GET": _coordinators},
    "api:import-confirm-clearances": {"POST": _coordinators},
    "api:export-list": {"GET POST": _coordinators},
    "api:export-file": {"POST": _coordinators},
    "api:export-allow": {"POST": _coordinators},
    "api:export-refuse": {"POST": _coordinators},
    "api:export-link": {"POST": _coordinators},
    "api:export-download": {"POST": _coordinators},
    # API about matching.
    "api:scheme-list": {"GET": _coordinators, "POST": _county},
    "api:scheme-detail": {"GET": _coordinators, "PATCH": _county},
    "api:scheme-restore": {"POST": _county},
    "api:scheme-switch": {"POST": _county},
    "api:run-list": {"GET": _coordinators, "POST": _county},
    "api:run-detail": {"GET": _coordinators},
    "api:run-cancel": {"POST": _county},
    "api:run-left-out": {"GET": _coordinators},
    "api:proposal-list": {"GET": _coordinators},
    "api:proposal-detail": {"GET": _coordinators},
    "api:proposal-pairs": {"GET": _coordinators},
    "api:proposal-certificates": {"GET": _coordinators},
    "api:proposal-why-not": {"GET": _planners},
    "api:trial-list": {"GET": _planners, "POST": _planners},
    "api:trial-detail": {"GET": _planners},
    "api:proposal-publish-preview": {"GET": _coordinators},
    "api:proposal-publish": {"POST": _coordinators},
    "api:proposal-reviews": {"GET": _coordinators},
    "api:proposal-review": {"POST": _reviewers},
    "api:pair-detail": {"GET": _coordinators},
    "api:pair-candidates": {"GET": _county},
    "api:pair-lock": {"POST": _county},
    "api:pair-unlock": {"POST": _county},
    "api:pair-take-off": {"POST": _county},
    "api:pair-put": {"POST": _county},
    "api:pair-object-to": {"POST": _reviewers},
    "api:objection-list": {"GET": _coordinators},
    "api:objection-detail": {"GET": _coordinators},
    "api:objection-take-back": {"POST": _reviewers},
    "api:objection-overrule": {"POST": _county},
    "api:objection-uphold": {"POST": _county},
    "api:vacancy-list": {"GET": _coordinators},
    "api:vacancy-detail": {"GET": _coordinators},
    "api:vacancy-accept": {"POST": _coordinators},
    "api:vacancy-accept-all": {"POST": _coordinators},
    "api:vacancy-retry": {"POST": _coordinators},
    "api:offer-list": {"GET": _answerers},
    "api:offer-detail": {"GET": _answerers},
    "api:offer-accept": {"POST": _answerers},
    "api:offer-decline": {"POST": _answerers},
    "api:offer-withdraw": {"POST": _coordinators},
    "api:offer-link": {"POST": _coordinators},
    "api:pairing-list": {"GET": _answerers | _guardian},
    "api:pairing-detail": {"GET": _answerers | _guardian},
    "api:pairing-end": {"POST": _coordinators},
    "api:pairing-suspend": {"POST": _coordinators},
    "api:pairing-resume": {"POST": _coordinators},
    "api:pairing-history": {"GET": _coordinators},
    # API about time and telling.
    "api:duty-list": {"GET": _answerers},
    "api:duty-detail": {"GET": _answerers},
    "api:duty-set-time": {"POST": _answerers},
    "api:duty-done": {"POST": _answerers},
    "api:feed-list": {"GET POST": _helpers},
    "api:feed-revoke": {"POST": _helpers},
    "api:message-list": {"GET": _answerers},
    # Pages about open by a secret in the address.
    "web:offer-link": {"GET": _public},
    "web:offer-link-seen": {"POST": _public},
    "web:offer-link-accept": {"POST": _public},
    "web:offer-link-decline": {"GET POST": _public},
    "web:feed": {"GET": _public},
    # Pages about everybody.
    "web:home": {"GET": _signed_in},
    "web:act-as": {"POST": _signed_in},
    "web:child": {"GET": _file_readers},
    "web:child-reveal": {"POST": _file_readers},
    # Pages about coordinators.
    "web:today": {"GET": _coordinators},
    "web:children": {"GET": _coordinators | _director},
    "web:child-edit": {"GET POST": _coordinators},
    "web:child-assess": {"GET POST": _coordinators},
    "web:child-lower": {"GET POST": _coordinators},
    "web:child-consent": {"GET POST": _coordinators},
    "web:child-consent-paper": {"GET": _coordinators},
    "web:child-consent-withdraw": {"POST": _coordinators},
    "web:child-close": {"GET POST": _coordinators},
    "web:child-new": {"GET POST": _coordinators},
    "web:helpers": {"GET": _coordinators},
    "web:helper-new": {"GET POST": _coordinators},
    "web:helper": {"GET": _coordinators},
    "web:helper-edit": {"GET POST": _coordinators},
    "web:helper-clearance": {"GET POST": _coordinators},
    "web:helper-clearance-confirm": {"POST": _coordinators},
    "web:helper-login": {"GET POST": _coordinators},
    "web:clearances": {"GET POST": _coordinators},
    "web:imports": {"GET POST": _coordinators},
    "web:import": {"GET": _coordinators},
    "web:import-mend": {"POST": _coordinators},
    "web:import-decide": {"POST": _coordinators},
    "web:import-confirm": {"POST": _coordinators},
    "web:import-cancel": {"POST": _coordinators},
    "web:import-undo": {"POST": _coordinators},
    "web:import-template": {"GET": _coordinators},
    "web:export": {"GET POST": _coordinators},
    "web:export-allow": {"POST": _coordinators},
    "web:export-link": {"POST": _coordinators},
    "web:export-file": {"GET": _coordinators},
    "web:schemes": {"GET": _coordinators},
    "web:scheme": {"GET": _coordinators},
    "web:scheme-new": {"GET POST": _county},
    "web:scheme-edit": {"GET POST": _county},
    "web:scheme-switch": {"POST": _county},
    "web:scheme-restore": {"GET POST": _county},
    "web:runs": {"GET": _coordinators},
    "web:run-new": {"GET POST": _county},
    "web:run": {"GET": _coordinators},
    "web:run-cancel": {"POST": _county},
    "web:proposals": {"GET": _coordinators},
    "web:proposal": {"GET": _coordinators},
    "web:proposal-pair": {"GET": _coordinators},
    "web:why-not": {"GET": _planners},
    "web:what-if": {"GET POST": _planners},
    "web:trial": {"GET": _planners},
    "web:reviews": {"GET": _coordinators},
    "web:review": {"POST": _reviewers},
    "web:pair-object": {"POST": _reviewers},
    "web:objection-overrule": {"POST": _county},
    "web:objection-uphold": {"POST": _county},
    "web:objection-take-back": {"POST": _reviewers},
    "web:pair-edit": {"POST": _county},
    "web:pair-candidates": {"GET": _county},
    "web:publish": {"GET POST": _coordinators},
    "web:offers": {"GET": _coordinators},
    "web:offer": {"GET": _coordinators},
    "web:offer-withdraw": {"POST": _coordinators},
    "web:offer-accept": {"POST": _coordinators},
    "web:offer-copy-link": {"POST": _coordinators},
    "web:pairings": {"GET": _coordinators},
    "web:repairs": {"GET": _coordinators},
    "web:repair-accept-all": {"POST": _coordinators},
    "web:repair-accept": {"POST": _coordinators},
    "web:repair-retry": {"POST": _coordinators},
    "web:pairing": {"GET": _coordinators},
    "web:pairing-suspend": {"POST": _coordinators},
    "web:pairing-resume": {"POST": _coordinators},
    "web:pairing-end": {"GET POST": _coordinators},
    "web:messages": {"GET": _coordinators},
    "web:county-settings": {"GET POST": _county},
    # Pages about helpers.
    "web:week": {"GET": _helpers},
    "web:my-children": {"GET": _helpers},
    "web:my-offer": {"GET": _helpers},
    "web:my-offer-accept": {"POST": _helpers},
    "web:my-offer-decline": {"GET POST": _helpers},
    "web:duty-time": {"GET POST": _helpers},
    "web:duty-done": {"POST": _helpers},
    "web:calendar": {"GET POST": _helpers},
    "web:calendar-revoke": {"POST": _helpers},
    "web:my-details": {"GET": _helpers},
    # Pages about guardian, village director, oversight.
    "web:my-child": {"GET": _guardian},
    "web:my-village": {"GET": _director},
    "web:audit": {"GET": _auditor},
    "web:system": {"GET": _admin},
    "web:system-user-disable": {"POST": _admin},
    "web:grants": {"GET": _admin},
    "web:grant-new": {"GET POST": _admin},
    "web:grant-revoke": {"GET POST": _admin},
    "web:grant-confirm": {"POST": _admin},
    "web:grant-refuse": {"GET POST": _admin},
}

PERMISSIONS: dict[str, Allowed] = {
    f"{method} {name}": who
    for name, methods in _ROWS.items()
    for spelled, who in methods.items()
    for method in spelled.split()
}


def allowed_roles(method: str, url_name: str) -> Allowed | None:
    """Who may use an operation, or None where it has no row (and is therefore refused)."""
    key = "GET" if method in {"HEAD", "OPTIONS"} else method
    return PERMISSIONS.get(f"{key} {url_name}")
