"""Being away from a day to a day: nobody new, what is held rests, and all of it ends by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.kernel.errors import DomainError
from backend.outbox.sweeper import sweep
from backend.roster.models import Helper
from backend.roster.services.pauses import ask_pause, end_pause, turn_pauses
from matching.models import Offer, Pairing
from matching.services.pairings import resume_rested
from matching.services.stand_ins import end_due, plan_stand_in
from tests.factories.matching import a_pairing, an_offer
from tests.factories.roster import NOW, TODAY, a_coordinator, a_county, a_helper

DAY = timedelta(days=1)


@pytest.fixture
def pairing():
    return a_pairing()


def away(helper, first=TODAY, last=TODAY + 4 * DAY):
    ask_pause(helper=helper, from_date=first, until_date=last, actor=helper.user, now=NOW)
    sweep(now=NOW)


def test_what_is_held_rests_at_once_and_comes_back_the_day_after(pairing):
    offer = an_offer(helper=pairing.helper)
    away(pairing.helper)
    pairing.refresh_from_db()
    assert (pairing.state, pairing.suspended_until, pairing.suspend_reason) == (
        "SUSPENDED", TODAY + 5 * DAY, "helper.paused",
    )  # fmt: skip
    assert Offer.objects.get(pk=offer.pk).state == "WITHDRAWN"
    assert Helper.objects.get(pk=pairing.helper_id).state == "PAUSED"

    assert turn_pauses(now=NOW + 4 * DAY) == 0
    assert turn_pauses(now=NOW + 5 * DAY) == 1
    assert resume_rested(now=NOW + 5 * DAY) == 1
    helper = Helper.objects.get(pk=pairing.helper_id)
    assert (helper.state, helper.paused_from_date, helper.paused_until_date) == ("ACTIVE", None, None)


def test_a_pause_ahead_begins_on_its_day_and_can_be_called_off(pairing):
    away(pairing.helper, first=TODAY + 2 * DAY)
    assert Pairing.objects.get().state == "ACTIVE"
    end_pause(helper=pairing.helper, actor=None)
    assert turn_pauses(now=NOW + 2 * DAY) == 0
    away(pairing.helper, first=TODAY + 2 * DAY)
    assert turn_pauses(now=NOW + 2 * DAY) == 1
    sweep(now=NOW + 2 * DAY)
    assert Pairing.objects.get().state == "SUSPENDED"


def test_a_stand_in_goes_on_and_who_is_still_away_does_not_get_the_child_back(pairing):
    other = a_helper()
    until = {"from_date": TODAY, "until_date": TODAY + DAY}
    plan_stand_in(pairing=pairing, helper=other, actor=None, now=NOW, **until)
    away(pairing.helper)
    assert (Pairing.objects.get().state, Pairing.objects.get().stand_in) == ("ACTIVE", other)
    end_due(now=NOW + 2 * DAY)
    assert (Pairing.objects.get().state, Pairing.objects.get().suspended_until) == ("SUSPENDED", TODAY + 5 * DAY)


def test_a_coordinators_pause_is_not_the_helpers_to_end(pairing):
    Helper.objects.filter(pk=pairing.helper_id).update(state="PAUSED")
    with pytest.raises(DomainError) as refused:
        away(pairing.helper)
    assert refused.value.code == "helper.not_in_office"
    end_pause(helper=pairing.helper, actor=None)
    assert Helper.objects.get(pk=pairing.helper_id).state == "PAUSED"


@pytest.mark.parametrize(("first", "last"), [(-1, 1), (2, 1), (0, 366)])
def test_days_nobody_can_mean_are_refused(pairing, first, last):
    with pytest.raises(DomainError) as refused:
        away(pairing.helper, first=TODAY + first * DAY, last=TODAY + last * DAY)
    assert refused.value.code == "helper.wrong_pause"


def test_a_helper_says_so_on_the_phone_and_the_desk_sees_it(pairing, visitor):
    client = visitor(pairing.helper.user)
    assert "1 个孩子先暂停" in client.get("/my/pause/").content.decode()
    client.post("/my/pause/", {"from_date": TODAY + DAY, "until_date": TODAY + 3 * DAY})
    assert "2026-11-24 至 2026-11-26 请假" in client.get("/my/details/").content.decode()
    text = visitor(a_coordinator(a_county())).get("/today/").content.decode()
    assert f"{pairing.helper.name}请了假" in text
    client.post("/my/pause/end/")
    assert "请了假" not in visitor(a_coordinator(a_county())).get("/today/").content.decode()
