"""A mail server out for an hour, a sender killed at work: nothing is lost, and a copy comes only beside a lost mark."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import connection

from backend.jobs.models import Job
from backend.jobs.runner import run
from backend.jobs.sweeper import sweep
from matching.models import Offer
from notifications.channels import robot
from notifications.contacts import choose_contact
from notifications.handlers import tell_of_offers
from notifications.models import Message
from tests.factories.matching import a_proposal, an_offer
from tests.factories.roster import NOW, a_helper

BASE = Path(__file__).resolve().parents[2]
HALF_A_MINUTE = timedelta(seconds=30)
A_LOT, PEOPLE = 240, 12
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
SENT_BEFORE = 3


def are_asked(many):
    """So many people are each asked for a child, at one moment."""
    draft = a_proposal()
    for _each in range(many):
        an_offer(proposal=draft)
    tell_of_offers(Offer.objects.filter(proposal=draft), now=NOW)


def tick(now, queue="mail"):
    """What an idle worker does at each beat: look, and do what waits."""
    sweep(queue=queue, now=now)
    for pk in list(Job.objects.filter(queue=queue, state="QUEUED", due_at__lte=now).values_list("pk", flat=True)):
        run(pk)


def copies(mailbox):
    """How often each mail came, by its own id."""
    return Counter(mail["Message-ID"] for mail in mailbox.mails)


def waiting():
    return Message.objects.filter(channel="email", state="WAITING")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "trouble",
    [None, {"MAIL": "421 closing"}, {"MAIL": "451 not now"}, {"DATA": "421 closing"}],
    ids=["nobody answers", "closes at once", "takes nothing", "closes in between"],
)
def test_a_server_out_for_an_hour_delays_a_countys_mails_and_loses_and_doubles_none(mailbox, settings, trouble):
    are_asked(A_LOT)
    port = settings.EMAIL_PORT
    mailbox.trouble, settings.EMAIL_PORT = trouble or {}, port if trouble else 1
    moment = NOW
    with time_machine.travel(NOW, tick=False) as clock:
        while moment < NOW + timedelta(hours=1):
            tick(moment)
            clock.shift(HALF_A_MINUTE)
            moment += HALF_A_MINUTE
        assert (len(mailbox.mails), waiting().count()) == (0, A_LOT)
        # The server is tried with one mail at a beat, never with all of them.
        assert sum(waiting().values_list("attempts", flat=True)) < A_LOT

        mailbox.trouble, settings.EMAIL_PORT = {}, port
        while waiting().exists() and moment < NOW + timedelta(minutes=70):
            tick(moment)
            clock.shift(HALF_A_MINUTE)
            moment += HALF_A_MINUTE

    assert Counter(Message.objects.filter(channel="email").values_list("state", flat=True)) == {"SENT": A_LOT}
    assert Counter(copies(mailbox).values()) == {1: A_LOT}
    assert not Message.objects.filter(kind="MESSAGES_LOST").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("trouble", [500, "hang"])
def test_robots_in_trouble_take_a_bounded_share_of_the_time_and_texts_and_mails_go_out_in_their_first_turn(
    mailbox, texts, group, monkeypatch, trouble
):
    monkeypatch.setattr(robot, "SECONDS_A_TRY", 0.3)
    group.behave = trouble
    for number in range(PEOPLE):
        helper = a_helper(phone=f"138000020{number:02d}")
        choose_contact(user=helper.user, by_mail=True, by_sms=True, language="zh-hans", robot=WECOM, now=NOW)
        an_offer(helper=helper)
    tell_of_offers(Offer.objects.all(), now=NOW)
    with time_machine.travel(NOW, tick=False) as clock:
        began = time.monotonic()
        tick(NOW, "chat")
        first_turn = time.monotonic() - began
        tick(NOW, "mail")
        assert (texts.taken.qsize(), len(mailbox.mails)) == (PEOPLE, PEOPLE)

        moment = NOW
        while moment < NOW + timedelta(minutes=10):
            clock.shift(HALF_A_MINUTE)
            moment += HALF_A_MINUTE
            tick(moment, "chat")

    # Whoever answers 500 does so at once, so each is tried, with pauses that grow; silence is tried once per pause.
    tries = {500: 4 * PEOPLE, "hang": 4}
    assert len(group.heard) <= tries[trouble]
    assert first_turn < 4
    assert set(Message.objects.filter(channel="robot").values_list("state", flat=True)) == {"WAITING"}

    group.behave = 200
    group.free.set()
    monkeypatch.setattr(robot, "SECONDS_A_TRY", 10)  # an answer that is slow because the machine is busy is one
    with time_machine.travel(NOW + timedelta(minutes=30), tick=False):
        tick(NOW + timedelta(minutes=30), "chat")
    assert set(Message.objects.filter(channel="robot").values_list("state", flat=True)) == {"SENT"}


@pytest.mark.django_db
def test_a_make_that_answers_does_not_hurry_one_that_is_silent(group, monkeypatch):
    monkeypatch.setattr(robot, "SECONDS_A_TRY", 0.3)
    silent, lively = a_helper(), a_helper()
    choose_contact(user=silent.user, by_mail=True, by_sms=False, language="zh-hans", robot=WECOM, now=NOW)
    choose_contact(user=lively.user, by_mail=True, by_sms=False, language="zh-hans", robot="feishu://11aa22bb", now=NOW)
    group.behave = "hang"
    tell_of_offers(Offer.objects.filter(pk=an_offer(helper=silent).pk), now=NOW)
    tick(NOW, "chat")
    group.behave = 200
    tell_of_offers(Offer.objects.filter(pk=an_offer(helper=lively).pk), now=NOW)
    tick(NOW, "chat")

    said = dict(Message.objects.filter(channel="robot").values_list("helper", "state"))
    assert said == {silent.pk: "WAITING", lively.pk: "SENT"}


def a_sender(port, marks):
    """A process of its own on the test's database and mail server."""
    where = os.environ.get("DATABASE_URL", "")
    name = connection.settings_dict["NAME"]
    url = urlsplit(where)._replace(path=f"/{name}").geturl() if where else f"sqlite:///{name}"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "backend.settings",
        "DATABASE_URL": url,
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "DATA_DIR": str(django_settings.DATA_DIR),
    }
    command = [sys.executable, "-m", "tests.notifications.killed_sender", str(marks)]
    return subprocess.Popen(
        command, cwd=BASE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def the_rest_goes_out(mailbox):
    """Another worker takes over, first while the dead one's lease runs, then after it."""
    with time_machine.travel(NOW + timedelta(seconds=59), tick=False) as clock:
        tick(NOW + timedelta(seconds=59))
        while_leased = copies(mailbox)
        clock.shift(timedelta(seconds=31))
        tick(NOW + timedelta(seconds=90))
    return while_leased


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_sender_killed_between_the_servers_yes_and_the_mark_doubles_that_one_mail_and_loses_none(mailbox, settings):
    are_asked(10)
    sender = a_sender(settings.EMAIL_PORT, SENT_BEFORE)
    assert sender.stdout.readline() == "acknowledged\n"
    os.kill(sender.pid, signal.SIGKILL)
    assert sender.wait(10) == -signal.SIGKILL
    assert (len(mailbox.mails), waiting().count()) == (SENT_BEFORE + 1, 10 - SENT_BEFORE)

    while_leased = the_rest_goes_out(mailbox)

    assert Counter(while_leased.values()) == {1: 10}
    assert Counter(copies(mailbox).values()) == {1: 9, 2: 1}
    assert not waiting().exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_sender_killed_before_it_hears_the_servers_yes_doubles_that_one_mail_and_loses_none(mailbox, settings):
    are_asked(10)
    dead = []

    def kill(_mail):
        if len(mailbox.mails) == SENT_BEFORE + 1 and not dead:
            dead.append(sender.pid)
            os.kill(sender.pid, signal.SIGKILL)

    mailbox.on_mail = kill
    sender = a_sender(settings.EMAIL_PORT, 10)
    _said, errors = sender.communicate(timeout=60)
    assert (sender.returncode, dead) == (-signal.SIGKILL, [sender.pid]), errors

    the_rest_goes_out(mailbox)

    assert Counter(copies(mailbox).values()) == {1: 9, 2: 1}
    assert not waiting().exists()
