"""What hands did to single places of a draft, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from matching.models import PairEdit, ProposedPair
from matching.selectors import people_for_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader

_MOVING = ("pair.put", "pair.swapped", "pair.taken_off", "pair.objected", "pair.applied")


@dataclass(frozen=True)
class Step:
    """
    One change of one place: `old` and `new` name who was there before and after, "" = nobody; `draft` is the number of
    the draft it was made in.
    """

    at: datetime
    verb: str
    who: str
    old: str
    new: str
    reason: str
    draft: int

    @property
    def is_move(self) -> bool:
        """Whether the place changed hands."""
        return self.old != self.new


def history_of(reader: Reader, pair: ProposedPair) -> list[Step]:
    """
    Every change of a place by hand, the latest first; what was taken back stays, with its taking back. Below it go on
    the changes in earlier drafts, where this one took over what a person had chosen and locked there.

    Of those who were there once, only whom the reader may know of is named.
    """
    changes = _changes([pair])
    changes += _changes(_taken_over(pair, changes))
    names = _names(reader, pair, {helper for edit, after in changes for helper in (edit.before["helper_id"], after)})
    return [
        Step(
            at=edit.made_at, verb=edit.verb, who=edit.made_by.display_name if edit.made_by else "",
            old=names.get(edit.before["helper_id"], ""), new=names.get(after, ""), reason=edit.reason,
            draft=edit.pair.proposal.number,
        )
        for edit, after in changes
    ]  # fmt: skip


def _changes(places: Sequence[ProposedPair]) -> list[tuple[PairEdit, int | None]]:
    """(edit, row id of whom it left there) of each change of these places, the latest draft's and change's first."""
    edits = PairEdit.objects.filter(pair__in=places).select_related("made_by", "pair__proposal")
    after = {pair.pk: pair.helper_id for pair in places}
    changes: list[tuple[PairEdit, int | None]] = []
    for edit in edits.order_by("-pair__proposal", "-version"):
        changes.append((edit, after[edit.pair_id]))
        # Whoever was there after a change is whom the next change found.
        after[edit.pair_id] = edit.before["helper_id"]
    return changes


def _taken_over(pair: ProposedPair, changes: Sequence[tuple[PairEdit, int | None]]) -> list[ProposedPair]:
    """The places of earlier drafts where a person chose whom this draft began with."""
    first: dict[str, Any] = changes[-1][0].before if changes else {"helper_id": pair.helper_id, "origin": pair.origin}
    if first["origin"] != ProposedPair.Origin.HAND:
        return []
    return list(_chosen().filter(proposal__lt=pair.proposal_id, slot=pair.slot_id, helper=first["helper_id"]))


def _chosen() -> QuerySet[ProposedPair]:
    """Places as the next draft takes them over: with somebody a person chose, and locked."""
    return ProposedPair.objects.filter(origin=ProposedPair.Origin.HAND, is_locked=True, helper__isnull=False)


def _names(reader: Reader, pair: ProposedPair, ids: set[int | None]) -> dict[int | None, str]:
    somebody = [one for one in ids if one is not None]
    names: dict[int | None, str] = {one: _("别处的一位") for one in somebody}
    names.update(people_for_place(reader, pair.slot.rule).filter(pk__in=somebody).values_list("pk", "name"))
    return names | ({pair.helper_id: pair.helper.name} if pair.helper_id and pair.helper else {})


def reasons_of(pairs: Iterable[ProposedPair]) -> dict[int, str]:
    """Row id of each place -> why it is as a hand left it, here or in the draft it was taken over from, where said."""
    places = list(pairs)
    moved = _moves().filter(pair__in=[pair.pk for pair in places if pair.changed_at is not None]).order_by("version")
    latest = dict(moved.values_list("pair_id", "reason"))
    rest = [pair for pair in places if pair.origin == ProposedPair.Origin.HAND and pair.pk not in latest]
    return {pair_id: reason for pair_id, reason in (latest | _reasons_before(rest)).items() if reason}


def _reasons_before(places: Sequence[ProposedPair]) -> dict[int, str]:
    """Row id of each place that nobody moved in its own draft -> the latest reason given in an earlier one, if any."""
    here = {(pair.slot_id, pair.helper_id): pair for pair in places}
    moved = _moves().filter(pair__in=_chosen().filter(slot__in=[slot for slot, _helper in here]))
    columns = ("pair__slot_id", "pair__helper_id", "pair__proposal_id", "reason")
    found: dict[int, str] = {}
    for slot, helper, draft, reason in moved.order_by("pair__proposal", "version").values_list(*columns):
        pair = here.get((slot, helper))
        if pair is not None and draft < pair.proposal_id:
            found[pair.pk] = reason
    return found


def _moves() -> QuerySet[PairEdit]:
    """Changes that stand and said who is in a place."""
    return PairEdit.objects.filter(verb__in=_MOVING, undone_at=None)
