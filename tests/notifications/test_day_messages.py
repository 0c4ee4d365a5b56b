"""A published day: exactly those are told whose own part changed, without a child's name."""

from __future__ import annotations

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.core.day import plan_as_json, zhuji_paper_plan
from activities.models import EventDay
from backend.accounts.models import User
from backend.outbox.models import OutboxEvent
from notifications.handlers import on_day_published
from notifications.models import Message
from notifications.texts import facts_of, filled, text_of
from tests.factories.events import a_planned_day, an_event_day, fresh, published, solved, with_children, with_hosts
from tests.factories.roster import NOW, a_guardian, a_user
from tests.notifications.test_hostile import NEVER_OUT, TEXTS, storable

pytestmark = pytest.mark.django_db


def hear(version, is_off=0):
    payload = OutboxEvent.objects.filter(name="event_day.published").latest("pk").payload
    assert (payload["version_id"], payload["is_off"]) == (version.pk, is_off)
    on_day_published(event_id=1, payload=payload, now=NOW)


def said(message, language="zh-hans"):
    return filled(text_of(message, language=language, county_code=""), facts_of(message, language=language, now=NOW))


def test_hosts_and_guardians_hear_once_and_a_substitution_only_two():
    event = a_planned_day()
    helpers = with_hosts(event, "palace1", "palace2", "reserve")
    child = with_children(event, 8)[0]
    a_guardian(child, user=User.objects.create(email="grandma@example.org", display_name="祖母"))
    version = published(event)
    hear(version)
    hear(version)
    mails = Message.objects.filter(channel="email")
    assert sorted(mails.values_list("kind", flat=True)) == ["DAY_NEW", "DAY_NEW", "DAY_NEW_GUARDIAN"]
    text = said(mails.get(kind="DAY_NEW_GUARDIAN"))
    assert "全体合影" in text.body
    assert child.name not in text.body + text.subject + text.short
    assert "破冰之旅" in said(mails.filter(kind="DAY_NEW").first(), "en").body

    solved(event, "ILL", person="palace2")
    hear(published(event))
    new = {(one.helper_id, one.kind) for one in mails.exclude(kind="DAY_NEW_GUARDIAN")}
    assert new == {
        (helpers["palace1"].pk, "DAY_NEW"), (helpers["palace2"].pk, "DAY_NEW"), (helpers["palace2"].pk, "DAY_OFF"),
        (helpers["reserve"].pk, "DAY_NEW"),
    }  # fmt: skip
    assert mails.filter(kind__endswith="GUARDIAN").count() == 1


def test_calling_off_reaches_everybody_and_nothing_is_told_once_the_day_is_over():
    from datetime import timedelta

    from activities.services.event_publishing import call_off

    event = a_planned_day()
    with_hosts(event, "palace1")
    version = published(event)
    call_off(event=fresh(event), reason="台风要来", actor=None, now=NOW)
    hear(version, is_off=1)
    message = Message.objects.get(channel="email")
    assert message.kind == "DAY_OFF"
    assert "取消了" in said(message).body
    assert facts_of(message, language="zh-hans", now=NOW + timedelta(days=60)) is None


def test_a_version_is_told_with_as_many_queries_for_many_as_for_two():
    def asked(count, children):
        event = a_planned_day()
        with_hosts(event, *("palace1", "palace2", "reserve", "mayor")[:count])
        for child in with_children(event, 8)[:children]:
            a_guardian(child, user=a_user())
        version = published(event)
        with CaptureQueriesContext(connection) as seen:
            hear(version)
        return len(seen)

    asked(1, 1)
    assert asked(3, 5) == asked(1, 1)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_day_of_a_hostile_name_breaks_no_head_of_a_mail(text):
    event = an_event_day()
    EventDay.objects.filter(pk=event.pk).update(plan=plan_as_json(zhuji_paper_plan()))
    with_hosts(event, "palace1")
    version = published(event)
    bad = storable(text)
    event.versions.update(day=version.day | {"title": bad})
    version.notices.update(lines=[{"zh": bad, "en": bad}])
    hear(version)
    made = said(Message.objects.get(channel="email"))
    mail = EmailMessage(made.subject, made.body, "a@example.org", ["b@example.org"]).message()
    assert [name for name in mail if name.lower() in ("attendee", "bcc")] == []
    assert not NEVER_OUT & set(made.subject + made.short)
    assert "\n" not in made.subject
