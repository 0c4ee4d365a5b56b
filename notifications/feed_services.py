"""Private calendar links: making, renewing and ending them, and keeping what they show up to date."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from backend.accounts.permission_table import FEED_KINDS
from backend.audit.services import record
from backend.kernel.calendar import clean_line
from backend.kernel.errors import DomainError, NotAllowed
from backend.vault.hashes import new_token, token_hash
from notifications.feeds import render_feed
from notifications.models import Feed
from notifications.selectors import reach_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import Model

    from backend.roster.access import Reader

FEED_DAYS = 400
MOST_FEEDS = 30
_COLUMNS = {
    Feed.Kind.SCHOOL: "organisation", Feed.Kind.VILLAGE: "area", Feed.Kind.SCHEME: "scheme",
    Feed.Kind.ACTIVITY: "event", Feed.Kind.PUBLIC: "area",
}  # fmt: skip


class NoCalendar(DomainError):
    code = "feed.no_helper"
    status = 403
    message = "Only helpers have a calendar of their own."


class NothingToFollow(DomainError):
    code = "feed.no_subject"
    status = 400
    message = "Say which school, village, scheme or activity this calendar is about."


class TooManyFeeds(DomainError):
    code = "feed.too_many"
    message = "You have %(most)s calendar links already. End those you no longer use first."


class FeedEnded(DomainError):
    code = "feed.ended"
    message = "This calendar link has ended. Make a new one."


def create_feed(
    *,
    reader: Reader,
    label: str,
    kind: str = Feed.Kind.MINE,
    about: Model | None = None,
    has_alarms: bool = False,
    now: datetime,
) -> tuple[Feed, str]:
    """
    A new private calendar, with its address, which is shown this once.

    Args:
        about: what it is about, already found among what the reader may follow; none for one's own.

    Raises:
        NotAllowed: the reader's role may not make a calendar of this kind.
        NoCalendar: one's own calendar, of somebody who is no helper.
        NothingToFollow: nothing was said it should be about.
        TooManyFeeds: the reader has as many as one person may have.
    """
    subject = _subject(reader, kind, about)
    if Feed.objects.filter(owner=reader.user, revoked_at=None, expires_at__gt=now).count() >= MOST_FEEDS:
        raise TooManyFeeds(most=MOST_FEEDS)
    token = new_token()
    with transaction.atomic():
        feed = Feed.objects.create(
            owner=reader.user,
            role=str(reader.role),
            kind=kind,
            label=clean_line(label, 60),
            has_alarms=has_alarms,
            token_hash=token_hash(token),
            created_at=now,
            expires_at=now + timedelta(days=FEED_DAYS),
            **subject,
        )
        record(actor=reader.user, verb="feed.made", subject=feed, after={"kind": kind})
    return feed, _address(feed, token)


def _subject(reader: Reader, kind: str, about: Model | None) -> dict[str, Any]:
    if kind == Feed.Kind.MINE and reader.helper_id is None:
        raise NoCalendar
    if reader.role not in FEED_KINDS.get(kind, frozenset()):
        raise NotAllowed
    if kind == Feed.Kind.MINE:
        return {"helper_id": reader.helper_id}
    if about is None:
        raise NothingToFollow
    return {_COLUMNS[Feed.Kind(kind)]: about}


def _address(feed: Feed, token: str) -> str:
    return f"{settings.PUBLIC_URL}/ical/{token}/{feed.kind.lower()}.ics"


def renew_feed(*, feed: Feed, actor: Any, now: datetime) -> str:
    """
    A new address for a calendar; the old one ends at once.

    Raises:
        FeedEnded: it was revoked or has run out.
    """
    token = new_token()
    with transaction.atomic():
        live = Feed.objects.filter(pk=feed.pk, revoked_at=None, expires_at__gt=now)
        renewed = live.update(token_hash=token_hash(token), expires_at=now + timedelta(days=FEED_DAYS), fetched_at=None)
        if renewed != 1:
            raise FeedEnded
        record(actor=actor, verb="feed.renewed", subject=feed)
    return _address(feed, token)


def revoke_feed(*, feed: Feed, actor: Any, now: datetime) -> None:
    """End a feed at once; ending it twice changes nothing."""
    with transaction.atomic():
        if Feed.objects.filter(pk=feed.pk, revoked_at=None).update(revoked_at=now):
            record(actor=actor, verb="feed.revoked", subject=feed)


def outdate_feeds(**about: int | set[int] | None) -> int:
    """
    Say that calendars differ from what was rendered; answers how many.

    Args:
        about: row ids by column of the feed, any of which will do, such as `helper_id`, or `area_id__in` for several.
    """
    concerned = Q()
    for column, pk in about.items():
        if pk is not None:
            concerned |= Q(**{column: pk})
    if not concerned:
        return 0
    return Feed.objects.filter(concerned, revoked_at=None).update(version=F("version") + 1)


def outdate_places_of(county_code: str) -> int:
    """Say that the calendars of schools, villages and the public programme of a county may differ; answers how many."""
    inside = Q(organisation__area__code__startswith=county_code) | Q(area__code__startswith=county_code)
    return Feed.objects.filter(inside, revoked_at=None).update(version=F("version") + 1) if county_code else 0


def fresh_feed(feed: Feed, reader: Reader, *, today: date, now: datetime) -> Feed:
    """
    The feed with a body that fits its version and what its reader may know, rendered now only if one of them changed.
    """
    if not is_fresh(feed, reader):
        reach = reach_of(reader)
        body = render_feed(feed, reader, today=today)
        etag = hashlib.sha256(body).hexdigest()[:32]
        has_changed = etag != feed.etag
        feed.window_date = today - timedelta(days=today.weekday())
        feed.body, feed.etag, feed.rendered_version, feed.reach = body, etag, feed.version, reach
        feed.rendered_at = now if has_changed else feed.rendered_at
        feed.save(update_fields=["body", "etag", "rendered_version", "reach", "rendered_at", "window_date"])
    return feed


def is_fresh(feed: Feed, reader: Reader) -> bool:
    """Whether what was rendered is still what this reader gets."""
    return feed.rendered_version == feed.version and feed.reach == reach_of(reader)


def outdate_feeds_of_last_week(*, monday: date) -> int:
    """Have every feed rendered before this Monday's edge rendered anew; answers how many."""
    return Feed.objects.filter(revoked_at=None, rendered_version=F("version"), window_date__lt=monday).update(
        version=F("version") + 1
    )


def note_fetch(feed: Feed, *, now: datetime) -> None:
    """Remember when a calendar last came by: at most one write an hour."""
    if feed.fetched_at is None or now - feed.fetched_at > timedelta(hours=1):
        Feed.objects.filter(pk=feed.pk).update(fetched_at=now)
