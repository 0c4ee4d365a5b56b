"""Background checks: recording one from its paper, and the second person who confirms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from backend.accounts.models import COORDINATORS
from backend.audit.services import entry_for, record_many
from backend.kernel.errors import DomainError, NotAllowed
from backend.roster.access import helpers_visible_to
from backend.roster.models import Clearance, Helper
from backend.roster.services.by_hand import edit_helper
from backend.roster.sheets.helper_sheet import HELPERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from backend.roster.access import Reader

_AT_ONCE = 5000


class OwnRecord(DomainError):
    """Whoever recorded a background check, or is the one checked, cannot be the second person."""

    code = "clearance.own_record"
    status = 403
    message = "%(number)s of these checks were recorded by you or are about you; somebody else must confirm them."


class ClearanceOnFile(DomainError):
    code = "clearance.on_file"
    message = "This check is on file already."


class ConfirmedAlready(DomainError):
    code = "clearance.confirmed"
    message = "This check is confirmed already."


def record_clearance(
    *,
    helper: Helper,
    result: str,
    issuer: str,
    issued_date: date,
    expires_date: date,
    actor: Any,
    reader: Reader,
    now: datetime,
) -> Clearance:
    """
    Note a background check from its paper. It counts once a second person has confirmed it.

    Raises:
        EntryWrong: in the future, longer than a year, or not later than the one on file. NotAllowed.
        ClearanceOnFile: this very check is there. HelperChanged: somebody changed the file at the same moment.
    """
    values = {"result": result, "issuer": issuer, "issued_date": str(issued_date), "expires_date": str(expires_date)}
    cells = {key: HELPERS.by_key[key].show(value) for key, value in ((f"clearance.{k}", v) for k, v in values.items())}
    return record_clearance_cells(helper=helper, cells=cells, actor=actor, reader=reader, now=now)


def record_clearance_cells(
    *, helper: Helper, cells: dict[str, str], actor: Any, reader: Reader, now: datetime
) -> Clearance:
    """The same from the four cells of the sheet, as texts."""
    fresh = edit_helper(helper=helper, cells=cells, version=helper.version, actor=actor, reader=reader, now=now)
    if fresh.version == helper.version:
        raise ClearanceOnFile
    return fresh.clearances.order_by("-issued_date", "-pk")[0]


def confirm_clearance(*, clearance: Clearance, actor: Any, reader: Reader, now: datetime) -> None:
    """
    Confirm one background check as the second person.

    Raises:
        OwnRecord, NotAllowed: as `confirm_clearances`. ConfirmedAlready.
    """
    if confirm_clearances(clearances=[clearance], actor=actor, reader=reader, now=now) != 1:
        raise ConfirmedAlready


def confirm_clearances(*, clearances: Iterable[Clearance], actor: Any, reader: Reader, now: datetime) -> int:
    """
    Say of background checks that a second person has seen the papers; those confirmed already stay as they are.

    Returns:
        How many were confirmed now.

    Raises:
        OwnRecord: some were recorded by the actor or are about the actor; none is confirmed.
        NotAllowed: not the reader's helpers.
    """
    reader.may(*COORDINATORS)
    waiting = [row for row in clearances if row.confirmed_at is None]
    own = sum(1 for row in waiting if row.recorded_by_id == actor.pk or row.helper_id == reader.helper_id)
    if own:
        raise OwnRecord(number=own)
    visible = set(helpers_visible_to(reader).values_list("pk", flat=True))
    if any(row.helper_id not in visible for row in waiting):
        raise NotAllowed
    with transaction.atomic():
        done = [
            row
            for start in range(0, len(waiting), _AT_ONCE)
            for row in _claim(waiting[start : start + _AT_ONCE], actor, now)
        ]
        record_many(entry_for(actor, "clearance.confirmed", row) for row in done)
    return len(done)


def _claim(some: list[Clearance], actor: Any, now: datetime) -> list[Clearance]:
    """Confirm those still open. The helpers' files count as changed, so the import beneath can no longer be undone."""
    open_ids = set(
        Clearance.objects.filter(pk__in=[row.pk for row in some], confirmed_at=None).values_list("pk", flat=True)
    )
    Clearance.objects.filter(pk__in=open_ids).update(confirmed_by=actor, confirmed_at=now)
    Helper.objects.filter(clearances__in=open_ids).update(version=F("version") + 1)
    return [row for row in some if row.pk in open_ids]
