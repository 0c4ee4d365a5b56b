"""Taking back what putting a trial into the drafts changed beside the moves: limits of people, and rules of schemes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from backend.audit.services import record
from backend.roster.services.limits import limits_of, restore_limits
from matching.models import Scheme, Trial
from matching.services.scheme_edits import put_book
from matching.services.scheme_rules import PlaceBook, SchemeBook, book_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matching.services.trials import Wish

LIMIT, RULE = "LIMIT", "RULE"
"""What may stay as it is because somebody has changed it since."""


def as_before(wishes: Sequence[Wish]) -> dict[str, Any]:
    """What the wishes will change, as it is now: limits by public id, rule books by scheme."""
    people = [one for wish in wishes if wish.kind == "LIMIT" for one in wish.people]
    schemes = Scheme.objects.filter(public_id__in={wish.scheme for wish in wishes if wish.scheme})
    return {"limits": limits_of(people), "books": {one.public_id: asdict(book_of(one)) for one in schemes}}


def as_left(before: dict[str, Any]) -> dict[str, Any]:
    """The same once it has changed: what was, and the limits and versions the change left."""
    now = limits_of(list(before["limits"]))
    left = {
        public_id: total for public_id, (total, _given) in now.items() if now[public_id] != before["limits"][public_id]
    }
    versions = Scheme.objects.filter(public_id__in=before["books"]).values_list("public_id", "version")
    return before | {"left": left, "versions": dict(versions)}


def take_back_applied(*, batch: str, actor: Any) -> tuple[str, ...]:
    """
    Put limits and rules back as they were before a trial was put in; the trial can be put in again. Inside the
    caller's transaction, which takes the moves back.

    Returns:
        Which of LIMIT and RULE stays in part, because somebody has changed it since.
    """
    trial = Trial.objects.filter(applied__batch=batch).exclude(applied_at=None).first()
    if trial is None:
        return ()
    was = trial.applied
    stays = [LIMIT] if restore_limits(was=was["limits"], left=was["left"], actor=actor) else []
    if [one for one in was["books"] if not _put_back(one, was, actor)]:
        stays.append(RULE)
    Trial.objects.filter(pk=trial.pk).update(applied_at=None, applied={})
    record(actor=actor, verb="trial.undone", subject=trial, after={"stays": stays})
    return tuple(stays)


def _put_back(public_id: str, was: dict[str, Any], actor: Any) -> bool:
    """Whether a scheme was still as the trial had left it, and has its rules back."""
    scheme = Scheme.objects.select_for_update().get(public_id=public_id)
    if scheme.version != was["versions"][public_id]:
        return False
    told = was["books"][public_id]
    book = SchemeBook(**told | {"places": [PlaceBook(**place) for place in told["places"]]})
    put_book(scheme=scheme, book=book, version=scheme.version, actor=actor)
    return True
