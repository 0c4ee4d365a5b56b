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
