"""Messages over a real SMTP server: sent once, recognisable when twice, never lost."""

from __future__ import annotations

from datetime import timedelta
from email.header import decode_header, make_header

import pytest
from django.utils import timezone

from backend.outbox.sweeper import sweep
from matching.models import Offer
from matching.services.offers import accept_offer
from matching.services.pairings import end_pairing, resume_pairing, suspend_pairing
from notifications.handlers import tell_of_offers
from notifications.models import Contact, Message, OfferLink
from notifications.recipients import of_account
from notifications.selectors import offer_of_link
from notifications.sending import claim_due_message, send_message
from notifications.services import mint_offer_link
from notifications.telling import tell
from tests.factories.matching import a_pairing, an_offer
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_guardian, a_helper, a_user

pytestmark = pytest.mark.django_db


def a_message(**columns) -> Message:
    offer = an_offer(**columns)
    ask(offer)
    return Message.objects.get(offer=offer, channel="email")


def ask(offer):
    tell_of_offers(Offer.objects.filter(pk=offer.pk), now=NOW)


def send_all(now=NOW):
    while (message := claim_due_message(now=now)) is not None:
        send_message(message, now=now)


def text_of(mail) -> str:
    return mail.get_payload(decode=True).decode()


def link_in(mail) -> str:
    return next(line for line in text_of(mail).splitlines() if "/o/" in line).strip().rsplit("/o/", 1)[1].strip("/")


def test_what_is_urgent_goes_before_whatever_waits_longer(mailbox):
    older = [a_message() for _each in range(3)]
    area, user = a_county(), a_coordinator()
    later = NOW + timedelta(minutes=5)
    tell(kind="CONCERN_RAISED", recipients=[(of_account(user), None)], about={"area_id": area.pk}, now=later)

    first = claim_due_message(now=later)
    assert first is not None and first.kind == "CONCERN_RAISED"
    Message.objects.filter(pk=first.pk).update(lease_until=None, due_at=later, problem="down: for a while")
    again = claim_due_message(now=later)
    assert again is not None and again.pk == first.pk
    assert claim_due_message(now=later) == older[0]


def test_an_offer_arrives_with_a_link_that_opens_it_and_no_full_name(mailbox):
    message = a_message()

    send_all()

    (mail,) = mailbox.mails
    message.refresh_from_db()
    assert str(make_header(decode_header(mail["Subject"]))) == "请您做一名孩子的监管教师"
    assert mail["Message-ID"] == f"<{message.public_id}@qianshou.invalid>"
    assert message.offer.child.name not in text_of(mail)
    assert offer_of_link(link_in(mail)) == message.offer
    assert (message.state, message.sent_at) == (Message.State.SENT, NOW)
    assert not OfferLink.objects.filter(token_hash__contains=link_in(mail)).exists()


def test_the_same_fact_makes_one_message(mailbox):
    message = a_message()
    ask(message.offer)
    send_all()
    send_all()

    assert len(mailbox.mails) == 1


def test_two_senders_never_hold_one_message():
    a_message()

    assert claim_due_message(now=NOW) is not None
    assert claim_due_message(now=NOW) is None


def test_a_sender_that_died_is_followed_by_one_copy_under_the_same_id(mailbox):
    message = claim_due_message(now=NOW) if a_message() else None
    from notifications import sending

    original, sending._mark = sending._mark, lambda *_args, **_kwargs: None  # the kill falls before our mark
    try:
        send_message(message, now=NOW)
    finally:
        sending._mark = original
    assert claim_due_message(now=NOW + timedelta(seconds=59)) is None
    send_all(NOW + timedelta(seconds=61))

    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1
    assert len(mailbox.mails) == 2


def test_a_server_that_is_down_delays_and_then_delivers(mailbox, settings):
    message = a_message()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    send_all()
    message.refresh_from_db()
    assert (message.state, message.due_at) == (Message.State.WAITING, NOW + timedelta(minutes=1))

    settings.EMAIL_PORT = port
    send_all(NOW + timedelta(minutes=1))

    assert len(mailbox.mails) == 1


def test_what_cannot_be_delivered_for_a_day_is_shown_as_dead(mailbox, settings):
    message = a_message()
    settings.EMAIL_PORT = 1
    send_all()
    send_all(NOW + timedelta(hours=25))

    message.refresh_from_db()
    assert message.state == Message.State.DEAD


def test_a_refused_address_comes_back_and_is_not_tried_again(mailbox):
    message = a_message()
    mailbox.refused.add(message.helper.email)
    send_all()
    send_all(NOW + timedelta(hours=1))

    message.refresh_from_db()
    assert (message.state, message.attempts) == (Message.State.RETURNED, 1)


def test_an_answered_offer_is_not_asked_again(mailbox):
    message = a_message()
    accept_offer(offer=message.offer, actor=None, now=NOW + timedelta(seconds=1))
    send_all(NOW + timedelta(seconds=2))

    message.refresh_from_db()
    assert (message.state, mailbox.mails) == (Message.State.EXPIRED, [])


def test_helpers_without_an_address_get_no_message():
    offer = an_offer(helper=a_helper(email=""))

    ask(offer)

    assert not Message.objects.exclude(channel="inbox").exists()


def test_several_links_live_and_all_end_with_the_answer():
    offer = an_offer()
    links = [mint_offer_link(offer=offer, way="COPY", actor=None, now=NOW).split("/")[-2] for _ in range(2)]
    assert {offer_of_link(token).state for token in links} == {Offer.State.SENT}

    accept_offer(offer=offer, actor=None, now=NOW + timedelta(seconds=1))

    assert {offer_of_link(token).state for token in links} == {Offer.State.ACCEPTED}
    assert offer_of_link("x" * 43) is None


def test_a_helper_hears_that_a_pairing_ended_or_rests_and_no_name_is_told(mailbox):
    pairing = a_pairing()
    for step in (suspend_pairing, resume_pairing, suspend_pairing, end_pairing):
        reason = {} if step is resume_pairing else {"reason": "家里有事"}
        step(pairing=pairing, actor=None, now=NOW, **reason)
    sweep(now=timezone.now())
    Message.objects.filter(kind="OFFER_ACCEPTED").delete()
    send_all(timezone.now())

    subjects = sorted(str(make_header(decode_header(mail["Subject"]))) for mail in mailbox.mails)
    assert subjects == [
        "监管教师的结对已经结束",
        "监管教师的结对恢复了",
        "监管教师的结对暂停了",
        "监管教师的结对暂停了",
    ]
    assert not [mail for mail in mailbox.mails if pairing.child.name in text_of(mail) or "家里有事" in text_of(mail)]


def test_a_guardian_with_an_account_hears_that_a_pairing_begins_rests_and_goes_on(mailbox):
    pairing = a_pairing(a_child("冉欣怡"))
    a_guardian(pairing.child, user=a_user(email="guardian@example.org"))
    a_guardian(pairing.child, kind="FATHER", is_in_charge=False)
    suspend_pairing(pairing=pairing, reason="病假", actor=None, now=timezone.now())
    resume_pairing(pairing=pairing, actor=None, now=timezone.now())
    sweep(now=timezone.now())
    Message.objects.filter(kind="OFFER_ACCEPTED").delete()
    Message.objects.filter(guardian=None).delete()
    send_all(timezone.now())

    told = [str(make_header(decode_header(mail["Subject"]))) for mail in mailbox.mails]
    assert sorted(told) == ["孩子有了监管教师", "孩子的监管教师恢复了", "孩子的监管教师暂停了"]
    assert not any("冉欣怡" in mail.as_string() for mail in mailbox.mails)


def test_a_server_down_for_an_hour_loses_nothing_and_doubles_nothing(mailbox, settings):
    messages = [a_message() for _each in range(12)]
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    for minute in range(60):
        # One probe a minute: a server that is down does not use up everybody's tries.
        message = claim_due_message(now=NOW + timedelta(minutes=minute))
        assert message is None or send_message(message, now=NOW + timedelta(minutes=minute)) is False

    settings.EMAIL_PORT = port
    send_all(NOW + timedelta(minutes=65))

    assert len(mailbox.mails) == len({mail["Message-ID"] for mail in mailbox.mails}) == len(messages)


def test_greylisting_is_no_refusal(mailbox, monkeypatch):
    message = a_message()

    async def not_now(*_args):
        return "450 try later"

    monkeypatch.setattr(mailbox, "handle_RCPT", not_now, raising=False)
    send_all()

    message.refresh_from_db()
    assert (message.state, message.due_at) == (Message.State.WAITING, NOW + timedelta(minutes=1))


def test_whoever_reads_english_is_written_to_in_english(mailbox):
    helper = a_helper()
    Contact.objects.create(user=helper.user, language="en", changed_at=NOW)
    a_message(helper=helper)
    send_all()

    assert str(make_header(decode_header(mailbox.mails[0]["Subject"]))) == "Will you be a child's supervising teacher?"
    assert "Please answer by Nov. 30" in text_of(mailbox.mails[0])


def test_a_carrier_that_fails_in_a_new_way_delays_its_own_message_only(mailbox, monkeypatch):
    from notifications import sending

    first, second = a_message(), a_message()
    real = sending._CARRIERS["email"]

    def carry(envelope):
        if envelope.key == first.public_id:
            raise UnicodeError("an address nobody thought of")
        real(envelope)

    monkeypatch.setitem(sending._CARRIERS, "email", carry)
    send_all()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.due_at, first.lease_until) == ("WAITING", NOW + timedelta(minutes=1), None)
    assert second.state == "SENT"


def test_what_waits_for_the_morning_no_longer_counts_as_held_up_by_the_channel(mailbox, settings):
    message = a_message()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    send_all()
    settings.EMAIL_PORT = port
    night = NOW + timedelta(hours=13)
    send_all(night)

    message.refresh_from_db()
    assert (message.problem, message.attempts, message.state) == ("", 1, "WAITING")


def test_a_later_loss_of_the_day_makes_the_line_unread_and_no_younger(mailbox):
    from notifications.sending import _lose
    from tests.factories.roster import a_coordinator, a_county

    user = a_coordinator(a_county())
    first, second = a_message(), a_message()
    _lose(first, "RETURNED", NOW, problem="x")
    Message.objects.filter(kind="MESSAGES_LOST").update(read_at=NOW)
    _lose(second, "RETURNED", NOW + timedelta(hours=1), problem="x")

    line = Message.objects.get(kind="MESSAGES_LOST", channel="inbox", account=user)
    assert (line.created_at, line.read_at) == (NOW, None)
