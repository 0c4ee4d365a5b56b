"""Reads about links, messages and feeds."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from activities.calendar_selectors import event_days_to_follow
from backend.accounts.models import COORDINATORS, HELPERS, Role, User
from backend.accounts.permission_table import FEED_KINDS
from backend.roster.access import (
    Reader,
    areas_visible_to,
    children_visible_to,
    county_of,
    helpers_visible_to,
    organisations_visible_to,
    reader_in_role,
)
from backend.roster.models import Area, Child, Helper, Membership, Organisation
from backend.roster.selectors import is_shut_out
from backend.vault.hashes import token_hash
from matching.selectors import offer_by_id, schemes_visible_to
from notifications.kinds.offers import ASKING
from notifications.models import OFFER_PARTS, CalendarMail, Feed, Invitation, Message, OfferLink

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Model, QuerySet

    from matching.models import Offer


# Written down, not put together by Django: that takes ten times as long as the answer, hundreds of times a second.
_ASKED_OFTEN = """
SELECT feed.id, feed.kind, feed.role, feed.helper_id, feed.owner_id, feed.has_alarms, feed.fetched_at, feed.version,
       feed.rendered_version, feed.rendered_at, feed.reach, feed.etag,
       helper.state AS helper_state, helper.user_id AS helper_user_id
FROM notifications_feed feed
JOIN accounts_user owner ON owner.id = feed.owner_id AND owner.is_active
LEFT JOIN roster_helper helper ON helper.id = feed.helper_id
WHERE feed.token_hash = %s AND feed.revoked_at IS NULL AND feed.expires_at > %s
"""


def offer_of_link(token: str) -> Offer | None:
    """
    The offer behind a link's secret, whatever its state; None for any wrong secret, and for whose account was closed.
    """
    link = OfferLink.objects.filter(token_hash=token_hash(token)).values_list("offer_id", flat=True).first()
    offer = offer_by_id(link) if link is not None else None
    return None if offer is None or is_shut_out(offer.asked) else offer


def live_feed(token: str, *, now: datetime) -> tuple[Feed, Reader] | None:
    """
    The feed behind a secret and who reads it: not revoked, not run out, its owner's account open and still holding the
    role it was made in.

    Calendars ask every few minutes and mostly have the answer already, so few columns are read: the rendered body and
    what the feed is about only when they are asked for.
    """
    moment = connection.ops.adapt_datetimefield_value(now)
    feed = next(iter(Feed.objects.raw(_ASKED_OFTEN, [token_hash(token), moment])), None)
    reader = _reader_of(_with_people(feed), now) if feed is not None else None
    return (feed, reader) if feed is not None and reader is not None else None


def _with_people(feed: Any) -> Feed:
    """The feed with its owner and helper, of whom no more was read than says whether it still lives."""
    feed.owner = User.from_db(None, ["id", "is_active"], [feed.owner_id, True])
    if feed.helper_id is not None:
        known = [feed.helper_id, feed.helper_state, feed.helper_user_id]
        feed.helper = Helper.from_db(None, ["id", "state", "user_id"], known)
    found: Feed = feed
    return found


def _reader_of(feed: Feed, now: datetime) -> Reader | None:
    """One's own calendar lives as long as one helps; the others as long as the grant."""
    if feed.helper is not None:
        is_mine = feed.helper.user_id == feed.owner_id and feed.helper.state != Helper.State.LEFT
        return Reader(user=feed.owner, role=Role(feed.role), helper_id=feed.helper_id) if is_mine else None
    reader = reader_in_role(feed.owner, feed.role, now)
    return reader if reader.role == feed.role else None


def reach_of(reader: Reader) -> str:
    """What a reader may know, as a short text: another one means that a rendered calendar is out of date."""
    parts = (reader.role, sorted(reader.area_codes), sorted(reader.organisation_ids), reader.helper_id)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def feed_subject(reader: Reader, kind: str, public_id: str) -> Model | None:
    """What is of that kind and id among what the reader may follow."""
    rows = feed_subjects(reader).get(kind)
    return rows.filter(public_id=public_id).first() if rows is not None else None


def feed_subjects(reader: Reader) -> dict[str, QuerySet[Any]]:
    """What a reader may follow beside their own calendar, by kind."""
    schools = organisations_visible_to(reader).filter(kind=Organisation.Kind.SCHOOL).order_by("area__code", "name")
    villages = areas_visible_to(reader).filter(kind=Area.Kind.VILLAGE).order_by("code")
    found: dict[str, QuerySet[Any]] = {
        Feed.Kind.SCHOOL: schools,
        Feed.Kind.VILLAGE: villages,
        Feed.Kind.SCHEME: schemes_visible_to(reader).order_by("pk"),
        Feed.Kind.ACTIVITY: event_days_to_follow(reader).order_by("-date", "pk"),
        Feed.Kind.PUBLIC: Area.objects.filter(kind=Area.Kind.COUNTY, code__in=_county_codes(reader)),
    }
    return {kind: rows for kind, rows in found.items() if reader.role in FEED_KINDS[kind]}


def may_follow(feed: Feed, reader: Reader) -> bool:
    """Whether what a feed is about is still among what its reader may follow."""
    if feed.kind == Feed.Kind.MINE:
        return True
    about = int(feed.organisation_id or feed.area_id or feed.scheme_id or feed.event_id or 0)
    rows = feed_subjects(reader).get(feed.kind)
    if rows is None:
        return False
    return rows.filter(pk=about).exists()


def _county_codes(reader: Reader) -> set[str]:
    """The counties a reader works, helps or has children in."""
    county = county_of(reader)
    if county is not None:
        return {county.code}
    helpers = Helper.objects.filter(pk=reader.helper_id or 0).values_list("township__code", flat=True)
    children = children_visible_to(reader) if reader.role == Role.GUARDIAN else Child.objects.none()
    return {code[:6] for code in (*helpers, *children.values_list("village__code", flat=True))}


def feeds_visible_to(reader: Reader) -> QuerySet[Feed]:
    """One's own feeds."""
    mine = Feed.objects.filter(owner=reader.user) if reader.user else Feed.objects.none()
    return mine.select_related("organisation", "area", "scheme", "event").defer("body")


def wants_calendar_mail(helper_id: int) -> bool:
    """Whether a helper wants invitations by mail: a choice per person, off by default."""
    return CalendarMail.objects.filter(helper_id=helper_id, is_on=True).exists()


def invitations_visible_to(reader: Reader) -> QuerySet[Invitation]:
    """One's own."""
    if reader.helper_id is None or reader.role not in HELPERS:
        return Invitation.objects.none()
    return Invitation.objects.filter(helper_id=reader.helper_id).select_related("duty")


def messages_visible_to(reader: Reader) -> QuerySet[Message]:
    """
    A coordinator's: messages to helpers in scope, to guardians of children in scope, and their own; a county's also
    what did not reach another coordinator. A helper's: their own.
    """
    messages = Message.objects.select_related("helper", "guardian__child", "account", "offer__slot__rule")
    if reader.helper_id is not None and reader.role in HELPERS:
        return messages.filter(helper_id=reader.helper_id)
    if reader.role in COORDINATORS:
        mine = Q(helper__in=helpers_visible_to(reader)) | Q(guardian__child__in=children_visible_to(reader))
        mine |= Q(helper=None, guardian=None, account=reader.user)
        return messages.filter(mine | _lost_colleagues(reader))
    return messages.none()


def _lost_colleagues(reader: Reader) -> Q:
    """What did not reach those who hold a grant in a county coordinator's county."""
    county = county_of(reader) if reader.role == Role.COUNTY_COORDINATOR else None
    if county is None:
        return Q(pk__in=())
    within = Q(area__code__startswith=county.code) | Q(organisation__area__code__startswith=county.code)
    lost = Q(helper=None, guardian=None, state__in=(Message.State.RETURNED, Message.State.DEAD))
    return lost & Q(account__in=Membership.objects.filter(within).values("user"))


def undelivered(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Those that did not arrive, and of which no other way brought the same to the same person either."""
    arrived = Message.objects.filter(fact=OuterRef("fact"), state=Message.State.SENT)
    arrived = arrived.exclude(channel=Message.Channel.INBOX, read_at=None)
    lost = messages.filter(state__in=(Message.State.RETURNED, Message.State.DEAD))
    return lost.exclude(kind="CHANNEL_TEST").filter(~Exists(arrived))


def offers_not_arrived() -> QuerySet[Any, Any]:
    """Row ids of offers whose message did not arrive: few, so they are looked for from the messages' side."""
    return undelivered(Message.objects.filter(offer__isnull=False, kind__in=ASKING)).values("offer_id")


def inbox_of(reader: Reader) -> QuerySet[Message]:
    """What lies in one's own inbox, in whichever role it came."""
    if reader.user is None or not reader.role:
        return Message.objects.none()
    mine = Message.objects.filter(account=reader.user, channel=Message.Channel.INBOX)
    return mine.select_related("helper__township", "guardian__child__village", "account", *OFFER_PARTS)


def unread_count(reader: Reader) -> int:
    """How many messages of one's inbox were not read."""
    return inbox_of(reader).filter(read_at=None).order_by().count()


def latest_tests_of(reader: Reader) -> list[Message]:
    """The latest test over each way, for the person who asked for it."""
    tests = Message.objects.filter(account=reader.user, kind="CHANNEL_TEST").order_by("-created_at", "-pk")[:12]
    latest: dict[str, Message] = {}
    for one in tests:
        latest.setdefault(one.channel, one)
    return [latest[channel] for channel in Message.Channel.values if channel in latest]
