"""儿童: find, filter, open. Village directors use the same list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.roster.access import children_visible_to, organisations_visible_to
from backend.roster.field_matrix import Rule, rule_for
from backend.roster.levels import LEVEL_WORDS
from backend.roster.models import Child, Consent, Organisation
from backend.roster.presenting import present_list
from backend.web.shared.listing import order_of, page_of, render_list, search_of, select_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader
    from backend.web.shared.listing import Select

_ORDERS = {
    "name": ("name_sort", "pk"),
    "-level": ("-heart_level", "name_sort", "pk"),
    "village": ("village__code", "name_sort", "pk"),
}

NOT_ASSESSED = "none"


def children(request: HttpRequest) -> HttpResponse:
    """A page of children, by pinyin; those on file now unless asked otherwise."""
    reader = request.reader  # type: ignore[attr-defined]
    selects = _selects(request, reader)
    q = search_of(request)
    rows = filtered_children(reader, {select.name: select.value for select in selects}, q)
    sort, order = order_of(request, _ORDERS)
    page = page_of(request, rows.select_related("village__parent", "school", "school_class").order_by(*order))
    shown = present_list(reader, page.object_list, now=timezone.now())
    chosen = {select.name: select.value for select in selects if select.value}
    context = {
        "page": page,
        "rows": [
            (one, one.village.parent.name, facts.values) for one, facts in zip(page.object_list, shown, strict=True)
        ],
        "selects": selects,
        "q": q,
        "sort": sort if sort != "name" else "",
        "order": sort,
        "is_filtered": bool(q) or bool(chosen),
        "is_coordinator": reader.is_coordinator,
        "export_url": export_url("CHILDREN", chosen, q) if reader.is_coordinator else "",
    }
    return render_list(request, "coordinator/children", context)


def filtered_children(reader: Reader, wanted: dict[str, str], q: str = "") -> QuerySet[Child]:
    """The children a list or an export is about; filters on fields the reader may not see find nobody."""
    rows = children_visible_to(reader).filter(state=wanted.get("state") or Child.State.ACTIVE)
    for name, column in {"township": "village__parent__public_id", "school": "school__public_id"}.items():
        if wanted.get(name):
            rows = rows.filter(**{column: wanted[name]})
    if wanted.get("level"):
        rows = rows.filter(heart_level=None if wanted["level"] == NOT_ASSESSED else wanted["level"])
    if wanted.get("level") and rule_for("heart_level", reader.role) is not Rule.PLAIN:
        return rows.none()
    if wanted.get("consent"):
        agreed = Consent.objects.filter(purpose=Consent.Purpose.MATCHING, withdrawn_at=None).values("child_id")
        rows = rows.filter(pk__in=agreed) if wanted["consent"] == "yes" else rows.exclude(pk__in=agreed)
    if q:
        plain = rule_for("name", reader.role) is Rule.PLAIN
        rows = rows.filter(name_search__contains=q.lower()) if plain else rows.none()
    return rows


def export_url(kind: str, chosen: dict[str, str], q: str) -> str:
    """The export page, asked for the people this list shows."""
    return reverse("web:export") + "?" + urlencode({"kind": kind, **chosen, **({"q": q} if q else {})})


def _selects(request: HttpRequest, reader: Reader) -> list[Select]:
    levels: list[tuple[Any, Any]] = [*LEVEL_WORDS.items(), (NOT_ASSESSED, _("未评"))]
    if not reader.is_coordinator:
        return [select_of(request, "level", _("心级"), levels)]
    schools = organisations_visible_to(reader).filter(kind=Organisation.Kind.SCHOOL).order_by("name", "pk")
    return [
        select_of(request, "township", _("乡镇"), reader.townships),
        select_of(request, "school", _("学校"), schools.values_list("public_id", "name")),
        select_of(request, "level", _("心级"), levels),
        select_of(request, "consent", _("同意结对"), [("yes", _("监护人已同意")), ("no", _("监护人没同意"))]),
        select_of(request, "state", _("在册"), [row for row in Child.State.choices if row[0] != Child.State.ACTIVE]),
    ]
