"""How a value looks when it is shown in part. Each function answers "" for ""."""

from __future__ import annotations

_FULL_ID = 18


def masked_id(value: str) -> str:
    """110101********1234: the place and the last four stay."""
    if not value:
        return ""
    return f"{value[:6]}********{value[-4:]}" if len(value) == _FULL_ID else f"{value[:1]}***{value[-1:]}"


def masked_phone(value: str) -> str:
    """138****5678."""
    return f"{value[:3]}****{value[-4:]}" if value else ""


def masked_name(value: str) -> str:
    """王*: the surname stays."""
    return f"{value[:1]}*" if value else ""


def given_name(value: str) -> str:
    """
    The name without its surname; two-character surnames are known.

    A name of one character is the surname alone as far as anybody can tell, and becomes "".
    """
    compound = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "端木")
    return value[2:] if len(value) > 2 and value.startswith(compound) else value[1:]  # noqa: PLR2004


def classmate_name(value: str) -> str:
    """王同学: what somebody who has not accepted yet may know."""
    return f"{value[:1]}同学" if value else ""


def is_masked(text: str) -> bool:
    """Whether a cell holds one of the forms above: on re-import it means "unchanged"."""
    return "*" in text
