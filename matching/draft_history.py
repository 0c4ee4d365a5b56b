"""What hands did to single places of a draft, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend.roster.models import Helper
from matching.models import PairEdit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

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


def history_of(pair: ProposedPair) -> list[Step]:
    """Every change of a place by hand, the latest first; what was taken back stays, with its taking back."""
    edits = list(PairEdit.objects.filter(pair=pair).select_related("made_by").order_by("-version"))
    # Whoever was there after a change is whom the next change found.
    after = [pair.helper_id, *(edit.before["helper_id"] for edit in edits)]
    names = dict(Helper.objects.filter(pk__in=[one for one in after if one]).values_list("pk", "name"))
    return [
        Step(
            at=edit.made_at, verb=edit.verb, who=edit.made_by.display_name if edit.made_by else "",
            old=names.get(edit.before["helper_id"], ""), new=names.get(there or 0, ""), reason=edit.reason,
        )
        for edit, there in zip(edits, after, strict=False)
    ]  # fmt: skip


def reasons_of(pairs: Iterable[ProposedPair]) -> dict[int, str]:
    """Row id of each place -> why it is as a hand left it, where somebody said why."""
    ids = [pair.pk for pair in pairs if pair.changed_at is not None]
    moved = PairEdit.objects.filter(pair__in=ids, verb__in=_MOVING, undone_at=None).order_by("version")
    latest = dict(moved.values_list("pair_id", "reason"))
    return {pair_id: reason for pair_id, reason in latest.items() if reason}
