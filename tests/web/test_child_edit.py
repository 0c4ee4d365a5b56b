"""Editing a file by hand: what was shown is noted, and nothing that was not shown is changed."""

from __future__ import annotations

import re

import pytest
import time_machine

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import NOW, timedelta

REASON = "核对学校转来的心理辅导记录"


@pytest.fixture
def place():
    return a_neighbourhood()


@pytest.fixture
def editor(visitor, place):
    return visitor(place.users[Role.TOWNSHIP_COORDINATOR])


def edit_of(place):
    return f"/children/{place.child.public_id}/edit/"


def filled_in(client, place):
    """What a browser would send back unchanged, straight from the form on the page."""
    form = client.get(edit_of(place)).context["form"]
    sent = {}
    for bound in form:
        value = bound.value()
        if value not in (None, False, ""):
            sent[bound.name] = value
    return sent | {
        name: sent.get(name, "") for name in form.fields if name not in ("is_boarding", "categories", "needs")
    }


def reads():
    return AuditEntry.objects.filter(verb="child.read").count()


def reveal(client, place, field):
    client.post(f"/children/{place.child.public_id}/reveal/", {"field": field, "reason": REASON})


def test_opening_the_form_is_noted_as_a_read(editor, place):
    assert SECRETS["address"] in editor.get(edit_of(place)).content.decode()
    assert reads() == 1


def test_a_refused_change_shows_the_form_again_and_is_noted(editor, place):
    sent = filled_in(editor, place) | {"version": 99}
    before = reads()
    assert editor.post(edit_of(place), sent).status_code == 200
    assert reads() == before + 1


def test_a_saved_change_shows_nothing_and_is_no_read(editor, place):
    sent = filled_in(editor, place)
    before = reads()
    assert editor.post(edit_of(place), sent).status_code == 302
    assert reads() == before


def test_a_refused_reveal_renders_the_file_and_is_noted(editor, place):
    answer = editor.post(f"/children/{place.child.public_id}/reveal/", {"field": "id_number", "reason": "看看"})
    assert SECRETS["address"] in answer.content.decode()
    assert reads() == 1


def test_a_field_opened_in_another_tab_is_not_erased(editor, place):
    sent = filled_in(editor, place) | {"interests": "画画"}
    assert "psych_notes" not in sent
    reveal(editor, place, "psych_notes")

    assert editor.post(edit_of(place), sent).status_code == 302

    place.child.refresh_from_db()
    assert (place.child.psych_notes, place.child.interests) == (SECRETS["psych_notes"], "画画")


def test_a_field_that_was_not_shown_cannot_be_sent_along(editor, place):
    sent = filled_in(editor, place) | {"psych_notes": "偷偷改"}
    reveal(editor, place, "psych_notes")

    editor.post(edit_of(place), sent)

    place.child.refresh_from_db()
    assert place.child.psych_notes == SECRETS["psych_notes"]


def test_a_shown_field_that_was_not_sent_stays(editor, place):
    sent = filled_in(editor, place)
    del sent["address"]

    assert editor.post(edit_of(place), sent).status_code == 302

    place.child.refresh_from_db()
    assert place.child.address == SECRETS["address"]


def test_a_field_that_closed_meanwhile_says_so_and_keeps_the_text(editor, place):
    reveal(editor, place, "psych_notes")
    sent = filled_in(editor, place) | {"psych_notes": "睡眠好转", "interests": "画画"}

    with time_machine.travel(NOW + timedelta(minutes=16), tick=False):
        answer = editor.post(edit_of(place), sent)
        text = answer.content.decode()
        assert "睡眠好转" in text
        assert "已经关上" in text
        assert SECRETS["psych_notes"] not in text
        place.child.refresh_from_db()
        assert (place.child.psych_notes, place.child.interests) == (SECRETS["psych_notes"], SECRETS["interests"])

        reveal(editor, place, "psych_notes")
        again = {**sent, "shown": re.search(r'name="shown" value="([^"]+)"', text)[1]}
        assert editor.post(edit_of(place), again).status_code == 302
    place.child.refresh_from_db()
    assert place.child.psych_notes == "睡眠好转"


def test_a_closed_field_that_was_left_alone_stops_nothing(editor, place):
    reveal(editor, place, "psych_notes")
    sent = filled_in(editor, place) | {"interests": "画画"}
    with time_machine.travel(NOW + timedelta(minutes=16), tick=False):
        assert editor.post(edit_of(place), sent).status_code == 302
    place.child.refresh_from_db()
    assert (place.child.psych_notes, place.child.interests) == (SECRETS["psych_notes"], "画画")


def test_an_unticked_box_is_a_change(editor, place):
    sent = filled_in(editor, place)
    del sent["needs"]
    assert editor.post(edit_of(place), sent).status_code == 302
    place.child.refresh_from_db()
    assert place.child.needs == []


@pytest.mark.parametrize("shown", [None, "", "forged", "another"])
def test_without_the_list_of_what_was_shown_nothing_changes(editor, place, shown):
    sent = filled_in(editor, place) | {"address": "改掉"}
    sent["shown"] = f"{sent['shown']}x" if shown == "another" else shown or ""
    if shown is None:
        del sent["shown"]

    answer = editor.post(edit_of(place), sent)

    assert "改掉" in answer.content.decode()
    place.child.refresh_from_db()
    assert place.child.address == SECRETS["address"]
