"""Matching a draft again as it was matched, around what was locked in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.kernel.errors import InvalidMove
from matching.models import Proposal
from matching.services.runs import RunOptions, start_run

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader
    from matching.models import MatchingRun


def match_again(*, draft: Proposal, actor: Any, reader: Reader, now: datetime) -> MatchingRun:
    """
    Put a run in the queue with the schemes, the place and the choices of the run a draft came from. The same seed: what
    nothing speaks against stays as it was.

    Raises:
        InvalidMove: the draft is no longer open.
        NotAllowed, QueueFull, SchemeOff, SolvedApart, DifferentTerms: as `start_run` does.
    """
    with transaction.atomic():
        state = Proposal.objects.values_list("state", flat=True).get(pk=draft.pk)
        if state != Proposal.State.OPEN:
            raise InvalidMove(state=state)
        run = draft.run
        lead, *joined = run.schemes
        options = RunOptions(mode=run.mode, seed=run.seed, fit_band=run.fit_band, seconds=run.seconds_limit)
        return start_run(
            scheme=lead, joined=joined, area=run.area, options=options, actor=actor, reader=reader, now=now
        )
