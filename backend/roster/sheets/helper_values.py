"""What the ledger says of helpers, in the values of the helpers' sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch

from backend.roster.models import Clearance, Helper, TeachingPost, WeeklyHours
from backend.roster.sheets.words import HELPER_ROLES
from backend.roster.vocabulary import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CLEARANCE_KEYS = ("result", "issuer", "issued_date", "expires_date")
_IDS_AT_ONCE = 500
_PLAIN_KEYS = ("name", "sex", "id_number", "phone", "email", "state", "address", "total_limit", "share_permille")


def values_of_helpers(ids: Iterable[int], alive: Callable[[], None] = lambda: None) -> dict[int, dict[str, Any]]:
    """{helper id: {key: value}} with every key of the sheet; `alive` is called every few hundred people."""
    wanted = list(ids)
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        alive()
        for helper in _loaded(wanted[start : start + _IDS_AT_ONCE]):
            found[helper.pk] = values_of(helper)
    return found


def _loaded(ids: list[int]) -> Iterable[Helper]:
    return (
        Helper.objects.filter(pk__in=ids)
        .select_related("unit__area", "village", "township")
        .prefetch_related(
            "roles",
            Prefetch(
                "teaching_posts", TeachingPost.objects.select_related("school_class").order_by("school_class__name")
            ),
            Prefetch("weekly_hours", WeeklyHours.objects.order_by("weekday", "start_minute")),
            Prefetch("clearances", Clearance.objects.order_by("-issued_date", "-pk")),
        )
    )


def values_of(helper: Helper) -> dict[str, Any]:
    """One helper's values; related rows are expected to be prefetched."""
    values: dict[str, Any] = {key: getattr(helper, key) for key in _PLAIN_KEYS}
    values["birth_date"] = helper.birth_date and helper.birth_date.isoformat()
    values["paused_until_date"] = helper.paused_until_date and helper.paused_until_date.isoformat()
    values["position"] = None if helper.x_m is None or helper.y_m is None else [helper.x_m, helper.y_m]
    values["skills"] = in_order(helper.skills, SERVICES)
    values["hours"] = [[row.weekday, row.start_minute, row.end_minute] for row in helper.weekly_hours.all()]
    return values | _roles(helper) | _place(helper) | _clearance(helper)


def _roles(helper: Helper) -> dict[str, Any]:
    rows = list(helper.roles.all())
    elder = next((row.elder_kind for row in rows if row.elder_kind), "")
    posts = [[row.school_class.name, row.subject, row.is_head] for row in helper.teaching_posts.all()]
    roles = in_order([row.role for row in rows], HELPER_ROLES.values())
    return {"roles": roles, "elder_kind": elder, "classes": sorted(posts)}


def _place(helper: Helper) -> dict[str, Any]:
    unit = helper.unit
    return {
        "unit": unit.name if unit else "",
        "unit_kind": unit.kind if unit else None,
        "unit_code": unit.area.code if unit else "",
        "township": helper.township.name,
        "township_code": helper.township.code,
        "village": helper.village.name if helper.village else "",
        "village_code": helper.village.code if helper.village else "",
    }


def _clearance(helper: Helper) -> dict[str, Any]:
    latest = next(iter(helper.clearances.all()), None)
    if latest is None:
        return {
            "clearance.result": "",
            "clearance.issuer": "",
            "clearance.issued_date": None,
            "clearance.expires_date": None,
        }
    return {
        "clearance.result": latest.result,
        "clearance.issuer": latest.issuer,
        "clearance.issued_date": latest.issued_date.isoformat(),
        "clearance.expires_date": latest.expires_date.isoformat(),
    }


def in_order(values: Iterable[str], order: Iterable[str]) -> list[str]:
    """The values in the order of the list they come from, so that equal sets compare equal."""
    held = set(values)
    listed = list(order)
    return [word for word in listed if word in held] + sorted(held - set(listed))
