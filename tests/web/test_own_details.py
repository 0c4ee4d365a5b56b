"""Helpers set their own limit and free hours; the desk sees it, and a coordinator's word comes last."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from backend.audit.models import AuditEntry
from backend.kernel.errors import DomainError
from backend.outbox.sweeper import sweep
from backend.roster.access import reader_for
from backend.roster.models import Area, Helper, WeeklyHours
from backend.roster.services.by_hand import edit_helper
from backend.roster.services.own_details import (
    MOST_SPANS,
    add_own_hours,
    drop_own_hours,
    most_for,
    set_own_hours,
    set_own_limit,
)
from backend.roster.services.places import let_helpers_raise
from matching.services.loads import HelperFull
from matching.services.offers import accept_offer
from notifications.inbox import letters_of
from notifications.models import Message
from tests.factories.matching import a_pairing, an_offer
from tests.factories.roster import NOW, a_coordinator, a_county, a_helper, a_token, a_township


@pytest.fixture
def helper():
    return a_helper("李春燕", total_limit=3)


def fresh(helper):
    return Helper.objects.select_related("township").get(pk=helper.pk)


def limits(helper):
    one = fresh(helper)
    return one.total_limit, one.given_limit, most_for(one)


def test_down_at_any_time_and_back_up_to_what_a_coordinator_gave(helper):
    set_own_limit(helper=helper, limit=1, actor=helper.user)
    assert limits(helper) == (1, 3, 3)
    with pytest.raises(DomainError) as refused:
        set_own_limit(helper=helper, limit=4, actor=helper.user)
    assert (refused.value.code, refused.value.facts) == ("helper.limit_not_yours", {"most": 3})
    set_own_limit(helper=helper, limit=3, actor=helper.user)
    assert limits(helper) == (3, None, 3)


def test_up_as_far_as_the_county_lets_everybody(helper):
    let_helpers_raise(county=a_county(), most=5, actor=None)
    set_own_limit(helper=helper, limit=5, actor=helper.user)
    assert limits(helper) == (5, 3, 5)
    let_helpers_raise(county=a_county(), most=None, actor=None)
    assert limits(helper) == (5, 3, 3)


@pytest.mark.parametrize("most", [0, 21, -1])
def test_the_county_gives_a_number_somebody_can_mean(most):
    with pytest.raises(DomainError) as refused:
        let_helpers_raise(county=a_county(), most=most, actor=None)
    assert refused.value.code == "county.own_limit_wrong"
    with pytest.raises(DomainError):
        let_helpers_raise(county=a_township(), most=3, actor=None)


def test_what_a_coordinator_sets_afterwards_is_theirs_again(helper):
    set_own_limit(helper=helper, limit=1, actor=helper.user)
    user = a_coordinator(a_county())
    edit_helper(
        helper=helper, cells={"total_limit": "2"}, version=fresh(helper).version, actor=user,
        reader=reader_for(user, NOW), now=NOW,
    )  # fmt: skip
    assert limits(helper) == (2, None, 2)


def test_an_editor_who_saw_the_file_before_writes_over_nothing(helper):
    version = fresh(helper).version
    set_own_limit(helper=helper, limit=1, actor=helper.user)
    user = a_coordinator(a_county())
    with pytest.raises(DomainError) as refused:
        edit_helper(
            helper=helper, cells={"total_limit": "2"}, version=version, actor=user, reader=reader_for(user, NOW),
            now=NOW,
        )  # fmt: skip
    assert refused.value.code == "helper.changed_meanwhile"


def test_whoever_is_looked_after_stays_and_no_further_yes_is_recorded():
    pairing = a_pairing()
    offer = an_offer(helper=pairing.helper)
    set_own_limit(helper=pairing.helper, limit=1, actor=pairing.helper.user)
    with pytest.raises(HelperFull):
        accept_offer(offer=offer, actor=None, now=NOW)
    pairing.refresh_from_db()
    assert pairing.state == "ACTIVE"


def test_whoever_coordinates_there_is_told_once_a_day_and_reads_the_number_it_is_by_then(helper):
    coordinator = a_coordinator(a_county())
    for limit in (2, 1):
        set_own_limit(helper=helper, limit=limit, actor=helper.user)
        sweep(now=NOW)
    told = Message.objects.filter(kind="HELPER_LIMIT_SET", account=coordinator)
    assert told.count() == 1
    (letter,) = letters_of(list(told), language="zh-hans", now=NOW)
    assert (letter.subject, "最多带 1 名孩子" in letter.body) == ("李春燕改了自己的名额", True)
    assert letter.url.endswith(f"/helpers/{helper.public_id}/")


def test_saying_the_same_again_is_no_change(helper):
    set_own_limit(helper=helper, limit=3, actor=helper.user)
    set_own_hours(helper=helper, spans=[], actor=helper.user)
    assert not AuditEntry.objects.filter(verb__startswith="helper.own").exists()


def test_hours_that_touch_become_one_and_are_noted(helper):
    add_own_hours(helper=helper, weekdays=[1, 3], start=840, end=900, actor=helper.user)
    kept = add_own_hours(helper=helper, weekdays=[3], start=900, end=960, actor=helper.user)
    assert kept == [[1, 840, 900], [3, 840, 960]]
    assert drop_own_hours(helper=helper, weekday=1, start=840, actor=helper.user) == [[3, 840, 960]]
    assert drop_own_hours(helper=helper, weekday=1, start=840, actor=helper.user) == [[3, 840, 960]]
    entry = AuditEntry.objects.filter(verb="helper.own_hours_set").latest("pk")
    assert (entry.before, entry.after) == ({"hours": [[1, 840, 900], [3, 840, 960]]}, {"hours": [[3, 840, 960]]})


@pytest.mark.parametrize(
    "spans", [[[0, 1, 2]], [[8, 1, 2]], [[1, 60, 60]], [[1, 60, 1441]], [[1, -5, 60]], [[1, 90, 60]]]
)
def test_times_of_no_week_are_refused(helper, spans):
    with pytest.raises(DomainError) as refused:
        set_own_hours(helper=helper, spans=spans, actor=helper.user)
    assert refused.value.code == "helper.hours_wrong"


def test_a_week_has_an_end(helper):
    many = [[1 + n % 7, n // 7 * 20, n // 7 * 20 + 10] for n in range(MOST_SPANS + 1)]
    with pytest.raises(DomainError):
        set_own_hours(helper=helper, spans=many, actor=helper.user)
    assert not WeeklyHours.objects.exists()


def test_who_left_changes_nothing(helper):
    Helper.objects.filter(pk=helper.pk).update(state="LEFT")
    for act in (
        lambda: set_own_limit(helper=helper, limit=1, actor=helper.user),
        lambda: set_own_hours(helper=helper, spans=[[1, 0, 60]], actor=helper.user),
    ):
        with pytest.raises(DomainError) as refused:
            act()
        assert refused.value.code == "helper.not_in_office"


def test_on_the_phone_and_at_the_desk(helper, visitor):
    client = visitor(helper.user)
    assert "您自己可以定 0 到 3 名" in client.get("/my/limit/").content.decode()
    refused = client.post("/my/limit/", {"limit": "9"}).content.decode()
    assert "要再多请找您的协调员" in refused
    page = client.post("/my/limit/", {"limit": "1"}, follow=True).content.decode()
    assert "协调员定的是 3 名" in page
    assert "带着" in page
    desk = visitor(a_coordinator(a_county())).get(f"/helpers/{helper.public_id}/").content.decode()
    assert "本人定的，原来定的是 3 名" in desk


def test_free_hours_on_the_phone(helper, visitor):
    client = visitor(helper.user)
    page = client.post("/my/hours/week/", {"days": ["1", "5"], "start": "16:00", "end": "18:00"}, follow=True)
    assert "周一 16:00–18:00" in page.content.decode()
    assert "周五 16:00–18:00" in client.get("/my/details/").content.decode()
    desk = visitor(a_coordinator(a_county())).get(f"/helpers/{helper.public_id}/").content.decode()
    assert "周五 16:00–18:00" in desk
    client.post("/my/hours/week/drop/", {"weekday": "1", "start": "960"})
    assert [row.weekday for row in WeeklyHours.objects.all()] == [5]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"start": "16:00", "end": "18:00"}, "请至少选一天"),
        ({"days": ["1"], "start": "18:00", "end": "16:00"}, "结束要晚于开始"),
        ({"days": ["9"], "start": "16:00", "end": "18:00"}, ""),
        ({"days": ["1"], "start": "x", "end": "18:00"}, ""),
    ],
)
def test_a_wrong_time_is_said_beside_its_field_and_keeps_what_was_typed(helper, visitor, said, words):
    page = visitor(helper.user).post("/my/hours/week/", said)
    assert page.status_code == 200
    assert words in page.content.decode()
    assert "18:00" in page.content.decode() or "16:00" in page.content.decode()
    assert not WeeklyHours.objects.exists()


@pytest.mark.parametrize("said", [{}, {"weekday": "x", "start": "1"}, {"weekday": "1"}])
def test_what_no_page_sends_is_not_there(helper, visitor, said):
    assert visitor(helper.user).post("/my/hours/week/drop/", said).status_code == 404


def test_over_the_api(helper):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(helper.user)}")
    assert client.get("/api/v1/own-details/").json() == {"total_limit": 3, "given_limit": 3, "most": 3, "hours": []}
    answer = client.post("/api/v1/own-details/limit/", {"limit": 2}, format="json")
    assert (answer.status_code, answer.json()["total_limit"]) == (200, 2)
    refused = client.post("/api/v1/own-details/limit/", {"limit": 4}, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "helper.limit_not_yours")
    spans = [{"weekday": 2, "start_minute": 840, "end_minute": 960}]
    answer = client.post("/api/v1/own-details/hours/", {"hours": spans}, format="json")
    assert (answer.status_code, answer.json()["hours"]) == (200, spans)


def test_the_county_says_so_on_its_page_and_over_the_api(visitor):
    user = a_coordinator(a_county())
    client = visitor(user)
    client.post("/county/", {"own_most": "4"})
    assert Area.objects.get(pk=a_county().pk).own_limit_most == 4
    client.post("/county/", {"own_most": ""})
    assert Area.objects.get(pk=a_county().pk).own_limit_most is None
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    answer = api.post("/api/v1/county/let-helpers-raise/", {"most": 6}, format="json")
    assert (answer.status_code, answer.json()["own_limit_most"]) == (200, 6)
    assert AuditEntry.objects.filter(verb="county.own_limit_set").count() == 3
