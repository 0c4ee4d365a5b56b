"""The table of a draft as a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.utils.translation import gettext as _

from backend.roster.levels import LEVEL_WORDS
from backend.roster.services.list_export import Asked, export_list
from matching.models import ProposedPair
from matching.services.draft_words import draft_name

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from matching.models import Proposal


def export_draft(*, draft: Proposal, pairs: QuerySet[Any], asked: Asked) -> bytes:
    """
    A workbook of these places of a draft in their order, as a coordinator sees them in the workspace.

    Raises:
        TooManyRows, ReasonTooShort
    """
    headings = [
        _("孩子"), _("心级"), _("学校"), _("班级"), _("乡镇"), _("村（社区）"), _("名额"), _("帮扶人"), _("单位"),
        _("契合"), _("负担"), _("锁定"), _("来历"),
    ]  # fmt: skip
    return export_list(
        title=_("%(name)s%(draft)s") % {"name": draft.scheme.name, "draft": draft_name(draft)},
        headings=headings,
        rows=pairs,
        present=lambda rows: _rows(draft, rows),
        asked=asked,
        verb="proposal.exported",
        subject=draft,
    )


def _rows(draft: Proposal, pairs: list[Any]) -> list[list[str]]:
    ids = {pair.helper_id for pair in pairs if pair.helper_id}
    held = ProposedPair.objects.filter(proposal=draft, helper_id__in=ids).order_by().values_list("helper_id")
    loads = dict(held.annotate(n=Count("pk")))
    most = {pair.helper_id: draft.scheme.most_for(pair.helper.total_limit) for pair in pairs if pair.helper}
    return [_row(pair, loads.get(pair.helper_id, 0), most.get(pair.helper_id)) for pair in pairs]


def _load_cell(load: int, most: int | None) -> str:
    """As the workspace says it: how many in this draft, and the most its scheme lets them have."""
    return f"{load}" if most is None else f"{load}/{most}"


def _row(pair: Any, load: int, most: int | None) -> list[str]:
    child, village, helper = pair.child, pair.child.village, pair.helper
    return [
        child.name,
        str(LEVEL_WORDS.get(child.heart_level, _("未评"))),
        child.school.name if child.school else "",
        child.school_class.name if child.school_class else "",
        village.parent.name if village.parent else "",
        village.name,
        pair.slot.rule.name,
        helper.name if helper else _("空缺"),
        helper.unit.name if helper and helper.unit else "",
        f"{pair.fit / 10:.0f}" if helper else "",
        _load_cell(load, most) if helper else "",
        _("是") if pair.is_locked else "",
        str(pair.get_origin_display()) if helper else "",
    ]
