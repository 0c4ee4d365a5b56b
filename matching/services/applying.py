"""Putting what was tried into the drafts: the limit or the rule is changed for good, and every move is made."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.accounts.models import Role
from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.roster.models import Helper
from backend.roster.services.limits import change_limits
from backend.vault.ids import new_public_id
from matching.models import Certificate, ProposedPair, Scheme, Trial
from matching.services.claiming import claim, hold_draft
from matching.services.hand_edits import check_beside, note_edit, slot_of, worth_of
from matching.services.remedying import UNANSWERED, UNTRIED, townships_of
from matching.services.scheme_edits import edit_scheme
from matching.services.scheme_rules import book_of
from matching.services.trials import SOMEBODY_MORE, Wish, try_out
from matching.services.unapplying import as_before, as_left

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from backend.roster.access import Reader

MOST_MOVES = 200
_KINDS = frozenset({"LIMIT", "SCHEME_LIMIT", "PLACE", "WOMAN"})
_WISH_OF_CURE = {"limit": "LIMIT", "clearance": "CLEARED", "scheme_cap": "SCHEME_LIMIT", "woman": "WOMAN"}


class NotToApply(DomainError):
    """Somebody more, somebody gone or a check in order are not the matcher's to bring about."""

    code = "trial.not_to_apply"
    status = 400
    message = "This cannot be put into the draft: it moves nothing, too much, or what only people can bring about."


class DraftMoved(DomainError):
    code = "trial.draft_moved"
    message = "The draft has changed since this was tried, or it was put in already; try it again."


class NoSuchCure(DomainError):
    code = "cure.not_there"
    status = 404
    message = "This cure is not there any more."


def is_to_apply(trial: Trial) -> bool:
    """Whether a trial's answer can be put into the drafts."""
    moves = trial.result.get("moves", [])
    people = {one for _pair, old, new in moves for one in (old, new)}
    return (
        trial.state == Trial.State.DONE
        and trial.applied_at is None
        and all(wish["kind"] in _KINDS for wish in trial.wishes)
        and 0 < len(moves) <= MOST_MOVES
        and SOMEBODY_MORE not in people
    )


def apply_trial(*, trial: Trial, actor: Any, reader: Reader, now: datetime) -> int:
    """
    Change what the trial supposed, and make its moves in the drafts; answers how many places changed.

    All of it can be taken back together like any change by hand, the limit or the rule too.

    Raises:
        NotAllowed: only the county coordinator. NotToApply, DraftMoved: see there.
        RuleBroken: the ledger has changed since, and a rule forbids one of the new pairs.
        InvalidMove: a draft is no longer open.
    """
    reader.may(Role.COUNTY_COORDINATOR)
    if not is_to_apply(trial):
        raise NotToApply
    pairs = ProposedPair.objects.select_related("child__village").in_bulk([move[0] for move in trial.result["moves"]])
    with transaction.atomic():
        if Trial.objects.filter(pk=trial.pk, applied_at=None).update(applied_at=now) != 1:
            raise DraftMoved
        for draft, changes in sorted(Counter(pair.proposal_id for pair in pairs.values()).items()):
            hold_draft(draft, changes=changes)
        wishes = [Wish(**said) for said in trial.wishes]
        before = as_before(wishes)
        for wish in wishes:
            _bring_about(wish, actor, reader)
        batch = _move_all(trial, pairs, actor, now)
        Trial.objects.filter(pk=trial.pk).update(applied=as_left(before) | {"batch": batch})
        record(actor=actor, verb="trial.applied", subject=trial, after={"places": len(pairs)})
    return len(pairs)


def _bring_about(wish: Wish, actor: Any, reader: Reader) -> None:
    if wish.kind == "LIMIT":
        change_limits(people=wish.people, more=wish.more, actor=actor, reader=reader)
        return
    scheme = Scheme.objects.select_related("term", "county").get(public_id=wish.scheme)
    book = book_of(scheme)
    if wish.kind == "SCHEME_LIMIT":
        book = replace(book, limit_per_helper=wish.limit)
    elif wish.kind == "WOMAN":
        book = replace(book, has_woman_for_girl=wish.is_asked)
    else:
        places = [replace(place, **wish.said) if place.key == wish.place else place for place in book.places]
        book = replace(book, places=places)
    edit_scheme(scheme=scheme, book=book, version=scheme.version, actor=actor, reader=reader)


def _move_all(trial: Trial, pairs: Mapping[int, ProposedPair], actor: Any, now: datetime) -> str:
    """
    All places are written before any is judged: each helper may still hold what another move takes from them.

    Returns:
        What the changes have in common, see `PairEdit`.
    """
    people = Helper.objects.in_bulk({one for move in trial.result["moves"] for one in move[1:] if one})
    batch, moved = new_public_id(), []
    for pair_id, old, new in trial.result["moves"]:
        pair = pairs.get(pair_id)
        if pair is None or pair.helper_id != old or (new is not None and new not in people):
            raise DraftMoved
        columns = _columns(pair, people[new] if new is not None else None, now)
        moved.append(claim(pair, pair.version, actor, now, verb="pair.applied", batch=batch, **columns))
        note_edit(pair, actor, "pair.applied", people.get(old or 0), people.get(new or 0), "")
    for pair in moved:
        if pair.helper is not None:
            check_beside(pair, slot_of(pair), pair.helper)
    return batch


def _columns(pair: ProposedPair, helper: Helper | None, now: datetime) -> dict[str, Any]:
    fit, reasons = (0, []) if helper is None else worth_of(slot_of(pair), helper, now)
    return {
        "helper": helper, "fit": fit, "reasons": reasons, "is_locked": False, "certificate": None,
        "origin": ProposedPair.Origin.SOLVER, "alternatives": [],
    }  # fmt: skip


def try_cure(*, certificate: Certificate, number: int, actor: Any, reader: Reader, now: datetime) -> Trial:
    """
    Try one of a certificate's cures anew, on the draft as it is now.

    Raises:
        NoSuchCure: there is none of that number, or it stands for those that were not tried.
        NotAllowed, TrialBusy, TooManyTrials: as `try_out`.
    """
    cures = certificate.remedies or []
    if number >= len(cures) or cures[number]["kind"] in (UNTRIED, UNANSWERED):
        raise NoSuchCure
    cure = cures[number]
    areas = {area.pk: area for area, _open in townships_of([certificate])[certificate.pk]}
    area = areas.get(cure["area"]) if "area" in cure else next(iter(areas.values()), None)
    if area is None:
        raise NoSuchCure
    wish = _wish_of(cure, certificate.proposal.scheme)
    return try_out(run=certificate.proposal.run, area=area, wishes=[wish], actor=actor, reader=reader, now=now)


def _wish_of(cure: dict[str, Any], scheme: Scheme) -> Wish:
    kind = _WISH_OF_CURE.get(cure["kind"], "PLACE")
    people = list(Helper.objects.filter(pk__in=cure["helpers"]).order_by("pk").values_list("public_id", flat=True))
    place = scheme.slot_rules.filter(pk=cure.get("place", 0)).first()
    own = Scheme.objects.filter(pk=cure["scheme"]).first() if "scheme" in cure else place.scheme if place else scheme
    return Wish(
        kind=kind, people=people, scheme=own.public_id if own else "", place=place.key if place else "",
        limit=cure.get("limit"), said=cure.get("said", {}),
    )  # fmt: skip
