"""The main pages ask the database as often for three times the rows: one busy county, opened small and opened grown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.services.duties import owe_first_visit
from matching.models import MatchingRun, Offer, Vacancy
from matching.services.offers import decline_offer
from matching.services.pairings import suspend_pairing
from matching.services.questions import ask_about_offer
from notifications.handlers import tell_of_offers
from notifications.models import Message
from notifications.services import mint_offer_link
from tests.factories.matching import a_pairing, a_proposal, a_scheme, a_slot, an_offer
from tests.factories.roster import (
    NOW,
    a_care_link,
    a_child,
    a_clearance,
    a_coordinator,
    a_county,
    a_guardian,
    a_helper,
    a_school,
    a_township,
    a_user,
    a_village,
)

FEW, MANY = 2, 6


class County:
    """A county with a draft, a run, offers and pairings; `grow` adds so many of everything."""

    def __init__(self):
        self.scheme = a_scheme()
        self.draft = a_proposal(self.scheme)
        MatchingRun.objects.filter(pk=self.draft.run_id).update(state="DONE", solver_status="OPTIMAL")
        self.coordinator = a_coordinator(a_county())
        self.me = a_helper("李春燕", total_limit=40)
        self.grown = 0

    def grow(self, to):
        for number in range(self.grown, to):
            self.grow_places(number)
            self.grow_draft()
            self.grow_offers()
            self.grow_pairings()
            self.grow_my_work()
        self.grown = to

    def grow_places(self, number):
        """Townships, villages and schools of their own, with people in them."""
        village = a_village(a_township(number=301 + number, name=f"新乡{number}"), number=401, name=f"新村{number}")
        child = a_child(village=village, school=a_school(village, name=f"新小学{number}"))
        a_guardian(child)
        helper = a_helper(village=village, is_cleared=False)
        a_clearance(helper, expires_date=(NOW + timedelta(days=20)).date())

    def grow_draft(self):
        """A place kept, one changed by hand with an objection, one open with its certificate and remedies."""
        others = [a_helper() for _each in range(2)]
        alternatives = [[other.pk, 10, 0, 400] for other in others]
        facts = {"fit": 500, "reasons": [["same_village", 200]], "alternatives": alternatives}
        self.pair = self.place(helper=a_helper(), **facts)
        by_hand = {"origin": "HAND", "is_locked": True, "changed_by": self.coordinator, "changed_at": NOW}
        changed = self.place(helper=a_helper(), **facts, **by_hand)
        changed.objections.create(reason="两家有过节", raised_by=a_user(), raised_at=NOW)
        certificate = self.draft.certificates.create(
            slot_name="监管教师", kind="shortage", place_name="土城镇", children=3, helpers=2, places=2, short=1,
            remedies=[],
        )  # fmt: skip
        self.open_pair = self.place(certificate=certificate)

    def place(self, **columns):
        child = a_child()
        return self.draft.pairs.create(slot=a_slot(child, scheme=self.scheme), child=child, **columns)

    def grow_offers(self):
        """Waiting, declined with a freed place, with a question, and returned."""
        waiting, declined, returned = (an_offer(proposal=self.draft) for _each in range(3))
        tell_of_offers(Offer.objects.filter(pk__in=[waiting.pk, returned.pk]), now=NOW)
        Message.objects.filter(offer=returned).exclude(channel="inbox").update(state="RETURNED")
        ask_about_offer(offer=waiting, text="路远吗", actor=None, now=NOW)
        decline_offer(offer=declined, reason="TOO_FAR", actor=None, now=NOW)
        pair = self.place(helper=a_helper(), fit=300)
        Vacancy.objects.create(slot=declined.slot, cause="DECLINED", state="FOUND", freed_at=NOW, pair=pair)
        self.offer = waiting

    def grow_pairings(self):
        self.pairing = a_pairing()
        suspend_pairing(pairing=a_pairing(), reason="病假", actor=self.coordinator, now=NOW)

    def grow_my_work(self):
        """One more child of mine, with a visit owed, and one more question put to me."""
        pairing = a_pairing(a_child(care_alert="带哮喘喷雾"), self.me)
        a_care_link(pairing.child, self.me)
        owe_first_visit(pairing=pairing, accepted_at=NOW)
        self.my_offer = an_offer(helper=self.me)
        tell_of_offers(Offer.objects.filter(pk=self.my_offer.pk), now=NOW)
        self.my_child = pairing.child


@pytest.fixture
def county():
    return County()


def queries_of(client, pages):
    """Page -> how many queries one opening takes, once everything that is kept in mind is."""
    counts = {}
    for name, url in pages.items():
        assert client.get(url).status_code == 200, name
        with CaptureQueriesContext(connection) as seen:
            page = client.get(url)
        assert page.status_code == 200
        counts[name] = len(seen)
    return counts


def desk_of(county):
    draft = f"/proposals/{county.draft.public_id}/"
    return {
        "today": "/today/",
        "draft": draft,
        "draft, filtered": f"{draft}?tab=open&level=4",
        "draft, searched": f"{draft}?q=he",
        "draft, hinted": f"{draft}?tab=hinted",
        "pair": f"{draft}pairs/{county.pair.public_id}/",
        "open pair": f"{draft}pairs/{county.open_pair.public_id}/",
        "candidates": f"{draft}pairs/{county.open_pair.public_id}/candidates/",
        "reviews": f"{draft}reviews/",
        "publish": f"{draft}publish/",
        "run": f"/runs/{county.draft.run.public_id}/",
        "offers": "/offers/",
        "offers, searched": "/offers/?q=he",
        "offers returned": "/offers/?tab=returned",
        "offer": f"/offers/{county.offer.public_id}/",
        "repairs": "/repairs/",
        "pairings": "/pairings/",
        "pairing": f"/pairings/{county.pairing.public_id}/",
        "children": "/children/",
        "children, searched": "/children/?q=ran",
        "child": f"/children/{county.pairing.child.public_id}/",
        "found": "/find/?q=he",
        "helpers": "/helpers/",
        "helpers, searched": "/helpers/?q=he",
        "helper": f"/helpers/{county.me.public_id}/",
        "messages": "/messages/",
        "clearances": "/clearances/?tab=ending",
    }


def phone_of(county):
    return {
        "my children": "/my/children/",
        "child": f"/children/{county.my_child.public_id}/",
        "week": "/week/",
        "week's list": "/week/list/",
        "inbox": "/inbox/",
        "my offer": f"/my/offers/{county.my_offer.public_id}/",
        "my details": "/my/details/",
        "my hours": "/my/hours/",
        "how to tell me": "/my/contact/",
        "my calendar": "/my/calendar/",
    }


@pytest.mark.parametrize("side", ["desk", "phone", "link"])
def test_three_times_the_rows_take_the_same_number_of_queries(visitor, county, side):
    def counted():
        if side == "link":
            link = mint_offer_link(offer=county.offer, way="COPY", actor=None, now=NOW)
            return queries_of(visitor(), {"link": link.removeprefix(settings.PUBLIC_URL)})
        user, pages = (county.coordinator, desk_of) if side == "desk" else (county.me.user, phone_of)
        return queries_of(visitor(user), pages(county))

    county.grow(FEW)
    few = counted()
    county.grow(MANY)

    assert counted() == few
