"""How many children somebody may look after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F

from backend.accounts.models import Role
from backend.audit.services import record
from backend.roster.access import helpers_visible_to
from backend.roster.models import Helper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from backend.roster.access import Reader

MOST = 200


def limits_of(people: Sequence[str]) -> dict[str, list[int | None]]:
    """Public id -> [most in all, what a coordinator had given before the helper set their own]."""
    rows = Helper.objects.filter(public_id__in=people).values_list("public_id", "total_limit", "given_limit")
    return {public_id: [total, given] for public_id, total, given in rows}


def restore_limits(*, was: Mapping[str, Sequence[int | None]], left: Mapping[str, int], actor: Any) -> int:
    """
    Put limits back where they still are as a change left them; answers how many somebody has set anew since.

    Inside the caller's transaction.

    Args:
        was: as `limits_of` told before the change. left: public id -> the limit the change left.
    """
    kept = 0
    for helper in Helper.objects.filter(public_id__in=left).order_by("pk"):
        total, given = was[helper.public_id]
        same = Helper.objects.filter(pk=helper.pk, version=helper.version, total_limit=left[helper.public_id])
        if same.update(total_limit=total, given_limit=given, version=F("version") + 1) != 1:
            kept += 1
            continue
        before, after = {"total_limit": helper.total_limit}, {"total_limit": total}
        record(actor=actor, verb="helper.changed", subject=helper, before=before, after=after)
    return kept


def change_limits(*, people: Sequence[str], more: int, actor: Any, reader: Reader) -> int:
    """
    Give each of these helpers so many places more in total, fewer where `more` is negative; answers how many changed.

    Inside the caller's transaction. What a helper had set is the coordinator's again.

    Args:
        people: public ids; those the reader may not see are left alone.

    Raises:
        NotAllowed: only the county raises limits in bulk.
    """
    reader.may(Role.COUNTY_COORDINATOR)
    changed = 0
    for helper in helpers_visible_to(reader).filter(public_id__in=people).distinct().order_by("pk"):
        limit = min(max(helper.total_limit + more, 0), MOST)
        same = type(helper).objects.filter(pk=helper.pk, version=helper.version)
        if limit != helper.total_limit and same.update(total_limit=limit, given_limit=None, version=F("version") + 1):
            before, after = {"total_limit": helper.total_limit}, {"total_limit": limit}
            record(actor=actor, verb="helper.changed", subject=helper, before=before, after=after)
            changed += 1
    return changed
