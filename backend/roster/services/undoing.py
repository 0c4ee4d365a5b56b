"""Taking a confirmed import back, as long as nothing has been built on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_noop

from backend.accounts.models import COORDINATORS, User
from backend.audit.services import entry_for, record, record_many
from backend.kernel.errors import DomainError, InvalidMove
from backend.roster.access import county_of
from backend.roster.models import (
    Area,
    CareLink,
    Child,
    Guardian,
    Helper,
    ImportBatch,
    ImportRow,
    Organisation,
    SchoolClass,
)
from backend.roster.models.imports import SheetKind
from backend.roster.services.imports import NoOneCounty, ensure_may_touch
from backend.roster.services.undo_blockers import blocked
from backend.roster.sheets.child_values import values_of_children
from backend.roster.sheets.child_writing import ChildRows, ChildWriter
from backend.roster.sheets.helper_values import values_of_helpers
from backend.roster.sheets.helper_writing import HelperRows, HelperWriter
from backend.roster.sheets.place_writing import write_places
from backend.roster.sheets.restoring import drop_added_rows, restored_keys
from backend.roster.sheets.work import Work

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader

State = ImportBatch.State
_IDS_AT_ONCE = 5000
_NAMES_SHOWN = 5


class UndoRefused(DomainError):
    """Somebody built on these rows. `rows` is [{number, name, why}], why an English msgid."""

    code = "import.undo_refused"
    message = "Cannot undo: %(number)s rows changed since or are in use (%(names)s)."

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        names = "、".join(row["name"] for row in rows[:_NAMES_SHOWN])
        super().__init__(number=len(rows), names=names, rows=rows)


def undo(*, batch: ImportBatch, actor: Any, reader: Reader, now: datetime) -> ImportBatch:
    """
    Remove whom the import added and put back what it changed, all or nothing.

    Raises:
        UndoRefused: naming rows whose person changed since, is in a pairing or has an offer, or has signed in.
        InvalidMove: not confirmed, or undone already. NotAllowed.
    """
    reader.may(*COORDINATORS)
    ensure_may_touch(batch, actor, reader, now)
    county = county_of(reader)
    if county is None:
        raise NoOneCounty
    rows = list(batch.rows.filter(outcome__in=("NEW", "CHANGED"), payload="").exclude(person_id=None))
    back = _ready_to_put_back(batch, [row for row in rows if row.outcome == ImportRow.Outcome.CHANGED], actor, now)
    with transaction.atomic():
        claimed = ImportBatch.objects.filter(pk=batch.pk, state=State.CONFIRMED)
        if not claimed.update(state=State.UNDONE, undone_at=now):
            raise InvalidMove(state=ImportBatch.objects.values_list("state", flat=True).get(pk=batch.pk))
        Area.objects.select_for_update().get(pk=county.pk)
        _refuse_built_on(batch, rows)
        if back is not None:
            _put_back(rows, back, county.code, now)
        _remove(batch, [row for row in rows if row.outcome == ImportRow.Outcome.NEW], actor)
        _remove_places((batch.places or {}).get("made", {}))
        record(actor=actor, verb="import.undone", subject=batch, after={"rows": len(rows)})
    batch.refresh_from_db()
    return batch


def _model(batch: ImportBatch) -> Any:
    return Child if batch.kind == SheetKind.CHILDREN else Helper


def _refuse_built_on(batch: ImportBatch, rows: list[ImportRow]) -> None:
    ids = [row.person_id for row in rows if row.person_id]
    reasons = (
        _changed_since(batch, rows) | _looked_after(batch, ids) | _signed_in(batch, rows) | blocked(batch.kind, ids)
    )
    refused = [
        {"number": row.number, "name": row.label, "why": reasons[row.person_id]}
        for row in rows
        if row.person_id in reasons
    ]
    if refused:
        raise UndoRefused(refused)


def _changed_since(batch: ImportBatch, rows: list[ImportRow]) -> dict[int, str]:
    versions = dict(_model(batch).objects.filter(pk__in=_ids_of(rows)).values_list("pk", "version"))
    why = gettext_noop("changed since the import")
    return {row.person_id: why for row in rows if row.person_id and versions.get(row.person_id) != row.person_version}


def _ids_of(rows: list[ImportRow]) -> Any:
    """A subquery rather than a list: a county has more ids than a statement takes parameters."""
    if not rows:
        return []
    return ImportRow.objects.filter(batch_id=rows[0].batch_id, person_id__isnull=False).values("person_id")


def _looked_after(batch: ImportBatch, ids: list[int]) -> dict[int, str]:
    column = "child_id" if batch.kind == SheetKind.CHILDREN else "helper_id"
    linked = set(CareLink.objects.values_list(column, flat=True)) & set(ids)
    return dict.fromkeys(linked, gettext_noop("is in a pairing"))


def _signed_in(batch: ImportBatch, rows: list[ImportRow]) -> dict[int, str]:
    if batch.kind == SheetKind.CHILDREN:
        return {}
    new = {row.person_id for row in rows if row.outcome == ImportRow.Outcome.NEW}
    opened = set(Helper.objects.filter(user__last_login__isnull=False).values_list("pk", flat=True))
    return dict.fromkeys((pk for pk in opened & new if pk), gettext_noop("has signed in"))


def _ready_to_put_back(
    batch: ImportBatch, rows: list[ImportRow], actor: Any, now: datetime
) -> ChildRows | HelperRows | None:
    """The values from before as columns, made before the transaction; versions are compared inside it."""
    ids = [row.person_id for row in rows if row.person_id]
    is_child = batch.kind == SheetKind.CHILDREN
    present = values_of_children(ids) if is_child else values_of_helpers(ids)
    works = [_work(row, present[row.person_id]) for row in rows if row.person_id in present]
    if not works:
        return None
    return (ChildWriter if is_child else HelperWriter)(works, actor, now, batch.public_id).ready()


def _put_back(rows: list[ImportRow], back: ChildRows | HelperRows, county_code: str, now: datetime) -> None:
    places, _made = write_places({}, county_code)
    back.write(places, now)
    drop_added_rows(json.loads(row.before).get("made", {}) for row in rows if row.before)


def _work(row: ImportRow, present: dict[str, Any]) -> Work:
    before = json.loads(row.before)["values"]
    keys = restored_keys(before)
    values = present | {key: before[key] for key in keys}
    return Work(
        row_id=row.pk,
        number=row.number,
        label=row.label,
        person_id=row.person_id,
        version=row.person_version or 0,
        values=values,
        changed=frozenset(keys),
        before={key: present.get(key) for key in keys},
    )


def _remove(batch: ImportBatch, rows: list[ImportRow], actor: Any) -> None:
    model, noun = _model(batch), "child" if batch.kind == SheetKind.CHILDREN else "helper"
    for start in range(0, len(rows), _IDS_AT_ONCE):
        ids = [row.person_id for row in rows[start : start + _IDS_AT_ONCE] if row.person_id]
        people = model.objects.filter(pk__in=ids)
        record_many([entry_for(actor, f"{noun}.removed", one) for one in people.only("pk", "public_id")])
        logins = _logins_of(batch.kind, ids)
        try:
            people.delete()
        except ProtectedError as error:
            why = gettext_noop("is in use")
            raise UndoRefused([{"number": row.number, "name": row.label, "why": why} for row in rows]) from error
        _remove_logins(logins)


def _logins_of(kind: str, ids: list[int]) -> list[int]:
    if kind == SheetKind.HELPERS:
        return list(Helper.objects.filter(pk__in=ids, user__isnull=False).values_list("user_id", flat=True))
    return list(Guardian.objects.filter(child__in=ids, user__isnull=False).values_list("user_id", flat=True))


def _remove_logins(ids: list[int]) -> None:
    """Accounts that nobody ever opened and that stand for nobody else."""
    unused = User.objects.filter(pk__in=ids, last_login=None, guardianships=None, helper=None, memberships=None)
    User.objects.filter(pk__in=list(unused.values_list("pk", flat=True))).delete()


def _remove_places(made: dict[str, list[int]]) -> None:
    """Places the import made and nobody uses; one that is in use stays."""
    classes = SchoolClass.objects.filter(pk__in=made.get("classes", []), pupils=None, teaching_posts=None)
    units = Organisation.objects.filter(pk__in=made.get("units", []), pupils=None, helpers=None, classes=None)
    areas = Area.objects.filter(
        pk__in=made.get("areas", []), children=None, helpers=None, township_helpers=None, organisations=None, parts=None
    )
    villages, townships = areas.filter(kind=Area.Kind.VILLAGE), areas.filter(kind=Area.Kind.TOWNSHIP)
    for unused in (classes, units, villages, townships):
        for place in unused:
            try:
                with transaction.atomic():
                    place.delete()
            except ProtectedError:
                continue
