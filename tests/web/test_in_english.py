"""What the service came with is English on English pages, and what a county wrote stays as it is."""

from __future__ import annotations

import pytest
from django.utils import translation

from backend.accounts.models import Role
from matching.models import SlotRule
from matching.plain_names import plain_name
from matching.services.presets import PRESETS
from tests.factories.matching import a_pairing, a_proposal, a_scheme, a_slot
from tests.factories.roster import a_child, a_coordinator, a_county, a_helper


@pytest.fixture
def english(visitor):
    client = visitor(a_coordinator(a_county()))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def test_every_name_the_service_came_with_has_an_english_one():
    names = {preset.name for preset in PRESETS} | {place.name for preset in PRESETS for place in preset.places}
    with translation.override("en"):
        assert [name for name in names if not plain_name(name).isascii()] == []
        assert plain_name("监管教师、责任干部") == "supervising teacher, cadre in charge"
        assert plain_name("县里自己的名额") == "县里自己的名额"
    with translation.override("zh-hans"):
        assert plain_name("监管教师") == "监管教师"


def test_lists_name_roles_places_and_what_is_offered_in_english(english):
    a_pairing(a_child(), a_helper(skills=["学习辅导"]))
    a_helper(role=Role.CADRE)
    text = english.get("/pairings/").content.decode()
    assert "supervising teacher" in text and "监管教师" not in text
    assert "Two to one" in text and "二对一" not in text
    text = english.get("/helpers/").content.decode()
    assert not [word for word in ("Teacher", "Cadre", "Tutoring") if word not in text]
    assert "学习辅导" not in text


def test_a_name_the_county_chose_stays(english):
    pairing = a_pairing()
    SlotRule.objects.filter(pk=pairing.slot.rule_id).update(name="护航老师")
    assert "护航老师" in english.get("/pairings/").content.decode()


def test_one_place_is_said_as_one(english):
    for n, said in ((1, "1 place, 0 open"), (2, "2 places, 0 open")):
        draft = a_proposal(a_scheme())
        for _ in range(n):
            slot = a_slot(a_child(), scheme=draft.scheme)
            draft.pairs.create(slot=slot, child=slot.child, helper=a_helper())
        text = english.get(f"/proposals/{draft.public_id}/").content.decode()
        assert said in text
        assert "1 places" not in text
