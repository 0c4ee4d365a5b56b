"""Background entries: ids in, one service call."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from backend.accounts.models import User
from backend.jobs.services import beat
from backend.roster.access import reader_for
from backend.roster.models import Area
from matching.models import MatchingRun, Scheme
from matching.services.offers import lapse_due_offers, withdraw_filled_offers
from matching.services.pairings import end_long_suspended, resume_cleared, resume_rested, suspend_uncleared
from matching.services.remedying import find_remedies as find
from matching.services.renewals import plan_renewal, renew
from matching.services.repairs import queue_waiting_repairs
from matching.services.repairs import repair_places as repair
from matching.services.runs import fail_stuck_runs as fail_stuck
from matching.services.runs import solve_run as solve
from matching.services.schemes import install_presets
from matching.services.stand_ins import begin_due, end_due
from matching.services.trials import solve_trial as solve_one_trial


def solve_run(*, job: Any, run_id: int) -> None:
    """Solve one run."""
    solve(run_id=run_id, clock=timezone.now, beat=lambda: beat(job), queue=job.queue)


def find_remedies(*, job: Any, run_id: int) -> None:
    """Try cures for what a finished run is short of."""
    run = MatchingRun.objects.select_related("scheme__county", "scheme__term").get(pk=run_id)
    find(run=run, now=timezone.now(), beat=lambda: beat(job))


def solve_trial(*, job: Any, trial_id: int) -> None:
    """Answer one queued what-if."""
    beat(job)
    solve_one_trial(trial_id=trial_id, now=timezone.now(), queue=job.queue)


def fail_stuck_runs(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """End runs nobody will finish."""
    fail_stuck(now=timezone.now())


def check_clearances(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """Pause pairings whose helper is no longer cleared, and take up again those whose helper is."""
    suspend_uncleared(now=timezone.now())
    resume_cleared(now=timezone.now())


def lapse_offers(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """Close offers past their deadline, and those of places that are filled."""
    lapse_due_offers(now=timezone.now())
    withdraw_filled_offers(now=timezone.now())


def repair_places(*, job: Any, scheme_id: int) -> None:
    """Repair the freed places of one scheme."""
    repair(scheme_id=scheme_id, job_id=job.public_id, clock=timezone.now, beat=lambda: beat(job), queue=job.queue)


def wake_repairs(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """Repair what waits although its job was lost."""
    queue_waiting_repairs(now=timezone.now())


def check_pauses(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """Move what stand-ins are to hold, take up what rested until today, and end what rested too long if so said."""
    end_due(now=timezone.now())
    begin_due(now=timezone.now())
    resume_rested(now=timezone.now())
    end_long_suspended(now=timezone.now())


def renew_pairings(*, job: Any, scheme_id: int, user_id: int) -> None:
    """Renew the pairings of a scheme in somebody's scope: what was shown to them, sorted anew."""
    user, now = User.objects.get(pk=user_id), timezone.now()
    scheme = Scheme.objects.select_related("term", "county").get(pk=scheme_id)
    plan = plan_renewal(scheme=scheme, reader=reader_for(user, now), now=now)
    renew(plan=plan, actor=user, now=now, beat=lambda: beat(job))


def open_terms(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """Every county has the present term and its schemes, from the term's first day."""
    now = timezone.now()
    problems: list[Exception] = []
    for county in Area.objects.filter(kind=Area.Kind.COUNTY).order_by("code"):
        try:
            install_presets(county, now=now)
        except Exception as error:  # noqa: BLE001 - one county must not keep the others waiting
            problems.append(error)
    if problems:
        raise problems[0]
