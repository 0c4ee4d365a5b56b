"""Who the rows of the permission table speak of."""

from __future__ import annotations

from backend.accounts.models import COORDINATORS, HELPERS, Role

PUBLIC = "PUBLIC"  # nobody needs to sign in; the address itself may hold a secret
SIGNED_IN = "SIGNED_IN"  # any account

Allowed = frozenset[str]
Rows = dict[str, dict[str, Allowed]]
"""url name -> {methods: who}. "GET" covers HEAD and OPTIONS."""

public: Allowed = frozenset({PUBLIC})
signed_in: Allowed = frozenset({SIGNED_IN})
admin: Allowed = frozenset({Role.ADMIN})
auditor: Allowed = frozenset({Role.AUDITOR})
coordinators: Allowed = frozenset(COORDINATORS)
county: Allowed = frozenset({Role.COUNTY_COORDINATOR})
reviewers: Allowed = frozenset({Role.TOWNSHIP_COORDINATOR, Role.SCHOOL_COORDINATOR})
planners: Allowed = frozenset({Role.COUNTY_COORDINATOR, Role.TOWNSHIP_COORDINATOR})  # speak for a whole township
helpers: Allowed = frozenset(HELPERS)
guardian: Allowed = frozenset({Role.GUARDIAN})
director: Allowed = frozenset({Role.VILLAGE_DIRECTOR})
housekeepers: Allowed = coordinators | director  # look after homes of left-behind children
answerers: Allowed = coordinators | helpers
reporters: Allowed = answerers | director  # a coordinator for somebody who called
told: Allowed = answerers | guardian | director  # whoever messages are for
child_readers: Allowed = coordinators | helpers | director | guardian | auditor | frozenset({Role.API_CLIENT})
file_readers: Allowed = coordinators | helpers | director | guardian | auditor

# Who may follow which kind of calendar; whose rows then stand in it is decided by `roster.access`, event by event.
FEED_KINDS: dict[str, Allowed] = {
    "MINE": helpers,
    "SCHOOL": coordinators,
    "VILLAGE": coordinators | director,
    "SCHEME": coordinators,
    "ACTIVITY": coordinators | helpers,
    "PUBLIC": coordinators | helpers | director | guardian,
}
followers: Allowed = frozenset[str]().union(*FEED_KINDS.values())
