"""A county's own words for its responsibility statements, and the finished text of a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.audit.services import record
from backend.kernel.calendar import clean_line, clean_text
from backend.kernel.errors import DomainError, NotAllowed
from backend.roster.models import Area
from backend.roster.own_texts import ensure_known, ensure_says_nobody, filled_in, placeholders_of
from matching.models import StatementKind, StatementText
from matching.services.statement_words import BUILT_IN, PLACEHOLDERS, SAMPLES, Words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LONGEST_TITLE, LONGEST_BODY = 60, 4000
# Without these a paper binds nobody.
_NEEDED = {
    StatementKind.GUARDIAN: frozenset({"child"}),
    StatementKind.LEVELS: frozenset({"upper", "lower"}),
    StatementKind.TEACHER: frozenset({"teacher", "child"}),
}


class StatementTextTooLong(DomainError):
    code = "statement.text_too_long"
    status = 400
    message = "A title has at most 60 characters, a text 4000; none is empty."


class NamedInTitle(DomainError):
    code = "statement.named_in_title"
    status = 400
    message = "A title has no placeholders: it stands on every paper alike."


class NobodyNamed(DomainError):
    code = "statement.nobody_named"
    status = 400
    message = "The paper must say whom it is about. Keep in the text: %(names)s."


def check_statement_text(*, kind: str, words: Words, county: Area) -> None:
    """
    Refuse what must not be printed.

    Raises:
        StatementTextTooLong, TextBroken, NamedInTitle, PlaceholderUnknown, NobodyNamed, OwnAddress, NamesAChild.
    """
    parts = ((words.title, LONGEST_TITLE), (words.body, LONGEST_BODY))
    if any(not part.strip() or len(part) > most for part, most in parts):
        raise StatementTextTooLong
    used = placeholders_of(words.body)
    if placeholders_of(words.title):
        raise NamedInTitle
    ensure_known(used, PLACEHOLDERS[kind])
    missing = _NEEDED[StatementKind(kind)] - used
    if missing:
        raise NobodyNamed(names=" ".join(f"{{{name}}}" for name in sorted(missing)))
    ensure_says_nobody(f"{words.title}\n{words.body}", county)


def keep_statement_text(*, county: Area, kind: str, words: Words, actor: Any, now: datetime) -> StatementText:
    """
    Print a county's own words from now on.

    Raises:
        NotAllowed: the area is no county. As `check_statement_text`.
    """
    if county.kind != Area.Kind.COUNTY:
        raise NotAllowed
    check_statement_text(kind=kind, words=words, county=county)
    columns = {"title": words.title, "body": words.body, "changed_at": now, "changed_by": actor}
    with transaction.atomic():
        row, _is_new = StatementText.objects.update_or_create(county=county, kind=kind, defaults=columns)
        record(actor=actor, verb="county.statement_text_kept", subject=county, after={"kind": kind})
    return row


def reset_statement_text(*, county: Area, kind: str, actor: Any) -> None:
    """Go back to the built-in words; doing it twice changes nothing."""
    with transaction.atomic():
        deleted, _by_model = StatementText.objects.filter(county=county, kind=kind).delete()
        if deleted:
            record(actor=actor, verb="county.statement_text_reset", subject=county, after={"kind": kind})


def statement_text_in_use(county: Area, kind: str) -> tuple[Words, StatementText | None]:
    """The words of a kind in a county, with the row they stand in where they are its own."""
    own = StatementText.objects.filter(county=county, kind=kind).select_related("changed_by").first()
    return (Words(own.title, own.body), own) if own else (BUILT_IN[kind], None)


def finished(words: Words, facts: Mapping[str, str]) -> Words:
    """A statement with its placeholders said, without signs that fool a reader."""
    return Words(clean_line(words.title), clean_text(filled_in(words.body, facts)))


def statement_preview(words: Words) -> Words:
    """How a statement looks with invented people in it."""
    return finished(words, SAMPLES)
