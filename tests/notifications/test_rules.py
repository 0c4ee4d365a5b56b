"""Quiet hours, reminders, escalation, digest, and a county's own words."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from activities.models import Duty
from backend.kernel.errors import DomainError
from matching.models import Offer
from notifications.county import keep_text, preview, reset_text, set_rules
from notifications.handlers import tell_of_offers
from notifications.kinds import Text, all_kinds, kind_of
from notifications.models import Contact, Message, TellingRules
from notifications.reminders import remind_everybody
from notifications.rules import quiet_until
from notifications.sending import claim_due_message, send_message
from tests.factories.matching import a_pairing, an_offer
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
MORNING = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)  # 07:00 the next day


def ask(offer, now=NOW):
    tell_of_offers(Offer.objects.filter(pk=offer.pk), now=now)


def send_all(now, channel="email"):
    while (message := claim_due_message(now=now, channel=channel)) is not None:
        send_message(message, now=now)


@pytest.mark.parametrize(
    ("begin", "end", "at", "until"),
    [
        (time(22), time(7), NIGHT, MORNING),
        (time(22), time(7), NOW, None),
        (time(22), time(7), MORNING, None),
        (time(23, 0), time(23, 30), NIGHT, NIGHT + timedelta(minutes=30)),
        (time(12), time(12), NIGHT, None),
        (time(9), time(18), NOW, NOW + timedelta(hours=8)),
    ],
)
def test_quiet_hours_by_the_clock_of_the_county(begin, end, at, until):
    assert quiet_until(TellingRules(quiet_from=begin, quiet_until=end), at) == until


def test_at_night_a_message_waits_for_the_morning_and_loses_no_time(mailbox):
    ask(an_offer(sent_at=NIGHT), now=NIGHT)
    send_all(NIGHT)
    message = Message.objects.get(channel="email")
    assert (message.state, message.due_at, message.attempts) == ("WAITING", MORNING, 0)
    assert message.dead_at == NIGHT + timedelta(hours=24 + 8)
    assert mailbox.mails == []

    send_all(MORNING)
    assert len(mailbox.mails) == 1


def test_what_may_not_wait_goes_at_night_too(mailbox):
    from notifications.contacts import test_channels as try_channels

    try_channels(user=a_helper().user, now=NIGHT)
    send_all(NIGHT)
    assert len(mailbox.mails) == 1


def test_a_county_without_quiet_hours_sends_at_once(mailbox):
    set_rules(county=a_county(), actor=None, quiet_from=time(7), quiet_until=time(7))
    ask(an_offer(sent_at=NIGHT), now=NIGHT)
    send_all(NIGHT)
    assert len(mailbox.mails) == 1


def test_one_reminder_before_the_deadline_and_none_for_who_answered(mailbox):
    offer, answered = an_offer(), an_offer()
    Offer.objects.filter(pk=answered.pk).update(state="DECLINED")
    for hours in (100, 121, 122, 160):
        remind_everybody(now=NOW + timedelta(hours=hours))

    reminders = Message.objects.filter(kind="OFFER_REMINDER", channel="email")
    assert [one.offer for one in reminders] == [offer]
    send_all(NOW + timedelta(hours=122))
    (mail,) = [one for one in mailbox.mails if "/o/" in one.get_payload(decode=True).decode()]
    assert offer.child.name not in mail.get_payload(decode=True).decode()


def test_visits_are_reminded_before_and_after_they_are_due():
    a_pairing()
    from backend.outbox.sweeper import sweep

    sweep(now=NOW)
    duty = Duty.objects.get()
    Duty.objects.update(created_at=NOW)
    due = datetime.combine(duty.latest_date, time(2), UTC)
    for days in (-8, -2, -1, 1, 4, 5):
        remind_everybody(now=due + timedelta(days=days))

    told = Message.objects.filter(channel="email", kind__startswith="VISIT")
    assert sorted(told.values_list("kind", flat=True)) == ["VISIT_DUE", "VISIT_OVERDUE"]
    Duty.objects.update(state="DONE")
    send_all(due + timedelta(days=5))
    assert set(told.values_list("state", flat=True)) == {"EXPIRED"}


def test_an_offer_nobody_opens_reaches_who_coordinates_there_once_a_day():
    user, elsewhere = a_coordinator(a_county()), a_coordinator(a_county("529902", "云河县"))
    an_offer()
    an_offer(seen_at=NOW)
    for hours in (71, 73, 74, 97):
        remind_everybody(now=NOW + timedelta(hours=hours))

    told = Message.objects.filter(kind="OFFERS_UNREAD", channel="inbox", account=user)
    assert [one.account for one in told.order_by("pk")] == [user, user]
    assert not Message.objects.filter(account=elsewhere).exists()


def test_what_can_wait_comes_once_a_day_and_only_if_it_was_not_read(mailbox):
    read, unread, at_once = a_helper(), a_helper(), a_helper()
    Contact.objects.create(user=at_once.user, wants_digest=False, changed_at=NOW)
    from notifications.recipients import of_helper
    from notifications.telling import tell

    for helper in (read, unread, at_once):
        helper.refresh_from_db()
        for _each in range(2):
            tell(kind="OFFER_LAPSED", recipients=[(of_helper(helper), an_offer(helper=helper, is_held=False))], now=NOW)
    assert set(Message.objects.filter(channel="email").values_list("helper", flat=True)) == {at_once.pk}
    Message.objects.filter(helper=read).update(read_at=NOW)
    for hours in (1, 2):
        remind_everybody(now=NOW + timedelta(hours=hours))
    send_all(NOW + timedelta(hours=2))

    digests = [mail.get_payload(decode=True).decode() for mail in mailbox.mails if mail["To"] == unread.email]
    assert len(digests) == 1
    assert "邀请已截止 × 2" in digests[0]
    assert not [mail for mail in mailbox.mails if mail["To"] == read.email]


GOOD = Text("请您帮忙", "{helper}，请您做{child}的{place}：{link}", "请您做{place}：{link}")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (Text("", GOOD.body, GOOD.short), "text.too_long"),
        (Text("题" * 81, GOOD.body, GOOD.short), "text.too_long"),
        (Text(GOOD.subject, GOOD.body + "{", GOOD.short), "text.broken"),
        (Text(GOOD.subject, GOOD.body + "{child.name}", GOOD.short), "text.broken"),
        (Text(GOOD.subject, GOOD.body + "{0}", GOOD.short), "text.broken"),
        (Text(GOOD.subject, GOOD.body + "{place!r}", GOOD.short), "text.broken"),
        (Text(GOOD.subject, GOOD.body + "{address}", GOOD.short), "text.placeholder_unknown"),
        (Text("{child}", GOOD.body, GOOD.short), "text.placeholder_forbidden"),
        (Text(GOOD.subject, GOOD.body, "{helper}{link}"), "text.placeholder_forbidden"),
        (Text(GOOD.subject, "请您答复", GOOD.short), "text.link_missing"),
        (Text(GOOD.subject, GOOD.body + "http://evil.example", GOOD.short), "text.own_address"),
        (Text(GOOD.subject, GOOD.body + "冉欣怡", GOOD.short), "text.names_a_child"),
        (Text(GOOD.subject, GOOD.body + "冉 欣\u3000怡", GOOD.short), "text.names_a_child"),
        (Text("请答复 {link}", GOOD.body, GOOD.short), "text.placeholder_forbidden"),
        (Text(GOOD.subject, GOOD.body + "weixin://dl", GOOD.short), "text.own_address"),
        (Text(GOOD.subject, GOOD.body + "点evil.com看", GOOD.short), "text.own_address"),
    ],
)
def test_a_text_that_must_not_be_sent_is_not_kept(text, code):
    a_child("冉欣怡")
    with pytest.raises(DomainError) as refused:
        keep_text(county=a_county(), kind=kind_of("OFFER_SENT"), language="zh-hans", text=text, actor=None, now=NOW)
    assert refused.value.code == code


def test_a_countys_own_words_count_there_alone_until_they_are_reset(mailbox):
    kind = kind_of("OFFER_SENT")
    keep_text(county=a_county(), kind=kind, language="zh-hans", text=GOOD, actor=None, now=NOW)
    ask(an_offer())
    send_all(NOW)
    reset_text(county=a_county(), kind=kind, language="zh-hans", actor=None)
    ask(an_offer())
    send_all(NOW)

    first, second = (mail.get_payload(decode=True).decode() for mail in mailbox.mails)
    assert "请您做" in first
    assert "链接只给您本人" not in first
    assert "链接只给您本人" in second


def test_every_built_in_text_passes_the_check_of_own_words():
    from notifications.county import check_text

    for kind in all_kinds():
        for language in ("zh-hans", "en"):
            check_text(kind=kind, text=kind.text(language), county=a_county())
            assert "{" not in preview(kind.text(language)).body


def test_every_placeholder_has_a_sample():
    from notifications.county import _SAMPLES

    assert frozenset().union(*(kind.allowed() for kind in all_kinds())) - set(_SAMPLES) == frozenset()


def test_reminders_call_a_meeting_of_classmates_what_it_is(mailbox):
    from activities.services.duties import owe_first_visit
    from notifications.reminders import remind_of_visits
    from notifications.rules import rules_for

    duty = owe_first_visit(pairing=a_pairing(), accepted_at=NOW)
    late = NOW.date() - timedelta(days=5)
    Duty.objects.filter(pk=duty.pk).update(kind="FIRST_MEETING", latest_date=late, earliest_date=late)
    remind_of_visits(county=a_county(), rules=rules_for(a_county()), now=NOW)
    send_all(NOW)

    (mail,) = mailbox.mails
    text = mail.get_payload(decode=True).decode()
    assert "土城小学的一次学习帮手碰头 11月18日 就该完成了" in text
    assert "家访" not in text
