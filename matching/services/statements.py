"""Responsibility statements: made for whatever has none, printed, and noted as signed or not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import COORDINATORS
from backend.audit.services import entry_for, record, record_many
from backend.kernel.errors import DomainError
from backend.roster.services.exports import MOST_ROWS
from matching.models import Statement
from matching.statement_selectors import missing_statements

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from matching.models import Term

State = Statement.State
# Papers are signed in the weeks around the beginning of a term.
_EARLIEST_DAYS = 120
_AT_ONCE = 1000


class TooManyStatements(DomainError):
    code = "statement.too_many"
    message = "That is %(count)s statements; at most %(most)s at once. Choose a township or a school first."


class SignedOnWrongDay(DomainError):
    code = "statement.wrong_day"
    status = 400
    message = "The day of signing lies between %(earliest)s and today."


def make_statements(
    *, kind: str, term: Term, actor: Any, reader: Reader, now: datetime, township: str = "", school: str = ""
) -> int:
    """
    Make the statements that are missing in the reader's scope; doing it twice makes no second one.

    Args:
        township, school: public ids; as in `missing_statements`.

    Returns:
        How many were missing.

    Raises:
        NotAllowed
    """
    reader.may(*COORDINATORS)
    missing = missing_statements(reader, term, kind, township=township, school=school)
    rows = [Statement(kind=kind, term=term, made_at=now, made_by=actor, **about) for about in missing]
    with transaction.atomic():
        Statement.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_AT_ONCE)
        if rows:
            record(actor=actor, verb="statement.made", subject=term, after={"kind": kind, "rows": len(rows)})
    return len(rows)


def print_statements(*, statements: QuerySet[Any], actor: Any, now: datetime) -> list[Statement]:
    """
    The statements to be printed, in the order given; those that have none of the other states become printed. Papers of
    children who left and of pairings that ended are left out.

    Raises:
        TooManyStatements: nothing was noted, nothing is printed.
    """
    rows = _few(statements.filter(is_over=""))
    with transaction.atomic():
        fresh = Statement.objects.filter(pk__in=[row.pk for row in rows])
        fresh.update(printed_at=now)
        fresh.filter(state=State.NEW).update(state=State.PRINTED)
        record(actor=actor, verb="statement.printed", subject=actor, after=_said(rows))
    return rows


def sign_statements(*, statements: QuerySet[Any], signed_date: date, actor: Any, now: datetime) -> int:
    """
    Note that these papers were signed on a day; one that was signed before keeps its day.

    Returns:
        How many were noted.

    Raises:
        SignedOnWrongDay, TooManyStatements: nothing was changed.
    """
    today = timezone.localdate(now)
    rows = _few(statements.exclude(state=State.SIGNED))
    earliest = min((row.term.start_date for row in rows), default=today) - timedelta(days=_EARLIEST_DAYS)
    if not earliest <= signed_date <= today:
        raise SignedOnWrongDay(earliest=earliest)
    signed = {"state": State.SIGNED, "signed_date": signed_date, "recorded_by": actor, "recorded_at": now}
    return _move(rows, _not_signed(), signed, actor, "statement.signed", {"signed_date": signed_date.isoformat()})


def unsign_statements(*, statements: QuerySet[Any], actor: Any) -> int:
    """
    Take back that these papers were signed, because it was noted by mistake.

    Returns:
        How many were taken back.

    Raises:
        TooManyStatements: nothing was changed.
    """
    rows = _few(statements.filter(state=State.SIGNED))
    cleared = {"state": State.PRINTED, "signed_date": None, "recorded_by": None, "recorded_at": None}
    return _move(rows, [State.SIGNED], cleared, actor, "statement.unsigned", {})


def _not_signed() -> list[str]:
    return [State.NEW, State.PRINTED]


def _few(statements: QuerySet[Any]) -> list[Statement]:
    rows = list(statements[: MOST_ROWS + 1])
    if len(rows) > MOST_ROWS:
        raise TooManyStatements(count=statements.count(), most=MOST_ROWS)
    return rows


def _move(
    rows: list[Statement], present: list[str], columns: dict[str, Any], actor: Any, verb: str, after: dict[str, Any]
) -> int:
    """Each paper is claimed by its state, so that two people noting the same one count it once."""
    with transaction.atomic():
        mine = [row for row in rows if Statement.objects.filter(pk=row.pk, state__in=present).update(**columns)]
        before = {row.pk: {"state": row.state, "signed_date": _iso(row.signed_date)} for row in mine}
        record_many([entry_for(actor, verb, row, before=before[row.pk], after=after) for row in mine])
    return len(mine)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _said(rows: list[Statement]) -> dict[str, Any]:
    """What an entry of a printing says: how many papers of which kind, and their ids."""
    return {"kind": rows[0].kind if rows else "", "rows": len(rows), "statements": [row.public_id for row in rows]}
