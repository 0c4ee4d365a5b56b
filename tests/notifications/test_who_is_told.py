"""Guardians hear who begins and who stands in, closed accounts hear nothing, and each deadline has its reminder."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta

import pytest

from activities.models import Duty
from activities.services.duties import owe_first_visit, set_duty_time
from backend.outbox.sweeper import sweep
from backend.roster.access import reader_for
from backend.roster.models import Helper
from matching.models import Offer, Pairing
from matching.services.handovers import hand_over
from matching.services.offer_board import extend_offers
from matching.services.offers import accept_offer
from matching.services.stand_ins import end_due, plan_stand_in
from notifications.channels import email
from notifications.channels.base import ChannelDown, Envelope
from notifications.contacts import choose_contact
from notifications.handlers import tell_of_offers
from notifications.models import Contact, Message
from notifications.reminders import remind_by_hand, remind_everybody
from notifications.selectors import messages_visible_to, offer_of_link
from notifications.sending import claim_due_message, send_message
from notifications.services import mint_offer_link
from tests.factories.matching import a_pairing, an_offer
from tests.factories.roster import NOW, TODAY, a_child, a_coordinator, a_county, a_guardian, a_helper, a_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def ask(offer, now=NOW):
    tell_of_offers(Offer.objects.filter(pk=offer.pk), now=now)


def send_all(now=NOW, channel="email"):
    while (message := claim_due_message(now=now, channel=channel)) is not None:
        send_message(message, now=now)


def told(guardian):
    return sorted(set(Message.objects.filter(guardian=guardian).values_list("kind", flat=True)))


@pytest.fixture
def guardian():
    return a_guardian(a_child("冉欣怡"), user=a_user(email="guardian@example.org"))


def test_a_guardian_hears_that_somebody_has_said_yes_and_no_name_is_told(guardian, mailbox):
    a_guardian(guardian.child, kind="FATHER", is_in_charge=False)
    accept_offer(offer=an_offer(guardian.child, a_helper("何国平")), actor=None, now=NOW)
    sweep(now=NOW)
    assert told(guardian) == ["GUARDIAN_PAIRING_BEGAN"]
    send_all()
    (mail,) = [one for one in mailbox.mails if one["To"] == "guardian@example.org"]
    words = mail.get_payload(decode=True).decode()
    assert "有人答应做您家孩子的监管教师了" in words
    assert "冉" not in words
    assert "何国平" not in words


def test_a_child_handed_over_ends_and_begins_for_the_guardian(guardian):
    pairing = a_pairing(guardian.child)
    sweep(now=NOW)
    Message.objects.all().delete()
    hand_over(pairing=pairing, helper=a_helper(), note="", agreed="电话里说的", actor=None, now=NOW)
    sweep(now=NOW)
    assert told(guardian) == ["GUARDIAN_PAIRING_BEGAN", "GUARDIAN_PAIRING_ENDED"]


def test_a_pairing_that_ended_before_it_was_told_is_not_told_as_begun(guardian):
    pairing = a_pairing(guardian.child)
    Pairing.objects.filter(pk=pairing.pk).update(state="ENDED")
    sweep(now=NOW)
    assert told(guardian) == []


def test_a_guardian_hears_who_comes_for_a_while_and_that_it_is_over(guardian):
    pairing = a_pairing(guardian.child)
    days = {"from_date": TODAY, "until_date": TODAY + DAY}
    plan_stand_in(pairing=pairing, helper=a_helper(), actor=None, now=NOW, **days)
    sweep(now=NOW)
    assert "GUARDIAN_STAND_IN_BEGAN" in told(guardian)
    assert "GUARDIAN_STAND_IN_OVER" not in told(guardian)
    end_due(now=NOW + 2 * DAY)
    sweep(now=NOW + 2 * DAY)
    assert "GUARDIAN_STAND_IN_OVER" in told(guardian)


def test_whose_account_was_closed_is_told_nothing_and_their_link_ends(mailbox):
    offer = an_offer()
    ask(offer)
    token = mint_offer_link(offer=offer, way="COPY", actor=None, now=NOW).split("/")[-2]
    assert offer_of_link(token) == offer
    type(offer.helper.user).objects.filter(pk=offer.helper.user_id).update(is_active=False)

    send_all()
    assert mailbox.mails == []
    assert Message.objects.get(channel="email").state == "EXPIRED"
    assert offer_of_link(token) is None
    ask(an_offer(helper=Helper.objects.get(pk=offer.helper_id)))
    assert Message.objects.filter(channel="email").count() == 1


def test_a_link_opens_in_the_language_of_its_message(mailbox):
    helper = a_helper()
    Contact.objects.create(user=helper.user, language="en", changed_at=NOW)
    ask(an_offer(helper=helper))
    ask(an_offer())
    send_all()
    english, chinese = (mail.get_payload(decode=True).decode() for mail in mailbox.mails)
    assert "/?lang=en" in english
    assert "?lang" not in chinese


def reminders():
    rows = Message.objects.filter(kind="OFFER_REMINDER", channel="email").order_by("pk")
    return [row.fact.split(":")[3].split(" ")[0] for row in rows]


def test_whoever_got_more_time_is_reminded_of_the_new_deadline_too():
    offer = an_offer()
    at = NOW + timedelta(hours=121)
    remind_everybody(now=at)
    assert reminders() == ["before"]
    extend_offers(offers=[offer], days=5, actor=None, now=at + timedelta(hours=40))
    sweep(now=at + timedelta(hours=40))
    assert reminders() == ["before", "until"]
    remind_everybody(now=at + timedelta(hours=50))
    assert reminders() == ["before", "until"]
    for hours in (115, 130):
        remind_everybody(now=at + timedelta(hours=hours))
    assert reminders() == ["before", "until", "before"]


def test_whoever_was_reminded_by_hand_a_moment_ago_is_not_reminded_again_at_once():
    offer = an_offer()
    at = NOW + timedelta(hours=121)
    remind_by_hand(offers=Offer.objects.filter(pk=offer.pk), actor=None, now=at - timedelta(hours=3))
    remind_everybody(now=at)
    assert reminders() == ["asked"]


def test_a_visit_somebody_else_gave_a_time_is_told_to_whoever_makes_it_by_the_time_it_has_by_then(mailbox):
    pairing = a_pairing()
    owe_first_visit(pairing=pairing, accepted_at=NOW)
    duty = Duty.objects.get()
    sweep(now=NOW)
    Message.objects.all().delete()

    def at(day, hour, actor):
        start = (NOW + day * DAY).replace(hour=hour)
        set_duty_time(duty=duty, start_at=start, end_at=start + timedelta(minutes=40), actor=actor, now=NOW)

    at(2, 3, pairing.helper.user)
    sweep(now=NOW)
    assert not Message.objects.exists()
    coordinator = a_coordinator(a_county())
    at(3, 3, coordinator)
    at(3, 4, coordinator)
    sweep(now=NOW)
    assert Message.objects.filter(kind="VISIT_TIMED_FOR", channel="email").count() == 1
    send_all()
    words = mailbox.mails[0].get_payload(decode=True).decode()
    assert "11月26日 12:00" in words
    assert pairing.child.name not in words


def test_whose_mail_address_is_gone_is_texted_though_they_had_chosen_mail(texts):
    helper = a_helper(phone="13800000011")
    choose_contact(user=helper.user, by_mail=True, by_sms=False, now=NOW)
    Helper.objects.filter(pk=helper.pk).update(email="")
    ask(an_offer(helper=Helper.objects.get(pk=helper.pk)))
    assert Message.objects.filter(channel="sms").count() == 1


def test_what_does_not_reach_a_coordinator_is_seen_by_the_others_of_the_county(mailbox):
    lost, other = a_coordinator(a_county()), a_coordinator(a_county())
    mailbox.refused.add(lost.email)
    from notifications.recipients import of_account
    from notifications.telling import tell

    tell(kind="OFFERS_UNREAD", recipients=[(of_account(lost), None)], now=NOW)
    send_all()
    returned = Message.objects.get(account=lost, channel="email")
    assert returned.state == "RETURNED"
    assert returned in messages_visible_to(reader_for(other, NOW))
    assert Message.objects.filter(account=other, kind="MESSAGES_LOST", channel="inbox").count() == 1
    far = a_coordinator(a_county("529902", "远溪县"))
    assert returned not in messages_visible_to(reader_for(far, NOW))


@pytest.fixture
def tarpit(settings):
    """A mail server that says a byte now and then and never ends a line."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
        is_over = threading.Event()
        thread = threading.Thread(target=_drip, args=(server, is_over), daemon=True)
        thread.start()
        yield
        is_over.set()


def _drip(server, is_over):
    line, _address = server.accept()
    with line:
        while not is_over.wait(0.05):
            try:
                line.sendall(b"2")
            except OSError:
                return


def test_a_mail_server_that_answers_byte_by_byte_holds_nobody_up(tarpit, monkeypatch):
    monkeypatch.setattr(email, "SECONDS_A_MAIL", 0.5)
    began = time.monotonic()
    with pytest.raises(ChannelDown):
        email.send(Envelope("k", "someone@example.org", "s", "b"))
    assert time.monotonic() - began < 5


def test_one_mail_takes_less_than_its_lease():
    from notifications.sending import LEASE

    assert timedelta(seconds=email.SECONDS_A_MAIL) < LEASE
