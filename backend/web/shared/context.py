"""What every page's frame needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from backend.accounts.models import Role
from backend.roster.access import Reader, areas_visible_to, county_of, organisations_visible_to
from backend.web.shared.area_choice import choosable_areas, chosen_area
from backend.web.shared.navigation import Shell, foot_for, groups_for, tabs_for
from matching.selectors import schemes_visible_to
from notifications.selectors import unread_count

if TYPE_CHECKING:
    from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The frame of the page, worked out only when a template asks for it."""
    return {"shell": SimpleLazyObject(lambda: _shell(request)), "reader": getattr(request, "reader", None)}


def _shell(request: HttpRequest) -> Shell:
    reader = getattr(request, "reader", None)
    if reader is None or not reader.role:
        return Shell(who=getattr(getattr(request, "user", None), "display_name", ""))
    match = request.resolver_match
    here = match.view_name if match else ""
    due = {"web:today": due_count(reader), "web:inbox": unread_count(reader)}
    return Shell(
        groups=groups_for(reader, here, due),
        foot=foot_for(reader, here),
        tabs=tabs_for(reader, here, due),
        place=_place(reader),
        term=_term(reader),
        who=reader.user.display_name,
        role_words=str(Role(reader.role).label),
        areas=choosable_areas(reader),
        area=chosen_area(request),
        can_find=reader.is_coordinator,
        other_roles=[(role.value, role.label) for role in reader.roles if role != reader.role],
    )


def _place(reader: Reader) -> str:
    if reader.organisation_ids:
        return organisations_visible_to(reader).values_list("name", flat=True).first() or ""
    if reader.area_codes:
        return areas_visible_to(reader).filter(code__in=reader.area_codes).values_list("name", flat=True).first() or ""
    county = county_of(reader)
    return county.name if county else ""


def _term(reader: Reader) -> str:
    """The term in hand: the one today lies in, of the schemes the reader sees."""
    if not reader.is_coordinator:
        return ""
    today = timezone.localdate()
    terms = schemes_visible_to(reader).filter(term__start_date__lte=today, term__end_date__gte=today)
    return terms.values_list("term__name", flat=True).first() or ""


def due_count(reader: Reader) -> int:
    """How many things waited for this person, in this role, when they last opened their page of today."""
    return cache.get(f"due:{reader.user.pk}:{reader.role}", 0)


def keep_due_count(reader: Reader, count: int) -> None:
    """Remember the count for the rail of the other pages."""
    cache.set(f"due:{reader.user.pk}:{reader.role}", count, timeout=600)
