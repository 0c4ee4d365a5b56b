"""我的空闲时间: a file is looked at, taken, taken back; nobody touches another's."""

from __future__ import annotations

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from activities.models import BusyCalendar
from tests.activities.test_busy_calendars import hours, ics
from tests.factories.roster import a_coordinator, a_county, a_helper, a_token

pytestmark = pytest.mark.django_db
URL = "/my/hours/"


@pytest.fixture(autouse=True)
def _in_the_week_before():
    with time_machine.travel("2026-12-01T00:00:00Z", tick=False):
        yield


def file(content):
    return SimpleUploadedFile("my.ics", content, content_type="text/calendar")


def text_of(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_file_is_looked_at_taken_and_taken_back(visitor):
    helper = a_helper()
    client = visitor(helper.user)
    page = text_of(client.post(URL, {"file": file(ics(hours(0, 1), hours(14, 30)))}, follow=True))
    assert ("先看一遍" in page, "09:00–10:00" in page, "23:00–24:00" in page, "00:00–15:00" in page) == (True,) * 4
    one = BusyCalendar.objects.get()
    act = f"{URL}{one.public_id}/act/"
    page = text_of(client.post(act, {"do": "take"}, follow=True))
    assert ("先看一遍" in page, "撤销这次采用" in page, "09:00–10:00" in page) == (False, True, True)
    assert "已经采用过" in text_of(client.post(act, {"do": "take"}, follow=True))
    page = text_of(client.post(act, {"do": "back"}, follow=True))
    assert ("09:00–10:00" in page, BusyCalendar.objects.exists()) == (False, False)
    assert client.post(act, {"do": "back"}).status_code == 404


def test_what_is_no_calendar_is_said_in_words_and_a_page_alone_changes_nothing(visitor):
    client = visitor(a_helper().user)
    assert "这不是日历" in text_of(client.post(URL, {"file": file(b"PK")}))
    assert "请少导出" in text_of(client.post(URL, {"file": file(b"x" * (1024 * 1024 + 1))}))
    assert 'aria-invalid="true"' in text_of(client.post(URL, {}))
    text_of(client.get(URL))
    assert not BusyCalendar.objects.exists()


def test_addresses_are_offered_only_where_they_are_switched_on(visitor, settings):
    client = visitor(a_helper().user)
    assert "日历的地址" not in text_of(client.get(URL))
    text_of(client.post(f"{URL}link/", {"address": "https://example.org/a.ics"}))
    assert not BusyCalendar.objects.exists()
    settings.CALENDAR_LINKS = True
    assert "日历的地址" in text_of(client.get(URL))
    page = text_of(client.post(f"{URL}link/", {"address": "https://127.0.0.1/a.ics"}))
    assert "不在公开的互联网上" in page


def test_another_helpers_calendar_is_not_there(visitor):
    mine, other = a_helper(), a_helper()
    visitor(mine.user).post(URL, {"file": file(ics(hours(0, 1)))})
    one = BusyCalendar.objects.get()
    for verb in ("take", "drop", "back", "forget"):
        assert visitor(other.user).post(f"{URL}{one.public_id}/act/", {"do": verb}).status_code == 404
    assert visitor(mine.user).post(f"{URL}{one.public_id}/act/", {"do": "what"}).status_code == 404
    one.refresh_from_db()
    assert one.state == "PREVIEW"


def program(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


def test_the_same_over_the_api():
    helper = a_helper()
    client, root = program(helper.user), "/api/v1/busy-calendars/"
    made = client.post(root, {"file": file(ics(hours(0, 1)))}, format="multipart")
    assert made.status_code == 201
    assert made.json()["busy"] == [{"start_at": "2026-12-05T09:00:00+08:00", "end_at": "2026-12-05T10:00:00+08:00"}]
    one = f"{root}{made.json()['id']}/"
    assert client.post(f"{one}take/").json()["state"] == "LIVE"
    again = client.post(f"{one}take/")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "busy_calendar.nothing_to_take")
    assert [row["state"] for row in client.get(root).json()["results"]] == ["LIVE"]
    assert program(a_helper().user).get(root).json()["results"] == []
    assert program(a_coordinator(a_county())).get(root).status_code == 403
    assert program(a_helper().user).delete(one).status_code == 404
    assert client.post(f"{one}take-back/").status_code == 204
    assert client.get(root).json()["results"] == []
    client.post(root, {"file": file(ics(hours(0, 1)))}, format="multipart")
    assert client.delete(f"{root}{BusyCalendar.objects.get().public_id}/").status_code == 204
    assert not BusyCalendar.objects.exists()


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [(b"PK", 422, "busy_calendar.refused"), (b"", 400, "empty"), (b"x" * (1024 * 1024 + 1), 422, "busy_calendar.refused")],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_over_the_api(content, status, code):
    answer = program(a_helper().user).post("/api/v1/busy-calendars/", {"file": file(content)}, format="multipart")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)


def test_an_address_is_refused_over_the_api_where_links_are_off():
    answer = program(a_helper().user).post("/api/v1/busy-calendars/link/", {"address": "https://x.org/"}, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "busy_calendar.links_off")
