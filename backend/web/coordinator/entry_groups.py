"""Which columns stand together on the forms for entering and changing people, the must-have ones first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy


@dataclass(frozen=True)
class Group:
    """Fields that belong together; a folded one is opened when it holds something, a needed one is filled in whole."""

    title: Any
    keys: tuple[str, ...]
    is_folded: bool = True
    is_needed: bool = False


CHILD_GROUPS = (
    Group(
        gettext_lazy("孩子"),
        ("name", "sex", "id_number", "birth_date", "village", "school", "grade", "class_name"),
        is_folded=False,
    ),
    Group(
        gettext_lazy("谁在照管"),
        (
            "carer.kind", "carer.name", "carer.relation", "carer.phone", "carer.id_number", "carer.birth_year",
            "carer.occupation", "carer.health", "carer.address", "carer.email", "carer.rating",
        ),
    ),
    Group(gettext_lazy("住址和电话"), ("address", "position", "phone", "is_boarding")),
    Group(
        gettext_lazy("父亲"),
        (
            "father.name", "father.phone", "father.id_number", "father.workplace", "father.workplace_address",
            "father.workplace_phone", "father.email", "father.qq",
        ),
    ),
    Group(
        gettext_lazy("母亲"),
        (
            "mother.name", "mother.phone", "mother.id_number", "mother.workplace", "mother.workplace_address",
            "mother.workplace_phone", "mother.email", "mother.qq",
        ),
    ),
    Group(
        gettext_lazy("需要和照顾"),
        (
            "categories", "needs", "care_alert", "medical_history", "personality", "interests", "study_state",
            "away_reason", "away_since_date",
        ),
    ),
    Group(
        gettext_lazy("评估"),
        ("assessed_date", "heart_level", "aspects", "guardianship", "assessment_reason"),
    ),
    Group(gettext_lazy("监护人同意结对（纸上签过字的）"), ("consent", "consent_date", "consent_by")),
)  # fmt: skip
_HELPER_FIRST = Group(
    gettext_lazy("帮扶人"),
    ("name", "sex", "roles", "phone", "email", "unit", "township"),
    is_folded=False,
)
_HELPER_REST = (
    Group(
        gettext_lazy("能做什么、什么时候有空"),
        ("skills", "hours", "total_limit", "share_permille", "classes", "elder_kind"),
    ),
    Group(gettext_lazy("身份和住址"), ("id_number", "birth_date", "village", "address", "position")),
)
CLEARANCE_KEYS = ("clearance.result", "clearance.issuer", "clearance.issued_date", "clearance.expires_date")
NEW_HELPER_GROUPS = (_HELPER_FIRST, *_HELPER_REST, Group(gettext_lazy("背景核查"), CLEARANCE_KEYS))
EDIT_HELPER_GROUPS = (
    _HELPER_FIRST,
    Group(gettext_lazy("状态"), ("state", "paused_until_date", "reason")),
    *_HELPER_REST,
)
CLEARANCE_GROUPS = (Group(gettext_lazy("背景核查"), CLEARANCE_KEYS, is_folded=False, is_needed=True),)
HELPER_HIDDEN = ("id_number", "address", "position")
