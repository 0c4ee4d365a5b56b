"""What tests of event days' pages do again and again."""

from __future__ import annotations

from activities.models import DaySolve
from activities.services.event_solves import solve_day
from tests.factories.events import fresh
from tests.factories.planner import asked_once
from tests.factories.roster import (
    NOW,
    a_coordinator,
    a_county,
)


def the_county():
    return a_coordinator(a_county())


def text_of(answer):
    return answer.content.decode()


def answer_all():
    for solve in DaySolve.objects.filter(state="QUEUED"):
        with asked_once():
            solve_day(solve_id=solve.pk, clock=lambda: NOW, beat=lambda: None)


def act(client, event, do, **fields):
    version = fresh(event).draft_version
    return client.post(f"/days/{event.public_id}/act/", {"do": do, "version": version, **fields}, follow=True)
