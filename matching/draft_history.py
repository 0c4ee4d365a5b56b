"""What hands did to single places of a draft, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from matching.models import PairEdit
from matching.selectors import people_for_place

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from backend.roster.access import Reader
    from matching.models import ProposedPair

_MOVING = ("pair.put", "pair.swapped", "pair.taken_off", "pair.applied")


@dataclass(frozen=True)
class Step:
    """One change of one place: `old` and `new` name who was there before and after, "" = nobody."""

    at: datetime
    verb: str
    who: str
    old: str
    new: str
    reason: str

    @property
    def is_move(self) -> bool:
        """Whether the place changed hands."""
        return self.old != self.new


def history_of(reader: Reader, pair: ProposedPair) -> list[Step]:
    """
    Every change of a place by hand, the latest first; what was taken back stays, with its taking back.

    Of those who were there once, only whom the reader may know of is named.
    """
    edits = list(PairEdit.objects.filter(pair=pair).select_related("made_by").order_by("-version"))
    # Whoever was there after a change is whom the next change found.
    after = [pair.helper_id, *(edit.before["helper_id"] for edit in edits)]
    names = _names(reader, pair, {one for one in after if one})
    return [
        Step(
            at=edit.made_at, verb=edit.verb, who=edit.made_by.display_name if edit.made_by else "",
            old=names.get(edit.before["helper_id"], ""), new=names.get(there or 0, ""), reason=edit.reason,
        )
        for edit, there in zip(edits, after, strict=False)
    ]  # fmt: skip


def _names(reader: Reader, pair: ProposedPair, ids: set[int]) -> dict[int, str]:
    known = people_for_place(reader, pair.slot.rule).filter(pk__in=ids)
    names = dict.fromkeys(ids, _("别处的一位")) | dict(known.values_list("pk", "name"))
    return names | ({pair.helper_id: pair.helper.name} if pair.helper_id and pair.helper else {})


def reasons_of(pairs: Iterable[ProposedPair]) -> dict[int, str]:
    """Row id of each place -> why it is as a hand left it, where somebody said why."""
    ids = [pair.pk for pair in pairs if pair.changed_at is not None]
    moved = PairEdit.objects.filter(pair__in=ids, verb__in=_MOVING, undone_at=None).order_by("version")
    latest = dict(moved.values_list("pair_id", "reason"))
    return {pair_id: reason for pair_id, reason in latest.items() if reason}
