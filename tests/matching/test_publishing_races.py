"""Whatever happens to a draft between being judged and being published is honoured."""

from __future__ import annotations

import pytest

from backend.roster.models import Consent, Exclusion
from matching.models import Objection, Offer
from matching.services import proposals
from matching.services.hand_edits import take_off
from matching.services.proposals import NothingToPublish
from tests.factories.roster import a_coordinator, a_helper
from tests.matching.test_hand_edits import a_pair, put
from tests.matching.test_publishing import LATER, publish

pytestmark = pytest.mark.django_db


def taken_off(pair):
    take_off(pair=pair, version=1, actor=a_coordinator(), now=LATER)


def replaced(pair):
    put(pair, a_helper("换上的"))


def objected(pair):
    Objection.objects.create(pair=pair, reason="不合适", raised_by=a_coordinator(), raised_at=LATER)


def excluded(pair):
    Exclusion.objects.create(child=pair.child, helper=pair.helper, reason="ASKED_NOT_TO")


def consent_gone(pair):
    Consent.objects.filter(child=pair.child).update(withdrawn_at=LATER)


@pytest.mark.parametrize("happens", [taken_off, replaced, objected, excluded, consent_gone])
def test_nobody_is_asked_who_was_taken_off_while_it_was_published(monkeypatch, happens):
    pair, plan = a_pair(), proposals.plan_publication

    def planned_and_then(**asked):
        made = plan(**asked)
        happens(pair)
        return made

    monkeypatch.setattr(proposals, "plan_publication", planned_and_then)
    with pytest.raises(NothingToPublish):
        publish(pair.proposal)
    assert not Offer.objects.exists(), "the child's other half waits for a whole pair too"
