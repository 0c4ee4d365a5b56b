"""Parts of event days as invitations by mail, and what hosts answer by mail or on their page."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes

import pytest
import time_machine
from django.core import mail
from icalendar import Calendar

from activities.models import DayPart, DayVersion
from activities.services.event_answers import NothingToAnswer, answer_day
from activities.services.event_edits import place_by_hand
from activities.services.event_publishing import call_off
from backend.accounts.models import Role
from backend.ops.management.commands.receive_reply import receive
from backend.outbox.models import OutboxEvent
from backend.roster.access import Reader
from notifications.feeds import render_feed
from notifications.handlers import on_host_declined
from notifications.invitation_handlers import on_day_published
from notifications.invitations import choose_calendar_mail
from notifications.kinds.invitations import PART_INVITED, PART_OFF
from notifications.models import Contact, Feed, Message
from notifications.replies import ReplyOutdated, ReplyRefused, ReplySpent
from notifications.reply_addresses import part_token
from notifications.sending import claim_due_message, send_message
from notifications.texts import facts_of
from tests.factories.events import a_planned_day, fresh, published, solved, with_children, with_hosts
from tests.factories.roster import NOW, TODAY, a_coordinator, a_county
from tests.notifications.test_hostile import NEVER_OUT, TEXTS, storable
from tests.notifications.test_invitations import event_in, reply_to

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_one_moment():
    with time_machine.travel(NOW, tick=False):
        yield


def a_day_with(*keys, wants=True):
    event = a_planned_day()
    helpers = with_hosts(event, *keys)
    for helper in helpers.values() if wants else ():
        choose_calendar_mail(helper=helper, is_on=True, actor=helper.user, now=NOW)
    return event, helpers


def told(event):
    """The mails that go out after a publishing."""
    before = len(mail.outbox)
    on_day_published(event_id=1, payload={"day_id": event.pk}, now=NOW)
    send_all()
    return mail.outbox[before:]


def send_all():
    while (message := claim_due_message(now=NOW)) is not None:
        send_message(message, now=NOW)


def parts_of(helper):
    return {part.segment_key: part for part in DayPart.objects.filter(helper=helper).order_by("start_at")}


def moved(event, segment="ice", start=555):
    event = fresh(event)
    place_by_hand(
        event=event,
        version=event.draft_version,
        segment=segment,
        start=start,
        minutes=None,
        posts={},
        actor=None,
        now=NOW,
    )


def test_each_part_is_a_request_with_the_id_and_number_of_the_calendar_and_names_no_child():
    event, helpers = a_day_with("palace1")
    children = with_children(event)
    published(event)
    mails = told(event)
    feed = render_feed(Feed(kind="MINE", helper=helpers["palace1"]), reader_of(helpers["palace1"]), today=TODAY)
    shown = {str(one["UID"]): one for one in Calendar.from_ical(feed).walk("VEVENT")}
    asked = {str(one["UID"]): one for one in (event_in(message).walk("VEVENT")[0] for message in mails)}
    assert set(asked) == set(shown)
    assert len(mails) == DayPart.objects.filter(helper=helpers["palace1"]).count() > 1
    for uid, one in asked.items():
        for key in ("SEQUENCE", "SUMMARY", "DTSTART", "DTEND", "LOCATION"):
            assert one.decoded(key) == shown[uid].decoded(key)
        assert one["ATTENDEE"].params["RSVP"] == "TRUE"
    for message in mails:
        whole = message.body + message.subject + event_in(message).to_ical().decode().replace("\r\n ", "")
        assert str(event_in(message)["METHOD"]) == "REQUEST"
        assert str(event_in(message).walk("VEVENT")[0]["ORGANIZER"]) == f"mailto:{message.reply_to[0]}"
        assert not any(child.name in whole or child.name[1:] in whole for child in children)


def reader_of(helper):
    return Reader(user=helper.user, role=Role.TEACHER, helper_id=helper.pk)


def test_nobody_is_invited_who_did_not_ask_for_it_and_nobody_twice():
    event, _helpers = a_day_with("palace1", wants=False)
    published(event)
    assert told(event) == []
    event, _helpers = a_day_with("palace1")
    published(event)
    assert told(event) != []
    assert told(event) == []


def test_switching_on_tells_what_lies_ahead_also_to_who_wants_no_other_mail():
    event, helpers = a_day_with("palace1", wants=False)
    Contact.objects.create(user=helpers["palace1"].user, by_mail=False, by_sms=True, changed_at=NOW)
    published(event)
    choose_calendar_mail(helper=helpers["palace1"], is_on=True, actor=None, now=NOW)
    send_all()
    assert len(mail.outbox) == len(parts_of(helpers["palace1"]))
    choose_calendar_mail(helper=helpers["palace1"], is_on=False, actor=None, now=NOW)
    moved(event)
    solved(event, "AROUND")
    published(event)
    assert told(event) == []


def test_only_what_moved_is_an_update_and_calling_off_cancels_all():
    event, helpers = a_day_with("palace1")
    published(event)
    first = told(event)
    before = {part.pk: part.sequence for part in DayPart.objects.all()}
    solved(event, "LATE", groups=("g1", "g2", "g3", "g4"), minutes=560)
    published(event)
    parts = DayPart.objects.filter(helper=helpers["palace1"])
    changed = {str(part.sequence) for part in parts if part.sequence != before[part.pk]}
    updates = told(event)
    assert len(updates) == sum(part.sequence != before[part.pk] for part in parts) > 0
    assert {str(event_in(message).walk("VEVENT")[0]["SEQUENCE"]) for message in updates} == changed
    call_off(event=fresh(event), reason="台风要来", actor=None, now=NOW)
    last = told(event)
    assert {str(event_in(message)["METHOD"]) for message in last} == {"CANCEL"}
    assert {str(event_in(message).walk("VEVENT")[0]["STATUS"]) for message in last} == {"CANCELLED"}
    assert len(last) == len(first)
    assert {str(event_in(one).walk("VEVENT")[0]["UID"]) for one in last} == {
        str(event_in(one).walk("VEVENT")[0]["UID"]) for one in first
    }


def test_who_is_replaced_gets_a_cancellation_and_who_steps_in_a_request():
    event, helpers = a_day_with("palace1", "reserve")
    published(event)
    told(event)
    solved(event, "ILL", person="palace1")
    published(event)
    mails = told(event)
    methods = {(message.to[0], str(event_in(message)["METHOD"])) for message in mails}
    assert (helpers["palace1"].email, "CANCEL") in methods
    assert (helpers["reserve"].email, "REQUEST") in methods


def test_what_was_never_told_is_not_cancelled():
    event, _helpers = a_day_with("palace1")
    published(event)
    call_off(event=fresh(event), reason="台风要来", actor=None, now=NOW)
    assert told(event) == []


def test_a_mail_that_waits_tells_nothing_older():
    event, _helpers = a_day_with("palace1")
    published(event)
    on_day_published(event_id=1, payload={"day_id": event.pk}, now=NOW)
    solved(event, "LATE", groups=("g1", "g2", "g3", "g4"), minutes=560)
    published(event)
    mails = told(event)
    sequences = {str(p.public_id): p.sequence for p in DayPart.objects.all()}
    for one in (event_in(message).walk("VEVENT")[0] for message in mails):
        assert int(one["SEQUENCE"]) == sequences[str(one["UID"]).removeprefix("day-").partition("@")[0]]


def test_it_comes_in_the_readers_own_language():
    event, helpers = a_day_with("palace1")
    Contact.objects.create(user=helpers["palace1"].user, language="en", changed_at=NOW)
    published(event)
    message = told(event)[0]
    assert message.subject.startswith("Please note: ")
    assert "You can accept or decline" in message.body


# --- what comes back ----------------------------------------------------------------------------------------------


def asked(*keys):
    event, helpers = a_day_with(*keys or ("palace1",))
    published(event)
    return event, helpers, told(event)


def part_in(message):
    uid = str(event_in(message).walk("VEVENT")[0]["UID"])
    return DayPart.objects.get(public_id=uid.removeprefix("day-").partition("@")[0])


def test_accepting_is_kept_and_told_to_nobody():
    event, _helpers, mails = asked()
    assert receive(reply_to(mails[0])) == "能来"
    assert (part_in(mails[0]).answer, part_in(mails[0]).answered_at) == ("ACCEPTED", NOW)
    assert not OutboxEvent.objects.filter(name="event_day.host_declined").exists()
    assert told(event) == []


def test_declining_is_told_to_who_plans_the_day_and_names_the_part():
    planner = a_coordinator(a_county())
    _event, helpers, mails = asked()
    receive(reply_to(mails[0], "DECLINED"))
    payload = OutboxEvent.objects.get(name="event_day.host_declined").payload
    on_host_declined(event_id=7, payload=payload, now=NOW)
    message = Message.objects.get(kind="HOST_DECLINED", channel="inbox", account=planner)
    facts = facts_of(message, language="zh-hans", now=NOW)
    assert facts["helper"] == helpers["palace1"].name
    assert part_in(mails[0]).name in facts["lines"]
    assert facts["lines"].count("\n") == 0


def test_who_declined_is_not_told_that_it_is_off_and_is_asked_anew_when_it_moves():
    event, _helpers, mails = asked()
    receive(reply_to(mails[0], "DECLINED"))
    declined = part_in(mails[0])
    solved(event, "LATE", groups=("g1", "g2", "g3", "g4"), minutes=560)
    published(event)
    again = told(event)
    assert DayPart.objects.get(pk=declined.pk).answer == ""
    receive(reply_to(next(one for one in again if part_in(one).pk == declined.pk), "DECLINED"))
    call_off(event=fresh(event), reason="台风要来", actor=None, now=NOW)
    assert declined.pk not in {part_in(one).pk for one in told(event)}


def test_an_answer_stays_when_a_publishing_changes_nothing_of_it():
    event, _helpers, mails = asked()
    receive(reply_to(mails[0]))
    version = fresh(event).draft_version
    draft = fresh(event).draft | {"notes": ["多带水"]}
    type(event).objects.filter(pk=event.pk).update(draft=draft, draft_version=version + 1)
    published(event)
    assert DayVersion.objects.filter(event=event).count() == 2
    assert part_in(mails[0]).answer == "ACCEPTED"


def test_the_sender_proves_nothing_and_a_second_answer_is_refused():
    _event, _helpers, mails = asked()
    [first, second, *_rest] = mails
    with pytest.raises(ReplyRefused):
        receive(reply_to(first, to=second.reply_to[0]))
    with pytest.raises(ReplyRefused):
        receive(reply_to(first, to=f"reply@{first.reply_to[0].partition('@')[2]}"))
    with pytest.raises(ReplyRefused):
        receive(reply_to(first, attendee="mailto:other@example.org"))
    with pytest.raises(ReplyRefused):
        receive(reply_to(first, sequence=7))
    receive(reply_to(first, sender="somebody-else@example.org"))
    with pytest.raises(ReplySpent):
        receive(reply_to(first, "DECLINED"))
    assert part_in(first).answer == "ACCEPTED"


def test_an_answer_to_what_moved_or_is_over_is_refused():
    event, _helpers, mails = asked()
    solved(event, "LATE", groups=("g1", "g2", "g3", "g4"), minutes=560)
    published(event)
    late = [one for one in mails if part_in(one).sequence]
    for message in late:
        with pytest.raises(ReplyOutdated):
            receive(reply_to(message))
    assert late
    with time_machine.travel(datetime(2026, 12, 6, tzinfo=UTC), tick=False), pytest.raises(ReplyOutdated):
        receive(reply_to(told(event)[0]))


def test_the_secret_is_another_one_for_every_part_and_number():
    tokens = {part_token(name, number) for name in ("a", "b") for number in (0, 1)}
    assert len(tokens) == 4
    assert all(len(token) == 52 and token == token.lower() for token in tokens)


def test_one_answer_on_the_page_is_for_the_whole_day_and_goes_over_the_one_before():
    event, helpers, mails = asked()
    receive(reply_to(mails[0]))
    helper = helpers["palace1"]
    answer_day(event=event, helper=helper, answer="DECLINED", actor=helper.user, now=NOW)
    assert {part.answer for part in parts_of(helper).values()} == {"DECLINED"}
    assert OutboxEvent.objects.filter(name="event_day.host_declined").count() == 1
    with pytest.raises(NothingToAnswer):
        answer_day(
            event=event,
            helper=with_hosts(a_planned_day(), "palace1")["palace1"],
            answer="DECLINED",
            actor=None,
            now=NOW,
        )


def test_both_kinds_go_by_mail_alone():
    assert {kind.channels for kind in (PART_INVITED, PART_OFF)} == {frozenset({"email"})}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_part_of_a_hostile_name_is_one_mail_with_one_subject(text):
    event, helpers = a_day_with("palace1")
    published(event)
    bad = storable(text)
    DayPart.objects.filter(helper=helpers["palace1"]).update(name=bad[:200], place_name=bad[:200], detail=bad[:200])
    type(event).objects.filter(pk=event.pk).update(published_title=bad[:80])
    mails = told(event)
    assert len(mails) == len(parts_of(helpers["palace1"]))
    for message in mails:
        heads = message_from_bytes(message.message().as_bytes())
        assert heads.get_all("To") == [helpers["palace1"].email]
        assert not [name for name in heads if name.upper() == "ATTENDEE"]
        assert not NEVER_OUT & set(message.subject + message.body)
        [one] = event_in(message).walk("VEVENT")
        assert not isinstance(one["ATTENDEE"], list)
    receive(reply_to(mails[0]))
    assert part_in(mails[0]).answer == "ACCEPTED"
