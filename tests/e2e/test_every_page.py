"""
Every page of every role in both languages, at the width of a desk and of a phone: axe finds nothing serious, and no
page is wider than its window.

`PICTURES=docs/screens pytest -m browser tests/e2e/test_every_page.py` takes the pictures anew.
"""

from __future__ import annotations

import pytest
from django.urls import get_resolver, reverse
from django.utils import timezone

from activities.models import DaySeat, EventDay, TalkPlan
from activities.place_selectors import homes_visible_to
from activities.selectors import duties_visible_to, talk_rounds_visible_to
from backend.accounts.models import Role
from backend.accounts.permission_table import PERMISSIONS, PUBLIC, SIGNED_IN
from backend.roster.access import children_visible_to, helpers_visible_to, reader_in_role
from backend.roster.models import ImportBatch, Membership, SchoolClass
from backend.roster.services.concerns import concerns_visible_to
from matching.models import MatchingRun, Offer, Proposal, ProposedPair
from matching.selectors import offers_visible_to, pairings_visible_to, proposals_visible_to, schemes_visible_to
from notifications.selectors import inbox_of
from notifications.services import mint_offer_link
from tests.e2e import whole_house
from tests.e2e.looking import DESK, a_window, looked_at
from tests.e2e.moments import MOMENTS, cookies_of
from tests.e2e.signing_in import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LANGUAGES = ("zh-hans", "en")
# Files, JSON, redirects and pieces of pages: nothing anybody looks at by itself.
NO_PAGE = {
    "web:home", "web:offer-link-accept", "web:feed", "web:export-file", "web:import-template", "web:event-paper-file", "web:event-solve",
    "web:proposal-news", "web:event-timeline", "web:event-try", "web:event-move-effect", "web:child-consent-paper", "web:summaries-file", "web:wall-file", "web:worker", "web:manifest", "livez", "readyz", "robots",
    "mfa_download_recovery_codes",
}  # fmt: skip


def addresses(patterns, space="", before=()):
    """(url name, names of its arguments) of every address."""
    for one in patterns:
        arguments = (*before, *one.pattern.converters)
        if hasattr(one, "url_patterns"):
            yield from addresses(one.url_patterns, f"{space}{one.namespace}:" if one.namespace else space, arguments)
        elif one.name:
            yield f"{space}{one.name}", arguments


def pages():
    """Every page that is looked at -> names of its arguments."""
    left_out = NO_PAGE | set(MOMENTS)
    return {
        name: arguments
        for name, arguments in addresses(get_resolver().url_patterns)
        if f"GET {name}" in PERMISSIONS and name not in left_out and not name.startswith(("api", "admin"))
    }


def roles_for(name):
    """Who looks at it: of the roles here all that may; None is somebody who is not signed in."""
    allowed = PERMISSIONS[f"GET {name}"]
    if PUBLIC in allowed and name != "account_logout":
        return [None]
    if allowed & {PUBLIC, SIGNED_IN}:
        return [Role.TEACHER]
    return [role for role in whole_house.ROLES if role in allowed]


def the_day():
    """The one the teacher leads something of, made last."""
    newest = EventDay.objects.filter(state="PUBLISHED").order_by("-pk").values("pk")[:1]
    return EventDay.objects.filter(pk=newest)


def seats(reader):
    return DaySeat.objects.filter(event__in=the_day(), state="PLACE", child__in=children_visible_to(reader))


def pairs(reader):
    return ProposedPair.objects.filter(
        proposal__in=proposals_visible_to(reader), proposal__pk=Proposal.objects.first().pk
    )


def own_offers(reader):
    return offers_visible_to(reader).filter(state="SENT")


def a_link(_reader):
    offer = Offer.objects.filter(state="SENT").order_by("-pk").first()
    return mint_offer_link(offer=offer, way="COPY", actor=None, now=timezone.now()).rstrip("/").rpartition("/")[2]


# Name of an argument -> rows of which the first is opened, or the argument itself.
ROWS = {
    "child_id": children_visible_to,
    "helper_id": helpers_visible_to,
    "event_id": lambda _reader: the_day(),
    "seat_id": seats,
    "home_id": homes_visible_to,
    "batch_id": lambda _reader: ImportBatch.objects,
    "scheme_id": schemes_visible_to,
    "run_id": lambda _reader: MatchingRun.objects,
    "proposal_id": lambda _reader: Proposal.objects,
    "pair_id": pairs,
    "offer_id": own_offers,
    "pairing_id": pairings_visible_to,
    "class_id": lambda _reader: SchoolClass.objects.filter(pk__in=TalkPlan.objects.values("school_class")),
    "round_id": talk_rounds_visible_to,
    "plan_id": lambda _reader: TalkPlan.objects,
    "duty_id": lambda reader: duties_visible_to(reader).filter(state="OPEN"),
    "message_id": inbox_of,
    "concern_id": concerns_visible_to,
    "grant_id": lambda _reader: Membership.objects.filter(revoked_at=None),
}
OWN_ROWS = {("web:event-drop", "event_id"): lambda _reader: EventDay.objects.filter(state="DRAFT")}
WORDS = {
    "part": "segments", "key": "games", "segment": "games", "number": 1, "kind": "run", "code": "OFFER_SENT",
    "language": "zh-hans", "what": "remind", "statement": "GUARDIAN",
}  # fmt: skip


def address_of(name, arguments, reader):
    """The page of one thing of each kind as the role sees it; None where it sees none."""
    told = {}
    for argument in arguments:
        if argument in ROWS:
            rows = OWN_ROWS.get((name, argument), ROWS[argument])
            one = rows(reader).order_by("pk").first()
            if one is None:
                return None
            told[argument] = one.public_id
        else:
            told[argument] = a_link(reader) if argument == "token" else WORDS[argument]
    return reverse(name, kwargs=told)


def look_at(page, server, name, address, language, role):
    """One page at both widths; faults as sentences. None where this one is not the role's to see."""
    page.set_viewport_size(DESK)
    address += f"?lang={language[:2]}" if role is None else ""
    answer = page.goto(server.url + address)
    if answer is not None and answer.status == 404 and role != roles_for(name)[0]:
        return None  # this one is not theirs; somebody before them has seen it
    if answer is None or answer.status != 200 or page.url.partition("?")[0] != server.url + address.partition("?")[0]:
        return [f"{role} {name}: {answer.status if answer else '-'} {page.url.removeprefix(server.url)}"]
    return looked_at(page, name, language, role)


def moments(browser, server, people, language):
    """Faults of the pages that are there for a moment only; each is come to in a browser of its own."""
    faults = []
    for name, come_to in MOMENTS.items():
        context = a_window(browser)
        page = context.new_page()
        page.set_viewport_size(DESK)
        client, address = come_to(people)
        context.add_cookies([one | {"url": server.url} for one in cookies_of(client, language)])
        answer = page.goto(server.url + address)
        is_there = answer is not None and answer.status == 200 and page.url == server.url + address
        faults += looked_at(page, name, language, None) if is_there else [f"{name}: {page.url}"]
        context.close()
    return faults


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_can_be_read_by_everybody(browser, live_server, settings, tmp_path, language):
    settings.DATA_DIR = tmp_path
    settings.PUBLIC_URL = live_server.url
    people = whole_house.build()
    faults, opened = [], set()
    for role in (None, *whole_house.ROLES):
        context = a_window(browser)
        signed_in(context, live_server, people.get(role), language)
        reader = reader_in_role(people[role], role, timezone.now()) if role else None
        page = context.new_page()
        for name, arguments in pages().items():
            address = address_of(name, arguments, reader) if role in roles_for(name) else None
            found = look_at(page, live_server, name, address, language, role) if address else None
            faults += found or []
            opened |= {name} if found is not None else set()
        context.close()
    faults += moments(browser, live_server, people, language)
    assert not faults, "\n".join(faults)
    assert opened == set(pages())
