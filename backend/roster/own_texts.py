"""Texts a county writes itself: what may stand in braces, what must not be said, and how the braces are filled."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Any

from backend.kernel.errors import DomainError
from backend.roster.models import Area, Child

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Phones make a link of a bare name, too, where it ends as names of hosts do.
_ADDRESS = re.compile(
    r"[a-z]+://|www\.|[a-z0-9-]\.(?:com|cn|net|org|top|xyz|info|cc|io|me|vip|site|link|shop|club|online|app)\b",
    re.IGNORECASE | re.ASCII,
)
_BLANKS = re.compile(r"[ \t\u00a0\u200b-\u200f\u2060\u3000]+")
_SHORTEST_NAME = 2


class TextBroken(DomainError):
    code = "text.broken"
    status = 400
    message = "A brace is open or closed alone. Write placeholders as {name}."


class PlaceholderUnknown(DomainError):
    code = "text.placeholder_unknown"
    status = 400
    message = "Not known here: %(names)s. You may use: %(allowed)s."


class OwnAddress(DomainError):
    code = "text.own_address"
    status = 400
    message = "No addresses of your own: people should learn to trust ours alone. Use {url} or {link}."


class NamesAChild(DomainError):
    code = "text.names_a_child"
    status = 400
    message = "The text holds the full name of a child on file. Messages never name a child in full."


def placeholders_of(part: str) -> frozenset[str]:
    """
    The names in braces.

    Raises:
        TextBroken: a brace stands alone, or holds more than a name.
    """
    try:
        found = list(string.Formatter().parse(part))
    except ValueError:
        raise TextBroken from None
    if any(name is not None and (not name.isidentifier() or spec or how) for _text, name, spec, how in found):
        raise TextBroken
    return frozenset(name for _text, name, _spec, _how in found if name)


def ensure_known(used: frozenset[str], allowed: frozenset[str]) -> None:
    """
    Every placeholder stands for something.

    Raises:
        PlaceholderUnknown
    """
    if used - allowed:
        raise PlaceholderUnknown(names=in_braces(used - allowed), allowed=in_braces(allowed))


def ensure_says_nobody(whole: str, county: Area) -> None:
    """
    No address of somebody's own and no child's full name.

    Raises:
        OwnAddress, NamesAChild
    """
    if _ADDRESS.search(whole):
        raise OwnAddress
    names = Child.objects.filter(village__code__startswith=county.code).values_list("name", flat=True)
    # Also as one types a name to be read with ease: with blanks between its characters.
    said = f"{whole}\n{_BLANKS.sub('', whole)}"
    if any(len(name) >= _SHORTEST_NAME and name in said for name in names.iterator(chunk_size=5000)):
        raise NamesAChild


def in_braces(names: Iterable[str]) -> str:
    """How placeholders are listed to a person."""
    return " ".join(f"{{{name}}}" for name in sorted(names))


class _Plain(string.Formatter):
    """Names only: no attribute, index, conversion or width. An unknown name says nothing."""

    def get_field(self, field_name: str, _args: Any, kwargs: Mapping[str, Any]) -> tuple[Any, str]:
        return str(kwargs.get(field_name, "")), field_name

    def format_field(self, value: Any, _format_spec: str) -> str:
        return str(value)

    def convert_field(self, value: Any, _conversion: Any) -> Any:
        return value


def filled_in(part: str, facts: Mapping[str, str]) -> str:
    """A text with its placeholders said: data that can run nothing."""
    return _Plain().vformat(part, (), facts)
