"""Facts after which a calendar is no longer what was rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from activities.calendar_selectors import (
    county_of_child,
    listed_places_of_day,
    places_of_duty,
    readers_of_day,
    readers_of_talks,
)
from notifications.feed_services import outdate_feeds, outdate_places_of

if TYPE_CHECKING:
    from datetime import datetime


def on_duty_changed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 - one shape
    """A visit was made, moved, done or called off."""
    places = places_of_duty(payload["duty_id"])
    outdate_feeds(**{"helper_id": payload["helper_id"]} | places)
    if payload["helper_id"] != places.get("helper_id"):
        outdate_feeds(helper_id=payload["helper_id"])  # whose it was until now


def on_talks_changed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 - one shape
    """Talk groups were published, or taken back."""
    teachers, school_id = readers_of_talks(payload["plan_id"])
    for teacher_id in sorted(teachers):
        outdate_feeds(helper_id=teacher_id)
    outdate_feeds(organisation_id=school_id)


def on_day_changed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 - one shape
    """An event day was published, called off, or put into or taken out of the public programme."""
    helpers, county_code = readers_of_day(payload["day_id"])
    for helper_id in sorted(helpers):
        outdate_feeds(helper_id=helper_id)
    outdate_feeds(event_id=payload["day_id"])
    outdate_places_of(county_code)


def on_day_listed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 - one shape
    """Children of other schools and villages are on the list of a published day than before."""
    schools, villages = listed_places_of_day(payload["day_id"])
    outdate_feeds(organisation_id__in=schools, area_id__in=villages)


def on_child_moved(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 - one shape
    """
    A child's visits belong to another village or school from now on; which it was nobody knows any more, but the
    county it was in is said where it is another one.
    """
    for code in sorted({county_of_child(payload["child_id"]), payload.get("from_county", "")} - {""}):
        outdate_places_of(code)
