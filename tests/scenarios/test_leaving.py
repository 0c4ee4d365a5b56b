"""Children who turn eighteen or die, helpers who leave: everything is taken back with a reason, told, and repaired."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.core import mail

from backend.audit.models import AuditEntry
from backend.roster.services.children import close_file, close_grown_up, withdraw_consent
from matching.models import HelperLoad, Offer, Pairing, Scheme, Vacancy
from tests.factories.matching import a_pairing, an_offer
from tests.factories.roster import NOW, a_child, a_guardian, a_helper, a_user
from tests.scenarios.background import do_background_work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _at_one_time():
    with time_machine.travel(NOW + timedelta(minutes=30), tick=False):
        yield


def a_child_with_both(**columns):
    """A pairing with a teacher, an open offer to a cadre."""
    child = a_child(**columns)
    pairing = a_pairing(child)
    offer = an_offer(child, a_helper(role="CADRE"), kind="cadre")
    do_background_work()
    mail.outbox.clear()
    return child, pairing, offer


def all_is_taken_back(offer, pairing, reason):
    offer.refresh_from_db()
    pairing.refresh_from_db()
    assert (offer.state, offer.note) == (Offer.State.WITHDRAWN, reason)
    assert (pairing.state, pairing.end_reason) == (Pairing.State.ENDED, reason)
    assert set(HelperLoad.objects.values_list("active", "offered")) == {(0, 0)}
    assert {message.subject for message in mail.outbox} == {"责任干部的邀请已撤回", "监管教师的结对已经结束"}
    assert not Vacancy.objects.exclude(state="CLOSED").exists()


def test_turning_eighteen_ends_everything_with_a_reason_and_tells_the_helpers():
    _child, pairing, offer = a_child_with_both(birth_date=date(2008, 11, 23))

    assert close_grown_up(today=date(2026, 11, 23)) == 1
    do_background_work()

    all_is_taken_back(offer, pairing, "child.closed")


def test_of_a_child_who_died_no_guardian_is_written_to():
    child, pairing, offer = a_child_with_both()
    a_guardian(child, user=a_user())

    close_file(child=child, state="DECEASED", reason="病故", actor=None)
    do_background_work()

    all_is_taken_back(offer, pairing, "child.deceased")


def test_without_consent_nobody_is_asked_again():
    child, pairing, offer = a_child_with_both()
    withdraw_consent(consent=child.consents.get(purpose="MATCHING"), actor=None, now=NOW)
    do_background_work()

    all_is_taken_back(offer, pairing, "consent.withdrawn")


def test_a_helper_who_leaves_is_replaced():
    from backend.outbox.services import publish
    from backend.roster.events import HelperLeft
    from backend.roster.models import Helper

    Scheme.objects.update(offers_on="AUTOMATIC")
    child, pairing, offer = a_child_with_both()
    Scheme.objects.update(offers_on="AUTOMATIC")
    other = a_helper()
    Helper.objects.filter(pk=pairing.helper_id).update(state="LEFT")
    publish(HelperLeft(helper_id=pairing.helper_id))
    do_background_work()

    offer.refresh_from_db()
    assert offer.state == Offer.State.SENT
    assert Offer.objects.get(helper=other).child == child
    assert AuditEntry.objects.filter(verb="proposal.offered_on").count() == 1


def test_all_who_turned_eighteen_are_closed_in_one_sweep():
    a_child(birth_date=date(2008, 1, 1))
    a_child(birth_date=date(2008, 1, 2))

    assert close_grown_up(today=date(2026, 11, 23)) == 2
