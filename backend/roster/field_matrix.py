"""
The field matrix: who sees which field of a child, and in which form. Everything not listed is absent.

Pages and serializers are built from `COLUMNS`; no other module decides about a field. The rows are roles, the
columns are groups of fields that share one rule.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from backend.accounts.models import Role

if TYPE_CHECKING:
    from collections.abc import Mapping


class Rule(Enum):
    """In which form a role sees a field."""

    PLAIN = "plain"
    MASKED = "masked"
    REVEAL = "reveal"  # hidden until opened with a reason
    NEAR_VISIT = "near_visit"  # the village; may be revealed from three days before a planned visit
    VILLAGE = "village"
    MEETING_POINT = "meeting_point"
    GIVEN_NAME = "given_name"
    CLASSMATE = "classmate"
    AGE_BAND = "age_band"
    ABSENT = "absent"


# A reader that is a token, not an account.
LINK_HOLDER = "LINK_HOLDER"
# A teacher of the child's class who talks with it in a group, without looking after it.
TALK_TEACHER = "TALK_TEACHER"
# Somebody who leads a part of an event day the child takes part in.
DAY_HOST = "DAY_HOST"

_COUNTY, _TOWNSHIP, _SCHOOL = Role.COUNTY_COORDINATOR, Role.TOWNSHIP_COORDINATOR, Role.SCHOOL_COORDINATOR
_DIRECTOR, _TEACHER, _CADRE = Role.VILLAGE_DIRECTOR, Role.TEACHER, Role.CADRE
_ELDER, _VOLUNTEER, _GUARDIAN, _AUDITOR = Role.ELDER, Role.VOLUNTEER, Role.GUARDIAN, Role.AUDITOR

_COORDINATORS_PLAIN: dict[str, Rule] = {_COUNTY: Rule.PLAIN, _TOWNSHIP: Rule.PLAIN, _SCHOOL: Rule.PLAIN}
_EVERY_HELPER_PLAIN: dict[str, Rule] = {
    _TEACHER: Rule.PLAIN,
    _CADRE: Rule.PLAIN,
    _ELDER: Rule.PLAIN,
    _VOLUNTEER: Rule.PLAIN,
}
_FILE: dict[str, Rule] = _COORDINATORS_PLAIN | {_DIRECTOR: Rule.PLAIN, _GUARDIAN: Rule.PLAIN, _AUDITOR: Rule.MASKED}

# Column -> role -> rule. A role without an entry does not see the column.
COLUMNS: Mapping[str, dict[str, Rule]] = {
    "name": _COORDINATORS_PLAIN
    | {
        _DIRECTOR: Rule.PLAIN,
        _TEACHER: Rule.PLAIN,
        _CADRE: Rule.PLAIN,
        _ELDER: Rule.GIVEN_NAME,
        _VOLUNTEER: Rule.GIVEN_NAME,
        _GUARDIAN: Rule.PLAIN,
        _AUDITOR: Rule.MASKED,
        LINK_HOLDER: Rule.CLASSMATE,
        TALK_TEACHER: Rule.GIVEN_NAME,
        DAY_HOST: Rule.GIVEN_NAME,
    },
    "about": _COORDINATORS_PLAIN
    | _EVERY_HELPER_PLAIN
    | {_DIRECTOR: Rule.PLAIN, _GUARDIAN: Rule.PLAIN, _AUDITOR: Rule.PLAIN},
    "age": _COORDINATORS_PLAIN
    | _EVERY_HELPER_PLAIN
    | {_DIRECTOR: Rule.PLAIN, _GUARDIAN: Rule.PLAIN, _AUDITOR: Rule.PLAIN, LINK_HOLDER: Rule.AGE_BAND},
    "school": _COORDINATORS_PLAIN
    | _EVERY_HELPER_PLAIN
    | {_DIRECTOR: Rule.PLAIN, _GUARDIAN: Rule.PLAIN, _AUDITOR: Rule.PLAIN, LINK_HOLDER: Rule.PLAIN},
    # A volunteer meets the child elsewhere: not even the village.
    "village": _COORDINATORS_PLAIN
    | dict.fromkeys((_DIRECTOR, _TEACHER, _CADRE, _ELDER, _GUARDIAN, _AUDITOR, LINK_HOLDER), Rule.PLAIN),
    "id_number": {
        _COUNTY: Rule.REVEAL,
        _TOWNSHIP: Rule.REVEAL,
        _SCHOOL: Rule.REVEAL,
        _DIRECTOR: Rule.MASKED,
        _GUARDIAN: Rule.MASKED,
        _AUDITOR: Rule.MASKED,
    },
    "address": _COORDINATORS_PLAIN
    | {
        _DIRECTOR: Rule.PLAIN,
        _TEACHER: Rule.NEAR_VISIT,
        _CADRE: Rule.NEAR_VISIT,
        _ELDER: Rule.VILLAGE,
        _VOLUNTEER: Rule.MEETING_POINT,
        _GUARDIAN: Rule.PLAIN,
        _AUDITOR: Rule.MASKED,
        LINK_HOLDER: Rule.VILLAGE,
    },
    "medical_history": {
        _COUNTY: Rule.REVEAL,
        _TOWNSHIP: Rule.PLAIN,
        _SCHOOL: Rule.PLAIN,
        _GUARDIAN: Rule.PLAIN,
    },
    "care_alert": _COORDINATORS_PLAIN | _EVERY_HELPER_PLAIN | {_DIRECTOR: Rule.PLAIN, _GUARDIAN: Rule.PLAIN},
    "psych_notes": {_COUNTY: Rule.REVEAL, _TOWNSHIP: Rule.REVEAL, _SCHOOL: Rule.REVEAL},
    "heart_level": _COORDINATORS_PLAIN | {_DIRECTOR: Rule.PLAIN, _AUDITOR: Rule.PLAIN, Role.API_CLIENT: Rule.PLAIN},
    "phones": _COORDINATORS_PLAIN
    | {
        _DIRECTOR: Rule.PLAIN,
        _TEACHER: Rule.REVEAL,
        _CADRE: Rule.REVEAL,
        _GUARDIAN: Rule.PLAIN,
        _AUDITOR: Rule.MASKED,
    },
    "particulars": _FILE,
    "scores": _COORDINATORS_PLAIN | {_GUARDIAN: Rule.PLAIN, _AUDITOR: Rule.MASKED},
}

# Which column rules a field. A field that is not here is absent for everyone; a test names those.
FIELD_COLUMN: Mapping[str, str] = {
    "name": "name",
    "sex": "about",
    "interests": "about",
    "age": "age",
    "school": "school",
    "school_class": "about",
    "village": "village",
    "id_number": "id_number",
    "address": "address",
    "medical_history": "medical_history",
    "care_alert": "care_alert",
    "psych_notes": "psych_notes",
    "heart_level": "heart_level",
    "phone": "phones",
    "guardian_phones": "phones",
    "birth_date": "particulars",
    "is_boarding": "particulars",
    "categories": "particulars",
    "needs": "particulars",
    "personality": "particulars",
    "study_state": "particulars",
    "away_reason": "particulars",
    "away_since_date": "particulars",
    "guardians": "particulars",
    "guardianship_type": "particulars",
    "severity": "particulars",
    "guardian_rating": "particulars",
    "state": "particulars",
    "aspects": "scores",
}


def rule_for(field: str, role: str | None) -> Rule:
    """The rule of one field for one role; ABSENT for whatever is not listed."""
    column = FIELD_COLUMN.get(field)
    if column is None or role is None:
        return Rule.ABSENT
    return COLUMNS[column].get(role, Rule.ABSENT)


def fields_for(role: str | None) -> list[str]:
    """The fields a role sees in any form, in file order."""
    return [field for field in FIELD_COLUMN if rule_for(field, role) is not Rule.ABSENT]
