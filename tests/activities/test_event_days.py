"""A day as rows: begun from a template, changed by hand, planned, published, and only those told who have to know."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activities.core.day import check, read_day, read_plan
from activities.core.day.clock import minutes_of
from activities.core.day.templates import BUILT_IN
from activities.event_selectors import event_parts_of_helper, latest_version
from activities.event_translation import is_rain_ready
from activities.models import DayNotice, DayPart, DaySolve, DayVersion, EventDay
from activities.services import event_days, event_edits, event_publishing, event_solves
from activities.services.event_publishing import preview
from backend.audit.models import AuditEntry
from backend.outbox.models import OutboxEvent
from tests.factories.events import (
    SATURDAY,
    a_planned_day,
    an_event_day,
    fresh,
    published,
    solved,
    with_children,
    with_hosts,
)
from tests.factories.roster import NOW, a_child, a_county

pytestmark = pytest.mark.django_db


def judged(event):
    return check(read_day(event.draft), read_plan(event.plan))


def put(event, part, value, version=None):
    event = fresh(event)
    return event_edits.put(
        event=event, version=version or event.draft_version, part=part, value=value, actor=None, now=NOW
    )


def test_the_zhuji_day_begins_word_for_word_and_other_days_begin_when_they_are_held():
    event = an_event_day()
    texts = [segment["text"] for segment in event.draft["segments"]]
    assert texts[0].startswith("由诸暨市青少年宫老师主持。开展“破冰之旅”活动。全体学生分四组")
    assert [segment["minutes"] for segment in event.draft["segments"]] == [50, 30, 40, 15, 15]
    assert (event.places, event.draft["date"], event.draft_version) == (48, "2026-12-05", 1)

    outing = an_event_day("outing", begin=9 * 60, end=18 * 60, place="县博物馆")
    assert outing.draft["places"][0]["name"] == "县博物馆"
    assert next(one for one in outing.draft["segments"] if one["key"] == "lunch")["window"] == ["12:00", "14:30"]


@pytest.mark.parametrize("code", BUILT_IN)
def test_every_built_in_day_can_be_planned_in_sun_and_rain(code):
    bounds = {"outing": (480, 1020), "birthday": (840, 990), "health": (510, 690), "parents": (540, 690)}
    begin, end = bounds.get(code, (540, 720))
    event = a_planned_day(template=code, begin=begin, end=end)

    assert event.answer["status"] == "OPTIMAL"
    assert is_rain_ready(event)
    assert [one for one in judged(event) if one.level != "warn"] == []


def test_a_change_is_audited_numbered_and_can_be_taken_back():
    event = an_event_day()
    changed = put(event, "groups", {"key": "g1", "name": "彩虹队", "size": 12})

    assert (changed.draft["groups"][0]["name"], changed.draft_version) == ("彩虹队", 2)
    assert AuditEntry.objects.filter(verb="event_day.part_changed").count() == 1
    back = event_edits.undo(event=changed, version=2, actor=None, now=NOW)
    assert (back.draft["groups"][0]["name"], back.draft_version) == ("第一组", 3)
    with pytest.raises(event_edits.NothingToUndo):
        event_edits.undo(event=back, version=3, actor=None, now=NOW)


def test_a_page_that_was_open_too_long_changes_nothing():
    event = an_event_day()
    put(event, "groups", {"key": "g1", "name": "彩虹队", "size": 12})
    with pytest.raises(event_days.DayChanged):
        put(event, "groups", {"key": "g1", "name": "向阳队", "size": 12}, version=1)
    with pytest.raises(event_days.DayMalformed):
        put(event, "groups", {"key": "g1", "name": "向阳队", "size": 0})
    assert fresh(event).draft["groups"][0]["name"] == "彩虹队"


def test_what_is_removed_leaves_nothing_behind_that_points_to_it():
    event = a_planned_day()
    with_hosts(event, "palace1")
    gone = event_edits.remove(
        event=event, version=event.draft_version, part="people", key="palace1", actor=None, now=NOW
    )
    assert not gone.hosts.exists()
    event_edits.remove(event=gone, version=gone.draft_version, part="segments", key="gifts", actor=None, now=NOW)
    photo = next(one for one in fresh(event).draft["segments"] if one["key"] == "photo")
    assert "after" not in photo


@pytest.mark.parametrize("text", ["请冉欣怡领唱", "冉欣怡", "由冉欣怡同学主持"])
def test_no_text_of_a_day_may_carry_the_name_of_a_child(text):
    a_child("冉欣怡")
    with pytest.raises(event_days.ChildNamed):
        put(an_event_day(), "groups", {"key": "g1", "name": text, "size": 12})


def test_a_short_name_that_is_also_a_word_does_not_forbid_the_word():
    a_child("方向")
    assert put(an_event_day(), "groups", {"key": "g1", "name": "方向盘队", "size": 12}).draft_version == 2
    with pytest.raises(event_days.ChildNamed):
        put(an_event_day(), "groups", {"key": "g1", "name": "方向同学的队", "size": 12})


def test_a_day_is_planned_and_proven_and_ready_for_rain():
    event = an_event_day()
    solve = solved(event)
    event = fresh(event)

    assert (solve.state, event.answer["status"], event.hand_edits) == ("DONE", "OPTIMAL", 0)
    assert max(one["start"] for one in event.plan["segments"]) == "11:15"
    assert {goal["name"]: goal["value"] for goal in event.answer["goals"]}["finish"] == 690
    assert [post["place"] for post in event.rain_plan["segments"][-1]["posts"]] == ["hall"]
    rainy = event_solves.use_rain_plan(event=event, version=event.draft_version, actor=None, now=NOW)
    assert rainy.draft["is_raining"] is True
    assert [one.rule for one in judged(rainy) if one.level == "forbid"] == []


def test_why_a_day_does_not_fit_comes_with_buttons_that_mend_it():
    event = an_event_day(end=660)
    solve = solved(event)
    assert (solve.state, solve.problem) == ("FAILED", "event_day.infeasible")
    relax = solve.answer["relax"]
    assert relax[0]["sentence"]
    event = fresh(event)
    for one in relax:
        event = event_solves.give_up(event=event, version=event.draft_version, relaxation=one, actor=None, now=NOW)
    assert solved(event).state == "DONE"


def test_one_question_at_a_time_and_a_change_by_hand_in_between_wins():
    event = an_event_day()
    solve = event_solves.ask(event=event, kind="PLAN", actor=None, now=NOW)
    with pytest.raises(event_solves.SolveOpen):
        event_solves.ask(event=event, kind="PLAN", actor=None, now=NOW)
    put(event, "groups", {"key": "g1", "name": "彩虹队", "size": 12})
    event_solves.solve_day(solve_id=solve.pk, clock=lambda: NOW, beat=lambda: None)

    solve.refresh_from_db()
    assert (solve.state, solve.problem) == ("FAILED", "event_day.changed")
    assert fresh(event).plan is None
    event_solves.ask(event=fresh(event), kind="PLAN", actor=None, now=NOW)
    assert event_solves.fail_stuck_solves(now=NOW + timedelta(minutes=6)) == 1


def test_nothing_is_taken_back_while_the_planner_is_asked():
    event = a_planned_day()
    asked = event_solves.ask(event=event, kind="ILL", person=event.draft["people"][0]["key"], actor=None, now=NOW)
    with pytest.raises(event_solves.SolveOpen):
        event_edits.undo(event=fresh(event), version=event.draft_version, actor=None, now=NOW)
    assert fresh(event).plan == event.plan

    event_solves.solve_day(solve_id=asked.pk, clock=lambda: NOW, beat=lambda: None)
    planned = fresh(event)
    event_edits.undo(event=planned, version=planned.draft_version, actor=None, now=NOW)
    assert (fresh(event).plan, fresh(event).draft) == (event.plan, event.draft)


def test_moving_a_segment_by_hand_is_counted_judged_and_kept_until_publishing():
    event = a_planned_day()
    before = next(one for one in event.plan["segments"] if one["key"] == "games")["visits"][0]["start"]
    moved = event_edits.place_by_hand(
        event=event, version=event.draft_version, segment="games", start=600, actor=None, now=NOW
    )
    games = next(one for one in moved.plan["segments"] if one["key"] == "games")
    assert (games["start"], moved.hand_edits) == ("10:00", 1)
    assert minutes_of(games["visits"][0]["start"], "") - minutes_of(before, "") == 10
    assert "group_twice" in {one.rule for one in judged(moved)}
    with pytest.raises(event_publishing.NotReady):
        published(moved)


def test_a_locked_segment_stays_where_it_is_when_the_rest_is_planned_again():
    event = a_planned_day()
    event = event_edits.lock(
        event=event, version=event.draft_version, segment="photo", is_locked=True, actor=None, now=NOW
    )
    assert {one["segment"] for one in event.draft["locks"]} == {"photo"}
    assert solved(event, "AROUND").state == "DONE"
    after = next(one for one in fresh(event).plan["segments"] if one["key"] == "photo")
    assert after["start"] == "11:15"
    free = event_edits.lock(
        event=fresh(event), version=fresh(event).draft_version, segment="photo", is_locked=False, actor=None, now=NOW
    )
    assert "locks" not in free.draft


def test_publishing_tells_everybody_once_and_then_only_those_whose_part_changed():
    event = a_planned_day()
    helpers = with_hosts(event, "palace1", "palace2", "palace3", "palace4", "volunteer1", "volunteer2", "reserve")
    children = with_children(event, 8)
    first = published(event)

    told = set(first.notices.values_list("helper_id", flat=True)) - {None}
    assert told == {one.pk for key, one in helpers.items() if key != "reserve"}
    assert set(first.notices.exclude(child=None).values_list("child_id", flat=True)) == {one.pk for one in children}
    assert set(first.notices.values_list("kind", flat=True)) == {"NEW"}
    fact = OutboxEvent.objects.get(name="event_day.published")
    assert fact.payload == {"day_id": event.pk, "version_id": first.pk, "is_off": 0}
    with pytest.raises(event_publishing.NothingNew):
        published(event)

    assert solved(event, "ILL", person="palace2").state == "DONE"
    second = published(event)
    assert {(one.helper_id, one.kind) for one in second.notices.all()} == {
        (helpers["palace2"].pk, "OFF"),
        (helpers["reserve"].pk, "NEW"),
    }
    assert (second.number, DayVersion.objects.count()) == (2, 2)
    assert "由青少年宫老师乙改为后备老师主持" in second.changes[0]["zh"]


def test_rain_on_the_day_tells_the_families_whose_place_moves_and_no_host_who_stays():
    event = a_planned_day()
    with_hosts(event, "palace1", "leader")
    children = with_children(event, 8)
    published(event)
    event = fresh(event)
    event_solves.use_rain_plan(event=event, version=event.draft_version, actor=None, now=NOW)
    second = published(event)

    assert not second.notices.exclude(helper=None).exists()
    assert second.notices.count() == len(children)
    line = second.notices.first().lines[0]
    assert line == {
        "zh": "全体合影：地点从礼堂前空地改到文化大礼堂",
        "en": "全体合影 is at 文化大礼堂 instead of 礼堂前空地",
    }


def test_calendars_see_one_row_a_part_whose_sequence_only_rises_with_time_place_and_state():
    event = a_planned_day()
    helper = with_hosts(event, "palace1")["palace1"]
    published(event)
    window = {"from_date": SATURDAY, "until_date": SATURDAY}
    mine = {one.segment_key: one for one in event_parts_of_helper(helper.pk, **window)}
    assert {key: one.sequence for key, one in mine.items()} == {"ice": 0, "games": 0}
    assert DayPart.objects.filter(kind="SEGMENT").count() == 5
    assert DayPart.objects.get(kind="DAY").name == "爱心手拉手"

    put(event, "segments", {**fresh(event).draft["segments"][0], "name": "相互认识"})
    published(event)
    renamed = mine["ice"].__class__.objects.get(pk=mine["ice"].pk)
    assert (renamed.name, renamed.sequence, renamed.changed_at > mine["ice"].changed_at) == ("相互认识", 0, True)

    assert solved(event, "ILL", person="palace1").state == "DONE"
    published(event)
    gone = {one.segment_key: (one.state, one.sequence) for one in event_parts_of_helper(helper.pk, **window)}
    assert gone == {"ice": ("CANCELLED", 1), "games": ("CANCELLED", 1)}


def test_calling_a_day_off_cancels_its_parts_and_tells_everybody_who_had_one():
    event = a_planned_day()
    with_hosts(event, "palace1")
    with_children(event, 8)
    with pytest.raises(event_publishing.DayNotPublished):
        event_publishing.call_off(event=event, reason="台风", actor=None, now=NOW)
    published(event)
    off = event_publishing.call_off(event=fresh(event), reason="台风", actor=None, now=NOW)

    assert off.state == "CANCELLED"
    assert set(DayPart.objects.values_list("state", flat=True)) == {"CANCELLED"}
    assert DayNotice.objects.filter(is_cancellation=True).count() == 9
    with pytest.raises(event_days.DayCalledOff):
        put(event, "groups", {"key": "g1", "name": "彩虹队", "size": 12})


def test_a_preview_says_who_is_told_what_and_who_has_no_file():
    event = a_planned_day()
    with_hosts(event, "palace1")
    seen = preview(event)
    assert [one.kind for one in seen.hosts] == ["NEW"]
    assert "青少年宫老师乙" in seen.unknown
    assert "青少年宫老师甲" not in seen.unknown
    assert seen.is_rain_ready
    assert latest_version(event) is None


def test_only_a_day_nobody_saw_can_be_deleted():
    event = an_event_day()
    event_days.drop_event_day(event=event, actor=None)
    assert not EventDay.objects.exists()
    other = a_planned_day()
    published(other)
    with pytest.raises(event_days.DayPublishedBefore):
        event_days.drop_event_day(event=fresh(other), actor=None)


def test_a_template_of_ones_own_holds_roles_and_no_names():
    event = put(an_event_day(), "people", {"key": "palace1", "name": "金老师", "roles": ["青少年宫老师"]})
    kept = event_days.keep_as_template(event=event, name="我们的", actor=None, now=NOW)
    assert kept.draft["people"][0]["name"] == "青少年宫老师1"
    again = event_days.make_event_day(
        template=kept.draft, title="又一次", date=SATURDAY, begin=540, end=720, place="", area=a_county(), actor=None,
        now=NOW,
    )  # fmt: skip
    assert solved(again).state == "DONE"


def test_a_solve_that_is_over_is_not_solved_again():
    solve = solved(an_event_day())
    DaySolve.objects.filter(pk=solve.pk).update(asked={})
    event_solves.solve_day(solve_id=solve.pk, clock=lambda: NOW, beat=lambda: None)
    solve.refresh_from_db()
    assert (solve.state, fresh(solve.event).draft_version) == ("DONE", 2)


def test_a_late_group_pushes_the_day_back_and_turns_nothing_round():
    event = a_planned_day()
    order = [segment["key"] for segment in event.plan["segments"]]

    assert solved(event, "LATE", groups=("g2",), minutes=9 * 60 + 20).state == "DONE"
    assert [segment["key"] for segment in fresh(event).plan["segments"]] == order


def test_a_place_of_ones_own_takes_the_templates_place_out_of_the_notes():
    assert any("栗金村" in note for note in an_event_day().draft["notes"])
    assert not any("栗金村" in note for note in an_event_day(place="清溪镇礼堂").draft["notes"])
