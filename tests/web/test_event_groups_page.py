"""Children of an event day divided into groups on a page."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.models import EventDay
from matching.services.trials import one_at_a_time
from tests.factories.events import an_event_day, fresh, with_children
from tests.web.event_pages import text_of, the_county


def test_children_are_divided_and_one_is_moved_with_the_effect_shown(visitor):
    client, event = visitor(the_county()), an_event_day()
    with_children(event, 12)
    url = f"/days/{event.public_id}/groups/"
    assert "12 名孩子分在 4 组" in text_of(client.get(url))
    seat = event.seats.filter(group_key="g1").first()
    page = text_of(client.get(f"{url}{seat.public_id}/move/"))
    assert "换到第二组" in page
    client.post(f"{url}{seat.public_id}/move/", {"version": fresh(event).draft_version, "group": "g2"})
    seat.refresh_from_db()
    assert seat.group_key == "g2"
    one, other = event.seats.order_by("pk")[:2]
    client.post(url, {"one": one.public_id, "other": other.public_id, "kind": "APART"})
    client.post(f"{url}divide/", {"version": fresh(event).draft_version})
    one.refresh_from_db()
    other.refresh_from_db()
    assert one.group_key != other.group_key


def test_dividing_waits_for_nobody_and_says_so(visitor):
    client, event = visitor(the_county()), an_event_day()
    with_children(event, 8)
    with one_at_a_time():
        page = text_of(
            client.post(f"/days/{event.public_id}/groups/divide/", {"version": fresh(event).draft_version}, follow=True)
        )
    assert "过几秒再试" in page


def test_looking_where_a_child_could_go_reads_the_day_once(visitor):
    client, event = visitor(the_county()), an_event_day()
    with_children(event, 12)
    seat = event.seats.filter(group_key="g1").first()
    url = f"/days/{event.public_id}/groups/{seat.public_id}/move/"
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    draft = fresh(event).draft
    draft["groups"] += [{"key": f"more{n}", "name": f"多{n}", "size": 1} for n in range(6)]
    EventDay.objects.filter(pk=event.pk).update(draft=draft)
    with CaptureQueriesContext(connection) as many:
        page = text_of(client.get(url))
    assert "换到多5" in page
    assert len(many) == len(few)


def test_while_a_child_is_dragged_the_effect_is_said_and_nothing_is_written(visitor):
    client, event = visitor(the_county()), an_event_day()
    with_children(event, 12)
    before = fresh(event).draft_version
    seat, other = (event.seats.filter(group_key=key).first() for key in ("g1", "g2"))
    url = f"/days/{event.public_id}/groups/{seat.public_id}/effect/"
    assert client.get(f"{url}?group=g2").json()["lines"][-1] == "各组人数会相差两个以上"
    assert client.get(f"{url}?with={other.public_id}").json()["lines"]
    for query in ("?group=no-such", "?with=nobody", ""):
        assert client.get(url + query).json()["lines"] == ["换不到那一组，请再看一遍分组。"]
    assert fresh(event).draft_version == before
    page = text_of(client.get(f"/days/{event.public_id}/groups/"))
    assert page.count("data-seat=") == 12
    assert url in page


def test_a_child_in_no_group_throws_nobody_out_of_one(visitor):
    client, event = visitor(the_county()), an_event_day()
    with_children(event, 12)
    seat, other = (event.seats.filter(group_key=key).first() for key in ("g1", "g2"))
    event.seats.filter(pk=seat.pk).update(group_key="")
    url = f"/days/{event.public_id}/groups/{seat.public_id}"
    assert client.get(f"{url}/effect/?with={other.public_id}").json()["lines"] == ["换不到那一组，请再看一遍分组。"]
    assert client.get(f"{url}/effect/?group=g2").json()["lines"] == ["这个孩子还没有组，放进来就行。"]
    client.post(f"{url}/move/", {"version": fresh(event).draft_version, "with": other.public_id})
    other.refresh_from_db()
    assert other.group_key == "g2"
