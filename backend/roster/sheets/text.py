"""Text as people type it into cells, made plain."""

from __future__ import annotations

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain_text(text: str) -> str:
    """
    NFC, on one line, without characters nobody can see, trimmed.

    Dropped are controls, direction marks, zero-width characters and lone surrogates; every kind of blank and line
    end becomes one space.
    """
    composed = unicodedata.normalize("NFC", text)
    spaced = "".join(" " if char.isspace() else char for char in composed)
    return " ".join("".join(char for char in spaced if unicodedata.category(char) not in _INVISIBLE).split())


def narrow_text(text: str) -> str:
    """`plain_text` with full-width letters, digits and punctuation made narrow: for numbers, codes and dates."""
    return plain_text(unicodedata.normalize("NFKC", text))


def folded(text: str) -> str:
    """A key for comparing names: narrow, lower case, without blanks and name dots."""
    return "".join(char for char in narrow_text(text).casefold() if char not in " ·•・.")
