"""What a wave of offers would tell before anybody is told: the people, channels, words and hours of the real thing."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend.roster.models import Helper
from matching.models import Offer, ProposedPair
from notifications.facts import page
from notifications.kinds import EMAIL, INBOX, ROBOT, SMS, Text
from notifications.kinds.offers import asking_kind
from notifications.models import Message
from notifications.recipients import of_helper
from notifications.rules import may_not_wait, quiet_until, rules_of
from notifications.telling import channels_for
from notifications.texts import facts_of, filled, in_language, own_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from notifications.kinds import Kind

# The secret of a link is made at the sending, so a preview shows where it will stand.
_LINK, _PAGE = "/o/…/", "/my/offers/…/"
_PARTS = ("slot__rule__scheme", "child__village", "child__school", "helper")


@dataclass(frozen=True)
class Asked:
    """One person asked for one place of a draft, and the channels they would be told over."""

    pair_id: int
    helper: Helper
    has_leader: bool
    channels: frozenset[str]


@dataclass(frozen=True)
class Letters:
    """
    Those who would get the same words.

    Args:
        is_own: the county's own words instead of the built-in ones.
        waits_until: the end of the quiet hours it is now, for whatever is no inbox; None: goes out at once.
    """

    kind: Kind
    language: str
    county_code: str
    text: Text
    is_own: bool
    waits_until: datetime | None
    asked: tuple[Asked, ...]

    @property
    def key(self) -> str:
        return f"{self.kind.code}.{self.language}.{self.county_code}"

    @property
    def counts(self) -> dict[str, int]:
        """Channel -> messages."""
        return Counter(channel for one in self.asked for channel in one.channels)

    @property
    def waiting(self) -> int:
        """Messages that go out only when the quiet hours are over."""
        return sum(n for channel, n in self.counts.items() if channel != INBOX) if self.waits_until else 0

    @property
    def people(self) -> int:
        return len({one.helper.pk for one in self.asked})


@dataclass(frozen=True)
class Letter:
    """What one person would read: by mail, and in short; "" where they are not told that way."""

    asked: Asked
    subject: str
    body: str
    short: str


def letters_of(people: Iterable[tuple[int, int, bool]], *, now: datetime) -> list[Letters]:
    """
    The messages of a wave, by their words; the most first.

    Args:
        people: (row id of the pair, row id of whom would be asked, whether as the leader of two classmates).
    """
    wanted = list(people)
    rows = Helper.objects.select_related("user__contact", "township").defer("id_number", "address")
    helpers = rows.in_bulk({helper for _p, helper, _l in wanted})
    reached = {pk: of_helper(helper) for pk, helper in helpers.items()}
    groups: dict[tuple[bool, str, str], list[Asked]] = defaultdict(list)
    for pair_id, helper_id, has_leader in wanted:
        helper, to = helpers[helper_id], reached[helper_id]
        channels = frozenset(channels_for(asking_kind(has_leader=has_leader), to))
        groups[has_leader, to.language, to.county_code].append(Asked(pair_id, helper, has_leader, channels))
    found = [_letters(*group, asked, now) for group, asked in groups.items()]
    return sorted(found, key=lambda one: (-len(one.asked), one.key))


def _letters(has_leader: bool, language: str, county_code: str, asked: list[Asked], now: datetime) -> Letters:  # noqa: FBT001 - one part of a group's key
    kind = asking_kind(has_leader=has_leader)
    own = own_texts(county_code=county_code, language=language).get(kind.code)
    until = None if may_not_wait(kind.code) else quiet_until(rules_of(county_code), now)
    text = own or kind.text(language)
    return Letters(kind, language, county_code, text, own is not None, until, tuple(asked))


def written(letters: Letters, asked: Sequence[Asked], *, deadline: datetime, now: datetime) -> list[Letter]:
    """The finished texts of some of these people, one query for all of them."""
    pairs = ProposedPair.objects.select_related(*_PARTS).in_bulk([one.pair_id for one in asked])
    return [_written(letters, one, pairs[one.pair_id], deadline, now) for one in asked if one.pair_id in pairs]


def _written(letters: Letters, one: Asked, pair: ProposedPair, deadline: datetime, now: datetime) -> Letter:
    offer = Offer(
        slot=pair.slot, child=pair.child, helper=pair.helper, leader=one.helper if one.has_leader else None,
        state=Offer.State.SENT, sent_at=now, expires_at=deadline,
    )  # fmt: skip
    message = Message(kind=letters.kind.code, offer=offer, helper=one.helper)
    facts = facts_of(message, language=letters.language, now=now) or {}
    alone, among_others = (filled(letters.text, facts | links) for links in _links(letters.language))
    return Letter(
        one,
        alone.subject,
        (alone if EMAIL in one.channels else among_others).body if one.channels & {EMAIL, INBOX} else "",
        (alone if SMS in one.channels else among_others).short if one.channels & {SMS, ROBOT} else "",
    )


def _links(language: str) -> tuple[dict[str, str], dict[str, str]]:
    """Where one person alone reads a personal link stands, else the plain page, which asks to sign in."""
    shared = page(_PAGE)
    return {"link": in_language(page(_LINK), language), "url": shared}, {"link": shared, "url": shared}
