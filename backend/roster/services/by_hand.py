"""
One person entered or changed by hand: one row of a sheet, checked and written the way an import is.

Cells are texts by column key, as the sheet holds them: a missing key leaves a value alone, "-" empties it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from backend.accounts.models import COORDINATORS
from backend.kernel.errors import DomainError
from backend.outbox.services import publish
from backend.roster.access import county_of
from backend.roster.models import Child, Helper, ImportRow
from backend.roster.models.imports import SheetKind
from backend.roster.services.children import ChangedMeanwhile
from backend.roster.services.confirming import LedgerMoved, write_rows, writer_of
from backend.roster.services.imports import NoOneCounty
from backend.roster.sheets.limits import CELL_CHARACTERS
from backend.roster.sheets.place_writing import Plan, plan_for
from backend.roster.sheets.places import Places
from backend.roster.sheets.staging import NEW, Decision, Stage
from backend.roster.sheets.work import work_of

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader

Outcome = ImportRow.Outcome
Cells = dict[str, str]
_ROW = 1


class EntryWrong(DomainError):
    """Some cells cannot be taken. `problems` are notes as `problems.spoken` reads them."""

    code = "entry.wrong"
    status = 400
    message = "Some of what was entered cannot be taken."

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        self.problems = problems
        super().__init__()


class OnFileAlready(DomainError):
    code = "entry.on_file"
    message = "This person is on file already: %(person)s."


class LooksAlike(DomainError):
    """Somebody on file may be the same person; `alike` is that person."""

    code = "entry.looks_alike"
    message = "This may be somebody on file: %(person)s. If it is somebody else, send that as `unlike`."

    def __init__(self, alike: Child | Helper) -> None:
        self.alike = alike
        super().__init__(person=alike.public_id)


class JustWritten(DomainError):
    code = "entry.just_written"
    message = "Somebody wrote the same a moment ago. Nothing was written; look at the list and try again."


class HelperChanged(ChangedMeanwhile):
    code = "helper.changed_meanwhile"


class StateNeedsReason(DomainError):
    code = "helper.state_needs_reason"
    status = 400
    message = "Say why this helper pauses, leaves or comes back."


@dataclass(frozen=True)
class _Checked:
    """A checked row, the places it adds, and the code of the county it was read in."""

    row: ImportRow
    places: Plan
    county: str


def enter_person(*, kind: str, cells: Cells, actor: Any, reader: Reader, now: datetime, unlike: str = "") -> Any:
    """
    Open a file for a child or a helper who is not on file yet.

    Args:
        kind: a SheetKind.
        unlike: public id of somebody on file who looks alike and, the coordinator says, is somebody else.

    Returns:
        The Child or Helper.

    Raises:
        EntryWrong: cells that cannot be taken, a place outside the reader's own among them.
        OnFileAlready: the person is on file. LooksAlike: somebody on file may be the person.
        JustWritten: somebody wrote the same person meanwhile. NotAllowed, NoOneCounty.
    """
    reader.may(*COORDINATORS)
    model: Any = Child if kind == SheetKind.CHILDREN else Helper
    newest = model.objects.aggregate(newest=Max("pk"))["newest"] or 0
    checked = _check(kind, cells, reader, now)
    if checked.row.person_id is not None:
        raise OnFileAlready(person=model.objects.values_list("public_id", flat=True).get(pk=checked.row.person_id))
    if checked.row.outcome == Outcome.ALIKE:
        alike = model.objects.get(pk=checked.row.alike_id)
        if alike.public_id != unlike:
            raise LooksAlike(alike)
        checked = _check(kind, cells, reader, now, decisions={_ROW: Decision(NEW, alike.pk)})
    if checked.row.outcome != Outcome.NEW:
        raise EntryWrong(checked.row.problems)
    public_id = _write(kind, checked, actor, now, newest=newest)
    return model.objects.get(public_id=public_id)


def edit_helper(
    *, helper: Helper, cells: Cells, version: int, actor: Any, reader: Reader, now: datetime, reason: str = ""
) -> Helper:
    """
    Change a helper's file; whoever is told of a helper leaving is told.

    Args:
        version: the version the editor saw. reason: why, where the state changes.

    Raises:
        EntryWrong. HelperChanged: the file has a later version. StateNeedsReason. NotAllowed, NoOneCounty.
    """
    reader.may(*COORDINATORS)
    checked = _check(SheetKind.HELPERS, cells, reader, now, persons={_ROW: helper.pk})
    if checked.row.person_version != version:
        raise HelperChanged
    if checked.row.problems:
        raise EntryWrong(checked.row.problems)
    if checked.row.outcome == Outcome.CHANGED:
        if "state" in work_of(checked.row).changed and not reason.strip():
            raise StateNeedsReason
        try:
            _write(SheetKind.HELPERS, checked, actor, now, reason=reason.strip())
        except JustWritten as error:
            raise HelperChanged from error
    return Helper.objects.get(pk=helper.pk)


def _check(
    kind: str,
    cells: Cells,
    reader: Reader,
    now: datetime,
    *,
    persons: dict[int, int] | None = None,
    decisions: dict[int, Decision] | None = None,
) -> _Checked:
    county = county_of(reader)
    if county is None:
        raise NoOneCounty
    places = Places(reader, county.code)
    stage = Stage(kind, reader, timezone.localdate(now), {}, places, persons=persons or {})
    short = {key: text[:CELL_CHARACTERS] for key, text in cells.items() if text}
    [row] = stage.run([(_ROW, short)], decisions or {})
    return _Checked(row, places.plan(), county.code)


def _write(kind: str, checked: _Checked, actor: Any, now: datetime, *, newest: int = 0, reason: str = "") -> str:
    """Write one checked row in one transaction; answers the person's public id."""
    work = replace(work_of(checked.row), reason=reason)
    rows = writer_of(kind)([work], actor, now, "").ready()
    try:
        with transaction.atomic():
            ids, _made = write_rows(rows, plan_for(checked.places, rows.used_places), checked.county, now)
            if work.is_new:
                _refuse_twin(kind, work.values, newest, own_id=ids[work.public_id])
            for fact in rows.facts:
                publish(fact)
    except LedgerMoved as error:
        raise JustWritten from error
    return work.public_id


def _refuse_twin(kind: str, values: dict[str, Any], newest: int, own_id: int) -> None:
    """A form sent twice at once: the second sees, under the county's lock, what the first has written meanwhile."""
    model: Any = Child if kind == SheetKind.CHILDREN else Helper
    since = model.objects.filter(pk__gt=newest, name=values["name"], birth_date=values.get("birth_date") or None)
    if since.exclude(pk=own_id).exists():
        raise JustWritten
