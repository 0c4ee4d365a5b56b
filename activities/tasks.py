"""Background entries: ids in, one service call."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from activities.services.busy_calendars import read_links_again
from activities.services.event_listings import list_days_again
from activities.services.event_solves import fail_stuck_solves
from activities.services.event_solves import solve_day as solve
from activities.services.talk_rounds import plan_round as plan_classes
from activities.services.visit_consents import stop_unwanted_visits as stop_visits
from backend.jobs.services import beat


def solve_day(*, job: Any, solve_id: int) -> None:
    """Answer one question about a day."""
    solve(solve_id=solve_id, clock=timezone.now, beat=lambda: beat(job))


def plan_round(*, job: Any, round_id: int) -> None:
    """Plan the talk groups of the classes of a round."""
    plan_classes(round_id=round_id, clock=timezone.now, beat=lambda: beat(job))


def fail_stuck(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """End questions nobody will answer."""
    fail_stuck_solves(now=timezone.now())


def stop_unwanted_visits(*, job: Any) -> None:  # noqa: ARG001
    """Call off visits whose guardian said no before that stopped them."""
    stop_visits(now=timezone.now())


def list_days(*, job: Any) -> None:  # noqa: ARG001
    """Bring days to the calendars of schools and villages they were not brought to when children were signed up."""
    list_days_again(now=timezone.now())


def read_calendar_links(*, job: Any) -> None:
    """Read the calendars helpers linked anew."""
    read_links_again(clock=timezone.now, beat=lambda: beat(job))
