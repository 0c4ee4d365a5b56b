"""Questions to the planner that cannot be answered say why, and cost nothing where that is known before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from activities.core.day.rules import Level
from activities.core.day.sentences import Violation
from activities.event_translation import fingerprint
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


def given_up(event, rule, keys, **values):
    event = fresh(event)
    one = {"rule": rule, "keys": keys, "values": values}
    return event_solves.give_up(event=event, version=event.draft_version, relaxation=one, actor=None, now=NOW)


def test_one_more_host_joins_the_day_and_can_be_given_a_name():
    event = given_up(an_event_day(), "host_count", ["青少年宫老师"], count=2)
    new = event.draft["people"][-2:]
    assert [one["roles"] for one in new] == [["青少年宫老师"], ["青少年宫老师"]]
    named = event_edits.put_person(
        event=event, version=event.draft_version, value={**new[0], "name": "金老师"}, helper=None, actor=None, now=NOW
    )
    assert [one["name"] for one in named.draft["people"]][-2] == "金老师"


def test_hours_that_come_from_a_calendar_are_not_written_down_where_somebody_joins(monkeypatch):
    def busy_all_day(_event, day):
        return replace(day, people=tuple(replace(one, hours=()) for one in day.people))

    monkeypatch.setattr(event_solves, "heeding_calendars", busy_all_day)
    event = given_up(an_event_day(), "host_count", ["青少年宫老师"], count=1)
    assert not any("hours" in one for one in event.draft["people"])


@pytest.mark.parametrize(
    ("rule", "keys", "values"),
    [
        ("transfer", ["hall", "hall"], {"minutes": 10**9}),
        ("transfer", ["hall", "yard"], {"minutes": 10**9}),
        ("host_count", ["不问的身份"], {"count": 1}),
        ("host_count", ["青少年宫老师"], {"count": 10**9}),
    ],
)
def test_a_button_somebody_wrote_themselves_never_makes_a_day_nobody_can_read(rule, keys, values):
    event = an_event_day()
    with pytest.raises(event_solves.NothingToRelax):
        given_up(event, rule, keys, **values)
    assert fresh(event).draft == event.draft


def outcomes(*plans):
    """What the program answers, one after the other, instead of asking it."""
    said = iter([{"status": "OPTIMAL", "goals": [], "plan": one} for one in plans])
    return lambda *_facts: next(said)


def test_taking_a_re_plan_back_gives_the_plan_for_rain_back_too(monkeypatch):
    first, wet, second, wetter = ({"segments": [], "trips": []} for _plan in range(4))
    for number, one in enumerate((first, wet, second, wetter)):
        one["segments"] = [{"key": "ice", "start": f"0{number}:00", "minutes": 50, "posts": []}]
    monkeypatch.setattr(event_solves, "_run", outcomes(first, wet, second, wetter))
    event = an_event_day()
    solved(event)
    solved(event, "AROUND")
    assert (fresh(event).plan, fresh(event).rain_plan) == (second, wetter)
    event = event_edits.undo(event=fresh(event), version=fresh(event).draft_version, actor=None, now=NOW)
    assert (event.plan, event.rain_plan) == (first, wet)
    assert event.rain_answer["base"] == fingerprint(first)


def test_a_plan_for_rain_made_after_the_page_was_opened_is_kept_for_taking_back(monkeypatch):
    dry, wet = ({"segments": [{"key": "ice", "start": at, "minutes": 50, "posts": []}], "trips": []}
                for at in ("09:00", "10:00"))  # fmt: skip
    monkeypatch.setattr(event_solves, "_run", outcomes(dry, None, wet))
    event = an_event_day()
    solved(event)
    opened = fresh(event)
    solved(event, "RAIN")
    event_edits.put_bounds(event=opened, version=opened.draft_version, values={"notes": ["带水"]}, actor=None, now=NOW)
    event = event_edits.undo(event=fresh(event), version=fresh(event).draft_version, actor=None, now=NOW)
    assert event.rain_plan == wet
