"""The list of an event day's children over the API: the same acts as on pages, and the same limits."""

from __future__ import annotations

import pytest
import time_machine

from activities.services.event_seats import sign_up
from tests.api.test_event_days import client_of, post
from tests.factories.events import a_planned_day, an_event_day, fresh, with_children
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_member, a_school, a_township

pytestmark = pytest.mark.django_db
PAPER = {"purposes": ["TAKE_PART", "PHOTO"], "given_by": "外婆", "given_date": "2026-11-20"}


@pytest.fixture(autouse=True)
def _at_one_moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def county():
    return client_of(a_coordinator(a_county()))


@pytest.fixture
def elsewhere():
    return client_of(a_coordinator(a_township(number=105, name="桑木镇")))


def get(client, event, path, expected=200):
    answer = client.get(f"/api/v1/event-days/{event.public_id}/{path}/")
    assert answer.status_code == expected, answer.content
    return answer.json()


def seats_of(event):
    return list(event.seats.order_by("pk").values_list("public_id", flat=True))


def test_guests_come_onto_the_list_once_and_leave_it(county):
    event = an_event_day()
    guests = [{"name": "张小明", "from_place": "越城区", "sex": "M", "birth_date": "2016-05-04"}, {"name": "李小红"}]
    assert post(county, event, "sign-up-guests", guests=guests) == {"new": 2}
    assert post(county, event, "sign-up-guests", guests=guests) == {"new": 0}
    seat = event.seats.get(sex="M")
    assert (seat.guest_name, seat.from_place, str(seat.birth_date), seat.state) == (
        "张小明", "越城区", "2016-05-04", "PLACE"
    )  # fmt: skip
    post(county, event, "leave", 204, seat=seat.public_id)
    assert event.seats.get(pk=seat.pk).state == "GONE"


@pytest.mark.parametrize(
    "guest", [{}, {"name": ""}, {"name": "长" * 31}, {"name": "张", "sex": "X"}, {"name": "张", "birth_date": "1990-01-01"},
              {"name": "张", "birth_date": "2027-01-01"}, {"name": "张", "place": "越城区"}],
)  # fmt: skip
def test_a_guest_that_does_not_do_is_refused(county, guest):
    event = an_event_day()
    post(county, event, "sign-up-guests", 400, guests=[guest])
    assert not event.seats.exists()


def test_a_schools_guests_are_its_own_and_it_touches_no_others(county):
    event, school = an_event_day(), a_school()
    mine = client_of(a_member("SCHOOL_COORDINATOR", organisation=school))
    post(county, event, "sign-up-guests", guests=[{"name": "县里来的"}])
    post(mine, event, "sign-up-guests", guests=[{"name": "本校的"}])
    own = event.seats.get(school=school)
    other = event.seats.get(school=None)
    post(mine, event, "leave", 404, seat=other.public_id)
    post(mine, event, "consents", 403, seats=[other.public_id], **PAPER)
    assert post(mine, event, "consents", seats=[own.public_id], **PAPER) == {"new": 2}
    assert {row["seat"] for row in get(mine, event, "consents")} == {own.public_id}


def test_consents_are_copied_from_paper_read_and_taken_back(county):
    event = an_event_day()
    sign_up(event=event, children=[a_child(), a_child()], actor=None, now=NOW)
    one, two = seats_of(event)
    assert post(county, event, "consents", seats=[one, two], **PAPER) == {"new": 4}
    assert post(county, event, "consents", seats=[one], **PAPER) == {"new": 0}
    post(county, event, "withdraw-consent", 204, seat=one, purpose="PHOTO")
    rows = get(county, event, "consents")
    assert {(row["seat"], row["purpose"]) for row in rows if row["withdrawn_at"] is None} == {
        (one, "TAKE_PART"), (two, "TAKE_PART"), (two, "PHOTO")
    }  # fmt: skip
    assert (rows[0]["given_by"], rows[0]["given_date"]) == ("外婆", "2026-11-20")
    post(county, event, "consents", 400, seats=[one], **PAPER | {"given_date": "2026-12-31"})
    post(county, event, "consents", 403, seats=["z" * 16], **PAPER)


def test_places_are_given_out_by_school(county, elsewhere):
    event, school = an_event_day(), a_school()
    sign_up(event=event, children=[a_child(school=school) for _n in range(3)], actor=None, now=NOW)
    told = post(county, event, "places", places=10, quotas=[{"school": school.public_id, "places": 1}])
    assert told == {"places": 10, "placed": 1, "waiting": 2, "quotas": [{"school": school.public_id, "places": 1}]}
    assert get(county, event, "places") == told
    quota = {"school": school.public_id, "places": 1}
    post(county, event, "places", 403, places=10, quotas=[quota, quota])
    post(county, event, "places", 403, places=10, quotas=[{"school": "z" * 16, "places": 1}])
    post(elsewhere, event, "places", 404, places=5)
    assert fresh(event).places == 10


def test_children_change_groups_with_the_effect_said_before(county, elsewhere):
    event = a_planned_day()
    with_children(event, 8)
    told = get(county, event, "groups")
    assert [len(group["seats"]) for group in told["groups"]] == [2, 2, 2, 2]
    assert (told["loose"], list(told["goals"])) == ([], ["apart", "siblings", "imbalance", "wishes", "repeats"])
    one, other = told["groups"][0]["seats"][0], told["groups"][1]["seats"][0]
    effect = post(county, event, "move-effect", seat=one, group=told["groups"][1]["key"])
    assert (effect["is_even"], set(effect["before"])) == (False, set(told["goals"]))
    after = post(county, event, "move", seat=one, swap_with=other, version=told["version"])
    assert one in after["groups"][1]["seats"]
    assert other in after["groups"][0]["seats"]
    assert after["version"] == told["version"] + 1
    post(county, event, "move", 409, seat=one, group="g1", version=told["version"])
    post(county, event, "move", 409, seat=one, group="no-such", version=after["version"])
    get(elsewhere, event, "groups", 404)


def test_wishes_are_noted_named_where_broken_and_forgotten(county):
    event = a_planned_day()
    with_children(event, 8)
    one, other = get(county, event, "groups")["groups"][0]["seats"]
    wish = post(county, event, "wish", 201, one=one, other=other, kind="APART")
    post(county, event, "wish", 409, one=other, other=one, kind="TOGETHER")
    told = get(county, event, "groups")
    assert told["wishes"] == [wish]
    assert [set(row["seats"]) for row in told["broken"] if row["goal"] == "apart"] == [{one, other}]
    post(county, event, "forget-wish", 204, wish=wish["id"])
    assert get(county, event, "groups")["wishes"] == []
    post(county, event, "forget-wish", 404, wish=wish["id"])
