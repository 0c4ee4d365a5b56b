"""What has a time, as an invitation by mail, and the answers that come back."""

from __future__ import annotations

import io
import sys
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from types import SimpleNamespace

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from icalendar import Calendar

from activities.models import Duty
from activities.services.duties import DutyMoved, cancel_duties_of, mark_duty_done, owe_first_visit, set_duty_time
from backend.audit.models import AuditEntry
from backend.ops.management.commands import receive_reply
from backend.ops.management.commands.receive_reply import receive
from backend.roster.access import reader_for
from notifications.contacts import send_again
from notifications.feeds import render_feed
from notifications.invitation_handlers import on_duty_changed
from notifications.invitations import (
    NoMailAddress,
    choose_calendar_mail,
    claim_due_invitation,
    plan_invitation,
    send_invitation,
)
from notifications.models import Contact, Feed, Invitation, Message
from notifications.replies import MOST_MAIL_BYTES, ReplyOutdated, ReplyRefused, ReplySpent, ReplyTooBig
from notifications.selectors import messages_visible_to, undelivered
from notifications.sending import claim_due_message, send_message
from tests.activities.test_duties import its_reader
from tests.factories.matching import a_pairing
from tests.factories.roster import NOW, TODAY, a_child, a_coordinator, a_county, a_helper

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 12, 1)


@pytest.fixture(autouse=True)
def _at_one_moment():
    with time_machine.travel(NOW, tick=False):
        yield


def at(hour: int, day: date = TUESDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour - 8, tzinfo=UTC)


def told(duty):
    """What the outbox and the mail cluster do after a change."""
    on_duty_changed(event_id=1, payload={"duty_id": duty.pk, "helper_id": duty.helper_id}, now=NOW)
    sent_before = len(mail.outbox)
    while (one := claim_due_invitation(now=NOW)) is not None:
        send_invitation(one, now=NOW)
    return mail.outbox[sent_before:]


def a_timed_visit(*, wants=True, hour=14, **columns):
    duty = owe_first_visit(pairing=a_pairing(a_child(), a_helper(**columns)), accepted_at=NOW)
    if wants:
        choose_calendar_mail(helper=duty.helper, is_on=True, actor=duty.helper.user, now=NOW)
    return set_duty_time(duty=duty, start_at=at(hour), end_at=at(hour + 1), actor=None, now=NOW)


def event_in(message):
    calendar = next(part for part, kind in message.alternatives if kind.startswith("text/calendar"))
    return Calendar.from_ical(calendar)


def reply_to(message, answer="ACCEPTED", **changed):
    """What a mail program sends back."""
    calendar = event_in(message)
    asked = calendar.walk("VEVENT")[0]
    facts = {
        "uid": str(asked["UID"]), "sequence": int(asked["SEQUENCE"]), "attendee": str(asked["ATTENDEE"]),
        "method": "REPLY", "to": message.reply_to[0], "sender": str(asked["ATTENDEE"])[7:],
    } | changed  # fmt: skip
    text = "\r\n".join((
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Phone//EN", f"METHOD:{facts['method']}", "BEGIN:VEVENT",
        f"UID:{facts['uid']}", f"SEQUENCE:{facts['sequence']}", "DTSTAMP:20261123T030000Z",
        "DTSTART:20261201T060000Z", f"ORGANIZER:mailto:{message.reply_to[0]}",
        f"ATTENDEE;PARTSTAT={answer};CN=Teacher:{facts['attendee']}", "END:VEVENT", "END:VCALENDAR", "",
    ))  # fmt: skip
    answer_mail = EmailMessage()
    answer_mail["From"], answer_mail["To"], answer_mail["Subject"] = facts["sender"], facts["to"], "Accepted: x"
    answer_mail.set_content("ok")
    answer_mail.add_alternative(text.encode(), "text", "calendar", params={"method": facts["method"]})
    return answer_mail.as_bytes()


# --- what goes out ------------------------------------------------------------------------------------------------


def test_nobody_is_invited_who_did_not_ask_for_it():
    assert told(a_timed_visit(wants=False)) == []


def test_without_an_address_it_cannot_be_switched_on():
    helper = a_helper(email="")
    with pytest.raises(NoMailAddress):
        choose_calendar_mail(helper=helper, is_on=True, actor=None, now=NOW)


def test_a_time_is_a_request_with_the_id_and_number_of_the_calendar():
    duty = a_timed_visit()
    [message] = told(duty)
    asked = event_in(message).walk("VEVENT")[0]
    shown = Calendar.from_ical(render_feed(Feed(kind="MINE", helper=duty.helper), its_reader(duty), today=TODAY))
    in_feed = shown.walk("VEVENT")[0]
    for key in ("UID", "SEQUENCE", "SUMMARY", "DTSTART", "DTEND"):
        assert asked.decoded(key) == in_feed.decoded(key)
    assert str(event_in(message)["METHOD"]) == "REQUEST"
    assert asked["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
    assert str(asked["ORGANIZER"]) == f"mailto:{message.reply_to[0]}"


def test_the_mail_is_what_calendar_programs_take_and_names_no_child():
    duty = a_timed_visit()
    [message] = told(duty)
    raw = message_from_bytes(message.message().as_bytes())
    kinds = [part.get_content_type() for part in raw.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/calendar"]
    calendar_part = list(raw.walk())[2]
    assert (calendar_part.get_param("method"), calendar_part.get_param("charset")) == ("REQUEST", "utf-8")
    whole = message.body + message.subject + event_in(message).to_ical().decode().replace("\r\n ", "")
    assert duty.child.name not in whole
    local = message.reply_to[0].partition("@")[0]
    assert local.startswith("reply+")
    assert local == local.lower()
    assert len(local) <= 64


def test_a_new_time_is_an_update_and_calling_off_a_cancellation():
    duty = a_timed_visit()
    [first] = told(duty)
    moved = set_duty_time(duty=duty, start_at=at(16), end_at=at(17), actor=None, now=NOW)
    [second] = told(moved)
    cancel_duties_of(pairing_id=duty.pairing_id, now=NOW)
    [third] = told(duty)
    events = [event_in(message).walk("VEVENT")[0] for message in (first, second, third)]
    assert [str(event_in(m)["METHOD"]) for m in (first, second, third)] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [event["SEQUENCE"] for event in events] == [1, 2, 3]
    assert len({str(event["UID"]) for event in events}) == 1
    assert str(events[2]["STATUS"]) == "CANCELLED"
    assert len({message.reply_to[0] for message in (first, second, third)}) == 3


def test_the_same_is_told_once():
    duty = a_timed_visit()
    assert len(told(duty)) == 1
    assert told(duty) == []
    mark_duty_done(duty=duty, actor=None, now=NOW)
    assert told(duty) == []


def test_switching_on_tells_what_lies_ahead_and_switching_off_ends_it():
    duty = a_timed_visit(wants=False)
    choose_calendar_mail(helper=duty.helper, is_on=True, actor=None, now=NOW)
    assert len(told(duty)) == 1
    choose_calendar_mail(helper=duty.helper, is_on=False, actor=None, now=NOW)
    assert told(set_duty_time(duty=duty, start_at=at(16), end_at=at(17), actor=None, now=NOW)) == []


def test_a_server_that_is_down_gets_it_later(monkeypatch):
    duty = a_timed_visit()
    plan_invitation(duty, now=NOW)

    def down(_mail):
        raise ConnectionRefusedError

    monkeypatch.setattr("notifications.channels.email.send", down)
    send_invitation(claim_due_invitation(now=NOW), now=NOW)
    assert claim_due_invitation(now=NOW) is None
    monkeypatch.undo()
    later = NOW + timedelta(minutes=2)
    send_invitation(claim_due_invitation(now=later), now=later)
    assert (len(mail.outbox), Invitation.objects.get().state) == (1, "SENT")


def after_the_change(duty):
    plan_invitation(duty, now=NOW)
    return claim_due_invitation(now=NOW)


@pytest.mark.parametrize(("answer", "state"), [("450 later", "WAITING"), ("550 no such user", "RETURNED")])
def test_what_the_server_says_counts_as_for_other_mail(mailbox, monkeypatch, answer, state):
    async def say(*_args):
        return answer

    monkeypatch.setattr(mailbox, "handle_RCPT", say, raising=False)
    coordinator = a_coordinator(a_county())
    one = after_the_change(a_timed_visit())
    assert send_invitation(one, now=NOW) is True
    one.refresh_from_db()
    assert (one.state, one.lease_until) == (state, None)
    told = Message.objects.filter(kind="MESSAGES_LOST", account=coordinator, channel="inbox").exists()
    assert told == (state == "RETURNED")


def test_a_lost_invitation_stands_among_the_lost_messages_and_goes_again_as_a_plain_one(mailbox):
    duty = a_timed_visit()
    mailbox.refused.add(duty.helper.email)
    send_invitation(after_the_change(duty), now=NOW)
    lost = undelivered(messages_visible_to(reader_for(a_coordinator(a_county()), NOW)))
    (message,) = lost
    mailbox.refused.clear()
    send_again(message=message, actor=None, now=NOW)
    send_message(claim_due_message(now=NOW), now=NOW)
    text = mailbox.mails[0].get_payload(decode=True).decode()
    assert "12月1日 14:00" in text
    assert duty.child.name not in text


def test_a_server_that_is_down_ends_the_round(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert send_invitation(after_the_change(a_timed_visit()), now=NOW) is False


def test_whoever_reads_english_is_invited_in_english():
    duty = a_timed_visit()
    Contact.objects.create(user=duty.helper.user, language="en", changed_at=NOW)
    [message] = told(duty)
    assert "家访" not in message.subject + message.body
    assert "家访" not in event_in(message).to_ical().decode()


def test_two_classmates_are_brought_together_not_visited():
    duty = a_timed_visit()
    Duty.objects.filter(pk=duty.pk).update(kind="FIRST_MEETING")
    [message] = told(duty)
    assert "学习帮手碰头的时间" in message.body
    assert "家访" not in message.body + message.subject


def test_whichever_copy_is_answered_counts_and_no_copy_follows_an_answer(monkeypatch):
    duty = a_timed_visit()
    monkeypatch.setattr("notifications.invitations._finish", lambda *_args, **_columns: None)
    [first] = told(duty)  # the kill falls before the mark
    monkeypatch.undo()
    later = NOW + timedelta(seconds=61)
    send_invitation(claim_due_invitation(now=later), now=later)
    assert mail.outbox[-1].reply_to == first.reply_to
    receive(reply_to(first))
    Invitation.objects.update(state="WAITING", lease_until=None)
    assert told(duty) == []
    assert (Invitation.objects.get().answer, Invitation.objects.get().state) == ("ACCEPTED", "SENT")


def test_a_handler_that_comes_late_tells_nothing_older():
    duty = a_timed_visit()
    told(duty)
    newer = set_duty_time(duty=duty, start_at=at(16), end_at=at(17), actor=None, now=NOW)
    told(newer)
    duty.sequence = 1
    plan_invitation(duty, now=NOW)
    assert (Invitation.objects.get().sequence, Invitation.objects.get().state) == (newer.sequence, "SENT")


# --- what comes back ----------------------------------------------------------------------------------------------


def test_accepting_is_recorded():
    duty = a_timed_visit()
    [message] = told(duty)
    receive(reply_to(message))
    one = Invitation.objects.get()
    assert (one.answer, one.answered_at) == ("ACCEPTED", NOW)
    assert AuditEntry.objects.filter(verb="invitation.accepted", actor_id=duty.helper.user.public_id).count() == 1


def test_declining_takes_the_time_back():
    duty = a_timed_visit()
    [message] = told(duty)
    receive(reply_to(message, "DECLINED"))
    fresh = Duty.objects.get(pk=duty.pk)
    assert (fresh.start_at, fresh.state, fresh.sequence) == (None, "OPEN", duty.sequence + 1)
    assert told(fresh) == []  # who said no is not told that it is off


def test_declining_does_not_drop_a_time_set_meanwhile(monkeypatch):
    duty = a_timed_visit()
    [message] = told(duty)
    take = receive_reply.take_reply

    def slowly(content, *, now):
        taken = take(content, now=now)
        set_duty_time(duty=Duty.objects.get(), start_at=at(16), end_at=at(17), actor=None, now=NOW)
        return taken

    monkeypatch.setattr(receive_reply, "take_reply", slowly)
    with pytest.raises(DutyMoved):
        receive(reply_to(message, "DECLINED"))
    assert Invitation.objects.get().answer == ""


def test_the_sender_proves_nothing():
    duty = a_timed_visit()
    [message] = told(duty)
    with pytest.raises(ReplyRefused):
        receive(reply_to(message, to=f"reply@{message.reply_to[0].partition('@')[2]}"))
    receive(reply_to(message, sender="somebody-else@example.org"))
    assert Invitation.objects.get().answer == "ACCEPTED"


def test_a_second_answer_with_the_same_secret_is_refused():
    [message] = told(a_timed_visit())
    receive(reply_to(message))
    with pytest.raises(ReplySpent):
        receive(reply_to(message, "DECLINED"))
    assert Invitation.objects.get().answer == "ACCEPTED"


def test_the_secret_of_another_person_is_refused():
    [mine] = told(a_timed_visit())
    [theirs] = told(a_timed_visit())
    with pytest.raises(ReplyRefused):
        receive(reply_to(mine, to=theirs.reply_to[0]))
    with pytest.raises(ReplyRefused):
        receive(reply_to(mine, attendee="mailto:other@example.org"))
    assert set(Invitation.objects.values_list("answer", flat=True)) == {""}


@pytest.mark.parametrize("wrong", ["x" * 52, "", "a", "é" * 10, "' or 1=1 --"])
def test_an_invented_secret_is_refused(wrong):
    [message] = told(a_timed_visit())
    domain = message.reply_to[0].partition("@")[2]
    with pytest.raises(ReplyRefused):
        receive(reply_to(message, to=f"reply+{wrong}@{domain}"))


def test_an_answer_to_a_time_that_changed_is_refused():
    duty = a_timed_visit()
    [first] = told(duty)
    [second] = told(set_duty_time(duty=duty, start_at=at(16), end_at=at(17), actor=None, now=NOW))
    with pytest.raises(ReplyRefused):
        receive(reply_to(first))
    with pytest.raises(ReplyOutdated):
        receive(reply_to(second, sequence=1))
    receive(reply_to(second))


def test_an_answer_after_the_visit_is_refused():
    [message] = told(a_timed_visit())
    with time_machine.travel(at(16), tick=False), pytest.raises(ReplyOutdated):
        receive(reply_to(message))


def test_the_address_may_come_in_capitals():
    [message] = told(a_timed_visit())
    receive(reply_to(message, to=message.reply_to[0].upper()))
    assert Invitation.objects.get().answer == "ACCEPTED"


def nested(depth):
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(depth))
    return b"To: reply+x@localhost\r\n" + head.encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 5000,
        b"To: " + b"a@b.c, " * 15000,
        nested(1500),
        b"To: reply+x@localhost\r\nContent-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"To: reply+x@localhost\r\nContent-Type: text/calendar; charset=nope\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY",
        b"To: =?utf-8?b?////?= <reply+x@localhost>\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\nEND:VCALENDAR",
        b"To: reply+x@localhost\r\nContent-Type: text/calendar\r\n\r\n" + b"BEGIN:VEVENT\r\n" * 5000,
        b"To: reply+x@localhost\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\nRRULE:FREQ=SECONDLY\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:\xed\xa0\x80\r\nEND:VEVENT\r\n",
    ],
    ids=["nothing", "zeros", "addresses", "nested", "base64", "charset", "torn", "deep", "surrogate"],
)  # fmt: skip
def test_a_hostile_mail_is_refused_and_nothing_else_happens(content):
    told(a_timed_visit())
    with pytest.raises(ReplyRefused):
        receive(content)
    assert Invitation.objects.get().answer == ""


def test_a_huge_mail_is_refused_without_being_read_whole(monkeypatch):
    endless = io.BytesIO(b"x" * (MOST_MAIL_BYTES * 3))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=endless))
    with pytest.raises(SystemExit) as ended:
        call_command("receive_reply")
    assert ended.value.code == 65
    assert endless.tell() == MOST_MAIL_BYTES + 1
    with pytest.raises(ReplyTooBig):
        receive(b"x" * (MOST_MAIL_BYTES + 1))


def test_what_was_refused_is_logged_without_what_it_said(monkeypatch):
    [message] = told(a_timed_visit())
    content = reply_to(message, to="reply+sesame@localhost", attendee="mailto:secret@example.org")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    logged = []
    monkeypatch.setattr(receive_reply.logger, "warning", lambda text, *facts: logged.append(text % facts))
    with pytest.raises(SystemExit):
        call_command("receive_reply")
    assert logged == ["Refused an answer by mail: reply.refused"]
