"""Questions to the planner that cannot be answered say why, and cost nothing where that is known before."""

from __future__ import annotations

import pytest

from activities.core.day.rules import Level
from activities.core.day.sentences import Violation
from activities.models import DaySolve, EventDay
from activities.services import event_edits, event_solves
from backend.web.shared.day_words import PROBLEMS
from tests.factories.events import a_planned_day, an_event_day, fresh, solved
from tests.factories.roster import NOW

pytestmark = pytest.mark.django_db


def answered(solve):
    event_solves.solve_day(solve_id=solve.pk, clock=lambda: NOW, beat=lambda: None)
    solve.refresh_from_db()
    return solve.state, solve.problem


def never(*_facts, **_more):
    raise AssertionError("the planner was started")


def test_a_question_about_an_older_draft_is_not_even_computed(monkeypatch):
    event = a_planned_day()
    solve = event_solves.ask(event=event, kind="ILL", person="palace1", actor=None, now=NOW)
    event_edits.remove(event=event, version=event.draft_version, part="people", key="palace1", actor=None, now=NOW)
    monkeypatch.setattr(event_solves, "_run", never)
    assert answered(solve) == ("FAILED", "event_day.changed")


def test_a_day_called_off_meanwhile_is_not_computed(monkeypatch):
    event = an_event_day()
    solve = event_solves.ask(event=event, kind="PLAN", actor=None, now=NOW)
    EventDay.objects.filter(pk=event.pk).update(state="CANCELLED")
    monkeypatch.setattr(event_solves, "_run", never)
    assert answered(solve) == ("FAILED", "event_day.cancelled")


def test_a_question_nobody_can_answer_any_more_ends_in_words():
    event = a_planned_day()
    solve = event_solves.ask(event=event, kind="ILL", person="palace1", actor=None, now=NOW)
    DaySolve.objects.filter(pk=solve.pk).update(asked={**solve.asked, "person": "nobody"})
    assert answered(solve) == ("FAILED", "event_day.malformed")


def test_a_plan_that_does_not_pass_the_judge_is_not_taken_and_said_to_be_so(monkeypatch):
    event = an_event_day()
    bad = Violation("group_twice", Level.FORBID, (), "不行", "no")
    monkeypatch.setattr(event_solves, "violations_of", lambda _day, _plan: (bad,))
    solve = solved(event)
    assert (solve.state, solve.problem, solve.answer["status"]) == ("FAILED", "event_day.faulty_plan", "FAULTY")
    assert fresh(event).plan is None


def test_what_the_program_itself_found_faulty_has_the_same_code(monkeypatch):
    monkeypatch.setattr(event_solves, "_run", lambda *_facts: {"status": "FAULTY", "violations": []})
    assert solved(an_event_day()).problem == "event_day.faulty_plan"


def test_every_reason_has_words():
    codes = {*event_solves._PROBLEMS.values(), "event_day.timed_out", "event_day.changed", "event_day.cancelled",
             "event_day.malformed"}  # fmt: skip
    assert codes <= set(PROBLEMS)
