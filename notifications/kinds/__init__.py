"""
Every kind of message the service sends: one file per subject, each a few declarations.

To add one: a `Kind` in one of these files, a function of facts (`notifications.facts`), and a call of
`notifications.telling.tell` where the fact is heard (`notifications.handlers`). Nothing else.
"""

from notifications.kinds import (  # noqa: F401 - importing them fills the list
    concerns,
    days,
    desk,
    helpers,
    invitations,
    offers,
    pairings,
    reminders,
    stand_ins,
    visits,
)
from notifications.kinds.registry import (
    CHINESE,
    EMAIL,
    ENGLISH,
    INBOX,
    ROBOT,
    SMS,
    Audience,
    Kind,
    Text,
    UnknownKind,
    Urgency,
    all_kinds,
    kind_of,
    register,
    words_of,
)

__all__ = [
    "CHINESE",
    "EMAIL",
    "ENGLISH",
    "INBOX",
    "ROBOT",
    "SMS",
    "Audience",
    "Kind",
    "Text",
    "UnknownKind",
    "Urgency",
    "all_kinds",
    "kind_of",
    "register",
    "words_of",
]
