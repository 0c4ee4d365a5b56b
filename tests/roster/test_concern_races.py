"""Many press at once: one report, one person who has it, one call; on either database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.accounts.models import Role
from backend.outbox.models import OutboxEvent
from backend.roster.access import reader_in_role
from backend.roster.models import Concern, ConcernStep
from backend.roster.services.concerns import close_concern, escalate_concerns, raise_concern, take_concern
from tests.factories.roster import NOW, a_coordinator, a_helper, a_member
from tests.matching.test_races import all_at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
CALLERS = 20


def a_report(key=""):
    helper = a_helper()
    reader = reader_in_role(helper.user, Role.TEACHER, NOW)
    return raise_concern(situation="HURT", child=None, actor=helper.user, reader=reader, now=NOW, key=key)


def steps(kind):
    return ConcernStep.objects.filter(kind=kind).count()


def test_a_report_sent_many_times_at_once_is_one_report_and_told_once():
    helper = a_helper()
    reader = reader_in_role(helper.user, Role.TEACHER, NOW)

    def send(_n):
        said = {"situation": "HURT", "child": None, "actor": helper.user, "reader": reader, "now": NOW}
        return raise_concern(**said, key="one").pk

    answers = all_at_once(send, list(range(CALLERS)))
    assert set(answers) == {Concern.objects.get().pk}
    assert (steps("RAISED"), OutboxEvent.objects.filter(name="concern.raised").count()) == (1, 1)


def test_one_of_many_has_it():
    concern, people = a_report(), [a_coordinator() for _each in range(CALLERS)]
    answers = all_at_once(lambda user: take_concern(concern=concern, actor=user, now=NOW), people)
    assert (answers.count(None), answers.count("invalid_move"), steps("TAKEN")) == (1, CALLERS - 1, 1)


def test_one_result_closes_it():
    concern, people = a_report(), [a_member(Role.COUNTY_COORDINATOR) for _each in range(CALLERS)]
    answers = all_at_once(lambda user: close_concern(concern=concern, note="已报派出所", actor=user, now=NOW), people)
    assert (answers.count(None), answers.count("invalid_move"), steps("CLOSED")) == (1, CALLERS - 1, 1)


def test_many_workers_call_once():
    a_report()
    later = NOW + timedelta(hours=2)
    answers = all_at_once(lambda _n: escalate_concerns(now=later), list(range(CALLERS)))
    assert (sum(answers), steps("ESCALATED")) == (1, 1)
    assert OutboxEvent.objects.filter(name="concern.escalated").count() == 1
