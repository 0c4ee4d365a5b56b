"""When every place is taken the next request is refused at once, each lane for itself."""

from __future__ import annotations

import threading

import pytest
from django.http import HttpResponse

from backend.web.shared.gates import GateMiddleware


class Door:
    """A view that stays open until told, behind the gates."""

    def __init__(self):
        self.may_end = threading.Event()
        self.inside = threading.Semaphore(0)
        self.gates = GateMiddleware(self.view)
        self.threads = []

    def view(self, request):
        if "/slow" in request.path:
            self.inside.release()
            assert self.may_end.wait(10)
        if "/broken" in request.path:
            raise RuntimeError
        return HttpResponse("ok")

    def fill(self, factory, path, places):
        """Take so many places."""
        for _each in range(places):
            self.threads.append(threading.Thread(target=self.gates, args=[factory.get(path)]))
            self.threads[-1].start()
            assert self.inside.acquire(timeout=10)


@pytest.fixture
def door(settings):
    settings.WEB_GATES, settings.FEED_GATES = 3, 2
    made = Door()
    yield made
    made.may_end.set()
    for thread in made.threads:
        thread.join(10)


def test_who_comes_after_the_last_place_is_told_when_to_come_back(door, rf):
    door.fill(rf, "/slow", 3)

    answer = door.gates(rf.get("/children/"))

    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "2", "no-store")
    assert "请过几秒" in answer.content.decode()


def test_programs_are_told_in_their_own_form(door, rf):
    door.fill(rf, "/slow", 3)

    answer = door.gates(rf.post("/api/v1/offers/"))

    assert (answer.status_code, answer["Content-Type"]) == (503, "application/json")
    assert b'"code": "busy"' in answer.content


def test_calendars_and_health_have_their_own_lane(door, rf):
    door.fill(rf, "/slow", 3)

    assert door.gates(rf.get("/ical/t/visits.ics")).status_code == 200
    assert door.gates(rf.get("/readyz")).status_code == 200


def test_a_rush_of_calendars_leaves_pages_alone(door, rf):
    door.fill(rf, "/ical/slow", 2)

    assert door.gates(rf.get("/ical/t/visits.ics")).status_code == 503
    assert door.gates(rf.get("/livez")).status_code == 503
    assert door.gates(rf.get("/children/")).status_code == 200


def test_static_files_need_no_place(door, rf):
    door.fill(rf, "/slow", 3)

    assert door.gates(rf.get("/static/web/site.css")).status_code == 200


def test_places_come_back_even_after_an_error(door, rf):
    for _each in range(5):
        with pytest.raises(RuntimeError):
            door.gates(rf.get("/broken"))

    assert door.gates(rf.get("/children/")).status_code == 200
