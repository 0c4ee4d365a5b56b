"""Reads about links, messages and feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from backend.accounts.models import COORDINATORS, HELPERS
from backend.roster.access import children_visible_to, helpers_visible_to
from backend.vault.hashes import token_hash
from matching.selectors import offer_by_id
from notifications.models import Feed, Message, OfferLink

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from matching.models import Offer


def offer_of_link(token: str) -> Offer | None:
    """The offer behind a link's secret, whatever its state; None for any wrong secret."""
    link = OfferLink.objects.filter(token_hash=token_hash(token)).values_list("offer_id", flat=True).first()
    return offer_by_id(link) if link is not None else None


def live_feed(token: str, *, now: datetime) -> Feed | None:
    """The feed behind a secret: not revoked, not expired, its owner's account open, its helper still helping."""
    return (
        Feed.objects.filter(token_hash=token_hash(token), revoked_at=None, expires_at__gt=now, owner__is_active=True)
        .exclude(helper__state="LEFT")
        .select_related("helper")
        .first()
    )


def feeds_visible_to(reader: Reader) -> QuerySet[Feed]:
    """One's own feeds."""
    return Feed.objects.filter(owner=reader.user) if reader.user else Feed.objects.none()


def messages_visible_to(reader: Reader) -> QuerySet[Message]:
    """A coordinator's: messages to helpers in scope and to guardians of children in scope. A helper's: their own."""
    messages = Message.objects.select_related("helper", "guardian__child", "offer__slot__rule")
    if reader.helper_id is not None and reader.role in HELPERS:
        return messages.filter(helper_id=reader.helper_id)
    if reader.role in COORDINATORS:
        mine = Q(helper__in=helpers_visible_to(reader)) | Q(guardian__child__in=children_visible_to(reader))
        return messages.filter(mine)
    return messages.none()
