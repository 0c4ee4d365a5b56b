"""The round of reminders over counties: few queries, no county waits for another, no news told twice or never."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.models import Duty
from activities.services.duties import owe_first_visit
from backend.accounts.models import Role
from backend.roster.models import Membership
from notifications import reminders
from notifications.models import Contact, Message
from notifications.recipients import of_account, of_helper
from notifications.reminders import remind_everybody, remind_of_visits, send_digests
from notifications.rules import rules_for
from notifications.telling import tell
from tests.factories.matching import a_pairing, an_offer
from tests.factories.roster import NOW, TODAY, a_child, a_coordinator, a_county, a_helper

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def queries(act):
    with CaptureQueriesContext(connection) as seen:
        act()
    return len(seen)


def a_visit_that_is_due():
    duty = owe_first_visit(pairing=a_pairing(a_child(), a_helper()), accepted_at=NOW)
    Duty.objects.filter(pk=duty.pk).update(latest_date=TODAY, created_at=NOW - 9 * DAY)
    return duty


def some_news(helper, now=NOW):
    helper.refresh_from_db()
    tell(kind="OFFER_LAPSED", recipients=[(of_helper(helper), an_offer(helper=helper, is_held=False))], now=now)


def digests(now, county=None):
    send_digests(county=county or a_county(), now=now)
    return Message.objects.filter(kind="DIGEST", channel="email")


def test_reminders_of_visits_ask_as_often_for_three_as_for_one():
    county = a_county()
    a_visit_that_is_due()
    remind_of_visits(county=county, rules=rules_for(county), now=NOW)
    one = queries(lambda: remind_of_visits(county=county, rules=rules_for(county), now=NOW))
    a_visit_that_is_due()
    a_visit_that_is_due()
    assert queries(lambda: remind_of_visits(county=county, rules=rules_for(county), now=NOW)) == one
    assert Message.objects.filter(kind="VISIT_DUE", channel="email").count() == 3


def news_for(people):
    for _each in range(people):
        some_news(a_helper())
        tell(kind="MESSAGES_LOST", recipients=[(of_account(a_coordinator(a_county())), None)], now=NOW)


def test_digests_ask_as_often_for_six_people_as_for_two():
    news_for(1)
    digests(NOW)
    news_for(1)
    two = queries(lambda: send_digests(county=a_county(), now=NOW))
    news_for(3)
    assert queries(lambda: send_digests(county=a_county(), now=NOW)) == two
    assert Message.objects.filter(kind="DIGEST", channel="email").count() == 10


def test_news_of_the_half_hour_between_two_digests_is_told_once():
    helper = a_helper()
    some_news(helper)
    assert digests(NOW + timedelta(minutes=1)).count() == 1
    some_news(helper, now=NOW + timedelta(minutes=5))
    later = digests(NOW + DAY + timedelta(minutes=20))
    assert [len(one.about["messages"]) for one in later.order_by("pk")] == [1, 1]
    assert digests(NOW + 2 * DAY).count() == 2


def in_both(user, county):
    Membership.objects.create(
        user=user,
        role=Role.COUNTY_COORDINATOR,
        area=county,
        reason="兼任",
        starts_at=NOW - DAY,
        expires_at=NOW + 9 * DAY,
    )


def test_whoever_is_told_in_two_counties_hears_of_both_in_one_message_a_day():
    """A helper of the one county who coordinates in the other."""
    there, helper = a_county("529902", "邻县"), a_helper()
    in_both(helper.user, there)
    some_news(helper)
    tell(kind="MESSAGES_LOST", recipients=[(of_account(helper.user), None)], now=NOW)
    news = set(Message.objects.filter(channel="inbox").values_list("pk", flat=True))

    for county in (a_county(), there):
        digests(NOW + timedelta(minutes=1), county)

    (one,) = Message.objects.filter(kind="DIGEST", channel="email")
    assert set(one.about["messages"]) == news and len(news) == 2


def test_a_coordinator_of_two_counties_hears_once_a_day():
    there, user = a_county("529902", "邻县"), a_coordinator(a_county())
    in_both(user, there)
    for minutes, county in ((0, a_county()), (5, there)):
        when = NOW + timedelta(minutes=minutes)
        tell(kind="MESSAGES_LOST", recipients=[(of_account(user), None)], now=when, fact=str(minutes))
        digests(when, county)
    assert Message.objects.filter(kind="DIGEST", channel="email").count() == 1
    assert [len(one.about["messages"]) for one in digests(NOW + DAY, there).order_by("pk")] == [1, 1]


def test_news_of_a_day_without_a_digest_is_not_lost():
    some_news(a_helper())
    assert digests(NOW + 2 * DAY).count() == 1


def test_whoever_wants_no_digest_gets_none():
    helper = a_helper()
    Contact.objects.create(user=helper.user, wants_digest=False, changed_at=NOW)
    some_news(helper)
    assert not digests(NOW).exists()


def test_a_county_that_fails_keeps_no_other_waiting_and_the_round_says_it_lives(monkeypatch):
    a_county("529900", "坏县")
    an_offer()
    beats = []
    whole = reminders.remind_of_offers

    def failing(*, county, rules, now):
        if county.code == "529900":
            raise ValueError("broken rules")
        whole(county=county, rules=rules, now=now)

    monkeypatch.setattr(reminders, "remind_of_offers", failing)
    with pytest.raises(ValueError, match="broken rules"):
        remind_everybody(now=NOW + timedelta(hours=122), beat=lambda: beats.append(1))
    assert Message.objects.filter(kind="OFFER_REMINDER").exists()
    assert len(beats) >= 2
