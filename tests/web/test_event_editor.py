"""An event day changed by hand: moved, tried before, undone, judged by rules taken more or less seriously."""

from __future__ import annotations

import pytest

from activities.event_words import changeable_rules, rule_lines
from activities.services.event_edits import put_bounds
from backend.web.coordinator.event_rules import WORDS
from tests.factories.events import a_planned_day, an_event_day, fresh, solved
from tests.factories.roster import NOW
from tests.web.event_pages import act, text_of, the_county


def test_moving_by_hand_is_judged_undone_and_tried_before(visitor):
    client, event = visitor(the_county()), a_planned_day()
    url = f"/days/{event.public_id}"
    tried = client.get(f"{url}/try/", {"segment": "play", "start": "600"}).json()
    assert not tried["ok"]
    assert any("同时在" in line["words"] and line["level"] == "hard" for line in tried["lines"])
    dragged = client.post(f"{url}/drag/", {"segment": "play", "start": "600", "version": event.draft_version})
    assert dragged.json()["ok"]
    page = text_of(client.get(f"{url}/"))
    assert "阻止发布" in page
    act(client, event, "undo")
    assert "可以发布" in text_of(client.get(f"{url}/"))
    assert client.get(f"{url}/place/play/").status_code == 200
    act(client, event, "lock", back="play")
    assert fresh(event).draft["locks"]


def test_the_timeline_gives_rows_and_boxes_and_a_drop_on_another_row_exchanges_the_host(visitor):
    client, event = visitor(the_county()), a_planned_day()
    assert client.get(f"/days/{event.public_id}/drag-page/").status_code == 200
    shown = client.get(f"/days/{event.public_id}/timeline/").json()
    assert [row["id"] for row in shown["rows"]][:4] == ["group:g1", "group:g2", "group:g3", "group:g4"]
    assert {box["row"] for box in shown["boxes"] if box["segment"] == "photo"} == {
        "group:g1",
        "group:g2",
        "group:g3",
        "group:g4",
    }
    assert "place:hall" in {
        row["id"] for row in client.get(f"/days/{event.public_id}/timeline/?rows=places").json()["rows"]
    }
    drop = {"segment": "gifts", "host": "reserve", "from_host": "leader"}
    tried = client.get(f"/days/{event.public_id}/try/", drop).json()
    assert not tried["ok"]
    assert client.post(f"/days/{event.public_id}/drag/", drop | {"version": event.draft_version}).json()["ok"]
    gifts = next(one for one in fresh(event).plan["segments"] if one["key"] == "gifts")
    assert gifts["posts"][0]["hosts"] == ["reserve"]


@pytest.mark.parametrize(
    "asked",
    [
        {"segment": "games", "start": "1430"},
        {"segment": "games", "start": "9" * 5000},
        {"segment": "games", "minutes": "1440", "start": "1400"},
        {"segment": "photo", "host": "nobody", "from_host": "leader"},
        {"segment": "gifts", "host": "nobody", "from_host": "leader"},
        {"segment": "photo", "place": "nowhere", "from_place": "hall"},
        {"segment": "nothing", "start": "600"},
        {},
    ],
)
def test_a_drag_that_cannot_be_is_answered_with_words(visitor, asked):
    client, event = visitor(the_county()), a_planned_day()
    tried = client.get(f"/days/{event.public_id}/try/", asked)
    assert tried.status_code in (200, 404)
    dragged = client.post(f"/days/{event.public_id}/drag/", asked | {"version": event.draft_version})
    assert dragged.status_code < 500
    assert client.get(f"/days/{event.public_id}/").status_code == 200


@pytest.mark.parametrize("version", ["", "x", "9" * 30, "-1"])
def test_a_version_no_page_sends_is_nothing(visitor, version):
    client, event = visitor(the_county()), a_planned_day()
    url = f"/days/{event.public_id}"
    for path in ("act/", "groups/divide/", "drag/", "parts/groups/g1/remove/", "publish/"):
        answer = client.post(f"{url}/{path}", {"do": "undo", "version": version, "segment": "photo"})
        assert answer.status_code == 404, path


def test_the_levels_of_rules_are_changed_on_a_page_and_the_judge_speaks_accordingly(visitor):
    client, event = visitor(the_county()), a_planned_day()
    url = f"/days/{event.public_id}/rules/"
    usual = {row.code: row.usual for row in changeable_rules(event.draft)}
    assert set(usual) == set(WORDS)
    client.post(f"/days/{event.public_id}/drag/", {"segment": "play", "start": "600", "version": event.draft_version})
    assert "阻止发布" in text_of(client.get(f"/days/{event.public_id}/"))
    free = {
        "group_twice": "warn",
        "host_twice": "ignore",
        "after": "ignore",
        "transfer": "ignore",
        "host_transfer": "ignore",
    }
    page = client.post(url, usual | free | {"version": fresh(event).draft_version}, follow=True)
    assert fresh(event).draft["rules"] == free
    assert "平常是“不可以”" in text_of(client.get(url))
    assert "可以发布" in text_of(page)
    assert all(line.level == "warn" for line in rule_lines(fresh(event), fresh(event).plan))
    client.post(url, usual | {"version": fresh(event).draft_version})
    assert "rules" not in fresh(event).draft
    assert client.post(url, usual | {"after": "never", "version": fresh(event).draft_version}).status_code == 200


def test_the_planner_is_bound_by_no_rule_the_page_says_to_ignore(visitor):
    """A morning too short for one group after the other; with groups in two places at once it can be planned."""
    client, event = visitor(the_county()), an_event_day()
    usual = {row.code: row.usual for row in changeable_rules(event.draft)}
    put_bounds(event=event, version=1, values={"end": "10:30"}, actor=None, now=NOW)
    assert solved(event).problem == "event_day.infeasible"
    lenient = dict.fromkeys(("group_twice", "host_twice", "host_hours", "after", "transfer", "window"), "ignore")
    url = f"/days/{event.public_id}/rules/"
    client.post(url, usual | lenient | {"version": fresh(event).draft_version})
    assert solved(event).state == "DONE"
    assert "可以发布" in text_of(client.get(f"/days/{event.public_id}/"))
