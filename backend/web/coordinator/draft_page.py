"""One page of a draft's table, and what the whole list it is a page of counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import Count

from backend.roster.models import Child, Helper
from backend.vault.fields import encrypted_fields
from backend.web.coordinator.draft_filters import with_hints
from backend.web.shared.listing import PAGE_SIZE
from matching.selectors import paired, sent
from matching.services.filtered_edits import LISTED_SUMS, Listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.paginator import Page
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from backend.web.coordinator.draft_filters import DraftTable
    from matching.models import ProposedPair


_SEALED = [f"{path}__{name}" for path, of in (("child", Child), ("helper", Helper)) for name in encrypted_fields(of)]


@dataclass(frozen=True)
class Found:
    """
    What the table's filters find.

    Args:
        ids: row ids in order, as many as a page needs.
        listed: enough of the rest to tell whether a later change still means the same places.
    """

    ids: QuerySet[Any] | Sequence[int]
    children: int
    listed: Listed


def find(table: DraftTable, order: tuple[str, ...]) -> Found:
    """
    Look at a list once: what a tab or filter leaves is read and counted here, so that a hint, a search or a comparison
    of every place is not made again for each figure; all places of a draft are counted by the database, twice as quick.
    """
    rows = table.rows().select_related(None)
    if table.is_narrowed:
        return _read(list(rows.order_by(*order).values_list("pk", "child_id", "version")))
    counted = rows.order_by().aggregate(children=Count("child", distinct=True), **LISTED_SUMS)
    return Found(rows.order_by(*order).values_list("pk", flat=True), counted.pop("children"), Listed(**counted))


def _read(rows: list[tuple[int, int, int]]) -> Found:
    ids = [pk for pk, _child, _version in rows]
    versions = sum(version for _pk, _child, version in rows)
    return Found(ids, len({child for _pk, child, _version in rows}), Listed(len(ids), versions, sum(ids)))


def page_of_draft(request: HttpRequest, table: DraftTable, found: Found) -> Page[Any]:
    """One page: nine thousand ids are put in order first, then only its fifty rows are read, nothing sealed opened."""
    paginator = Paginator(found.ids, PAGE_SIZE)
    paginator.__dict__["count"] = found.listed.places  # a cached property: the rows are counted already
    page = paginator.get_page(request.GET.get("page"))
    wanted = list(page.object_list)
    rows = with_hints(table.everything.filter(pk__in=wanted), table.draft, among=wanted)
    rows = rows.annotate(is_paired=paired(), is_sent=sent()).defer(*_SEALED)
    full: dict[int, ProposedPair] = {pair.pk: pair for pair in rows}
    page.object_list = [full[pk] for pk in wanted if pk in full]
    return page
