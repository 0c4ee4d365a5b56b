"""Spreadsheets out: 500 rows at once; more is asked for, allowed by a second coordinator, and fetched by a link."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import COORDINATORS
from backend.audit.services import record
from backend.jobs.services import enqueue
from backend.kernel.errors import DomainError, InvalidMove, NotAllowed
from backend.roster.access import (
    Reader,
    children_visible_to,
    coordinators_covered_by,
    covers,
    helpers_visible_to,
    reader_in_role,
)
from backend.roster.models import ExportRequest
from backend.roster.models.imports import SheetKind
from backend.roster.sheets import stored
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.child_values import values_of_children
from backend.roster.sheets.helper_values import values_of_helpers
from backend.roster.sheets.showing import shown_row
from backend.roster.sheets.workbook import to_csv, to_xlsx
from backend.vault.hashes import new_token, token_hash

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet

State = ExportRequest.State
MOST_ROWS = 500
SHORTEST_REASON = 10
LINK_HOURS = 24
_AT_ONCE = 500
FORMS = ("xlsx", "csv")


class TooManyRows(DomainError):
    code = "export.too_many_rows"
    message = "%(count)s rows are more than 500. Ask for the export: a second coordinator has to allow it."


class ReasonTooShort(DomainError):
    code = "export.reason_too_short"
    status = 400
    message = "Say in at least %(characters)s characters what the export is for."


class UnknownFilter(DomainError):
    code = "export.unknown_filter"
    status = 400
    message = "There is no such filter or form."


class SecondPersonNeeded(DomainError):
    code = "export.second_person"
    status = 403
    message = "Whoever asked for the export cannot allow it."


class LinkEnded(DomainError):
    code = "export.link_ended"
    status = 404
    message = "This link no longer works."


# Filter name -> lookup, per kind. Nothing that a reader may not see can be asked.
_FILTERS: dict[str, dict[str, str]] = {
    SheetKind.CHILDREN: {
        "area": "village__code__startswith", "school": "school__public_id", "state": "state",
        "heart_level": "heart_level", "public_ids": "public_id__in",
    },
    SheetKind.HELPERS: {
        "area": "township__code__startswith", "unit": "unit__public_id", "state": "state", "role": "roles__role",
        "public_ids": "public_id__in",
    },
}  # fmt: skip


def people_for(kind: str, reader: Reader, filters: dict[str, Any]) -> QuerySet[Any]:
    """
    The people an export would hold, ordered by name.

    Raises:
        UnknownFilter: a filter that is not listed for the kind.
    """
    reader.may(*COORDINATORS)
    lookups = _FILTERS[kind]
    if not set(filters) <= set(lookups):
        raise UnknownFilter
    _check_values(filters)
    visible: QuerySet[Any] = children_visible_to(reader) if kind == SheetKind.CHILDREN else helpers_visible_to(reader)
    return (
        visible.filter(**{lookups[name]: value for name, value in filters.items()})
        .distinct()
        .order_by("name_sort", "pk")
    )


def _check_values(filters: dict[str, Any]) -> None:
    """A level is a number, ids are a list, everything else is text."""
    level, ids = filters.get("heart_level", 1), filters.get("public_ids", [])
    others = [value for name, value in filters.items() if name not in {"heart_level", "public_ids"}]
    is_level = str(level).isdigit() and isinstance(level, int | str)
    if not is_level or not isinstance(ids, list) or not all(isinstance(value, str) for value in [*ids, *others]):
        raise UnknownFilter


def export(
    *, kind: str, filters: dict[str, Any], form: str, reason: str, actor: Any, reader: Reader, now: datetime
) -> bytes:
    """
    At most 500 people as a file that import takes back.

    Raises:
        TooManyRows, ReasonTooShort, UnknownFilter, NotAllowed
    """
    if form not in FORMS:
        raise UnknownFilter
    _check_reason(reason)
    ids = list(people_for(kind, reader, filters).values_list("pk", flat=True)[: MOST_ROWS + 1])
    if len(ids) > MOST_ROWS:
        raise TooManyRows(count=people_for(kind, reader, filters).count())
    content = _file(kind, ids, form, reader, _note(actor, reason, now), lambda: None)
    with transaction.atomic():
        after = {"kind": kind, "rows": len(ids), "filters": filters, "form": form}
        record(actor=actor, verb="roster.exported", subject=actor, after=after, reason=reason)
    return content


def ask_export(
    *, kind: str, filters: dict[str, Any], reason: str, actor: Any, reader: Reader, now: datetime
) -> ExportRequest:
    """
    Ask for an export of any size.

    Raises:
        ReasonTooShort, UnknownFilter, NotAllowed
    """
    _check_reason(reason)
    count = people_for(kind, reader, filters).count()
    with transaction.atomic():
        request = ExportRequest.objects.create(
            kind=kind,
            filters=filters,
            row_count=count,
            reason=reason[:200],
            asked_by=actor,
            asked_role=reader.role or "",
            created_at=now,
        )
        record(actor=actor, verb="export.asked", subject=request, after={"kind": kind, "rows": count}, reason=reason)
    return request


def allow_export(*, request: ExportRequest, actor: Any, reader: Reader, now: datetime) -> None:
    """
    A second coordinator's yes; a job makes the file.

    Raises:
        SecondPersonNeeded: the actor asked for it. NotAllowed: the asker's places are not all the reader's.
        InvalidMove: answered already.
    """
    _ensure_second(request, actor, reader, now)
    with transaction.atomic():
        _move(request, State.ASKED, state=State.ALLOWED, allowed_by=actor)
        record(actor=actor, verb="export.allowed", subject=request)
        enqueue("backend.roster.tasks.build_export", queue="work", arguments={"request_id": request.pk}, now=now)


def refuse_export(*, request: ExportRequest, actor: Any, reader: Reader, now: datetime) -> None:
    """A second coordinator's no. Raises as `allow_export` does."""
    _ensure_second(request, actor, reader, now)
    with transaction.atomic():
        _move(request, State.ASKED, state=State.REFUSED)
        record(actor=actor, verb="export.refused", subject=request)


def requests_visible_to(reader: Reader, now: datetime) -> QuerySet[ExportRequest]:
    """The reader's own requests and those the reader may answer."""
    if not reader.is_coordinator:
        return ExportRequest.objects.none()
    rows = ExportRequest.objects.filter(asked_by__in=coordinators_covered_by(reader, now))
    return rows.select_related("asked_by", "allowed_by")


def build(*, request_id: int, now: datetime, still_alive: Callable[[], None]) -> None:
    """
    Make the file of an allowed export, with what its asker may see now. Safe to run twice.

    An asker who is no coordinator any more gets no file: the request is refused.
    """
    request = ExportRequest.objects.select_related("asked_by").get(pk=request_id)
    if request.state != State.ALLOWED:
        return
    reader = _asker(request, now)
    if not reader.is_coordinator:
        with transaction.atomic():
            _move(request, State.ALLOWED, state=State.REFUSED)
            record(actor=None, verb="export.refused", subject=request)
        return
    ids = list(people_for(request.kind, reader, request.filters).values_list("pk", flat=True))
    content = _file(request.kind, ids, "xlsx", reader, _note(request.asked_by, request.reason, now), still_alive)
    name = stored.keep("exports", request.public_id, content)
    with transaction.atomic():
        ready = {"state": State.READY, "stored_file": name, "row_count": len(ids), "reach": _reach(reader)}
        _move(request, State.ALLOWED, **ready, expires_at=now + timedelta(hours=LINK_HOURS))
        record(actor=None, verb="export.made", subject=request, after={"rows": len(ids)})


def make_link(*, request: ExportRequest, actor: Any, now: datetime) -> str:
    """
    A token for the asker that fetches the file until it expires; the one before ends.

    Raises:
        NotAllowed: somebody else's request, or the asker's grant ended or shrank since. InvalidMove: no file is ready.
    """
    if request.asked_by_id != actor.pk or (request.reach and not _still_reaches(request, actor, now)):
        raise NotAllowed
    token = new_token()
    with transaction.atomic():
        live = ExportRequest.objects.filter(pk=request.pk, state=State.READY, expires_at__gt=now)
        if not live.update(token_hash=token_hash(token)):
            raise InvalidMove(state=request.state)
        record(actor=actor, verb="export.link_made", subject=request)
    return token


def fetch(*, token: str, actor: Any, now: datetime) -> tuple[str, bytes]:
    """
    (file name, content) behind a link, for the signed-in asker.

    Raises:
        LinkEnded: wrong, expired, replaced, somebody else's, or the asker's grant ended or shrank since: all alike.
    """
    live = ExportRequest.objects.filter(token_hash=token_hash(token), state=State.READY, expires_at__gt=now)
    request = live.filter(asked_by=actor).first()
    if request is None or not _still_reaches(request, actor, now):
        raise LinkEnded
    try:
        content = stored.fetch(request.stored_file)
    except FileNotFoundError as error:
        raise LinkEnded from error
    with transaction.atomic():
        record(actor=actor, verb="export.fetched", subject=request, after={"rows": request.row_count})
    return f"{SHEETS[request.kind].title}台账.xlsx", content


def _reach(reader: Reader) -> dict[str, Any]:
    return {"role": reader.role, "areas": list(reader.area_codes), "units": list(reader.organisation_ids)}


def _still_reaches(request: ExportRequest, actor: Any, now: datetime) -> bool:
    """
    Whether the asker holds now, in the same role, every place held when the file was made.

    The role counts because it decides which fields stand in the file.
    """
    present, reach = _asker(request, now), request.reach
    if not reach or present.role != reach["role"]:
        return False
    return covers(present, Reader(actor, present.role, tuple(reach["areas"]), tuple(reach["units"])))


def expire_exports(*, now: datetime) -> int:
    """Drop files whose day is over; answers how many."""
    over = list(ExportRequest.objects.filter(state=State.READY, expires_at__lte=now))
    for request in over:
        stored.drop(request.stored_file)
        ExportRequest.objects.filter(pk=request.pk).update(state=State.EXPIRED, stored_file="", token_hash="")
    return len(over)


def _check_reason(reason: str) -> None:
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonTooShort(characters=SHORTEST_REASON)


def _ensure_second(request: ExportRequest, actor: Any, reader: Reader, now: datetime) -> None:
    reader.may(*COORDINATORS)
    if request.asked_by_id == actor.pk:
        raise SecondPersonNeeded
    if not _covers(reader, request, now):
        raise NotAllowed


def _covers(reader: Reader, request: ExportRequest, now: datetime) -> bool:
    return covers(reader, _asker(request, now))


def _asker(request: ExportRequest, now: datetime) -> Reader:
    """Who asked, in the role they asked in; nobody once that role has ended."""
    return reader_in_role(request.asked_by, request.asked_role, now)


def _move(request: ExportRequest, present: str, **changes: Any) -> None:
    if not ExportRequest.objects.filter(pk=request.pk, state=present).update(**changes):
        raise InvalidMove(state=ExportRequest.objects.values_list("state", flat=True).get(pk=request.pk))
    request.refresh_from_db()


def _note(actor: Any, reason: str, now: datetime) -> str:
    return f"{actor.display_name} {timezone.localtime(now):%Y-%m-%d %H:%M}，{reason[:200]}"


def _file(kind: str, ids: list[int], form: str, reader: Reader, note: str, still_alive: Callable[[], None]) -> bytes:
    sheet = SHEETS[kind]
    rows = []
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        values = values_of_children(some) if kind == SheetKind.CHILDREN else values_of_helpers(some)
        rows += [shown_row(sheet, reader.role, values[pk]) for pk in some if pk in values]
        still_alive()
    if form == "csv":
        return to_csv([column.heading for column in sheet.columns], rows)
    return to_xlsx(sheet, rows, note)
