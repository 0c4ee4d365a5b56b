"""谈心小组: the classes in scope, each with the cycle it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from django.utils.translation import gettext as _

from activities.models import TalkPlan
from activities.selectors import children_who_may_talk, talk_classes_visible_to
from backend.roster.models import Area
from backend.web.shared.listing import page_of, render_list, search_of, select_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def talks(request: HttpRequest) -> HttpResponse:
    """A page of classes that have left-behind children, by school."""
    reader = request.reader  # type: ignore[attr-defined]
    states = [("none", _("还没排过")), *TalkPlan.State.choices]
    township = select_of(request, "township", _("乡镇"), reader.townships)
    selects = [township, select_of(request, "state", _("状态"), states)]
    q = search_of(request)
    visible = _counted(talk_classes_visible_to(reader)).filter(children__gt=0)
    rows = _chosen(visible, selects[0].value, selects[1].value, q)
    context = {
        "page": page_of(request, rows.order_by("school__area__code", "school__name", "grade", "name", "pk")),
        "classes": visible.count(),
        "without": visible.filter(is_planned=False).count(),
        "selects": selects,
        "q": q,
        "where": selects[0].value,
        "is_filtered": bool(q) or any(one.value for one in selects),
    }
    return render_list(request, "coordinator/talks", context)


def _counted(classes: Any) -> Any:
    plans = TalkPlan.objects.annotate(
        groups_n=Count("groups"), held_n=Count("groups", filter=Q(groups__held_at__isnull=False))
    ).order_by("-number")
    return classes.annotate(
        children=Count("pupils", filter=Q(pupils__state="ACTIVE")),
        agreed=Count("pupils", filter=Q(pupils__state="ACTIVE", pupils__in=children_who_may_talk())),
        is_planned=Exists(TalkPlan.objects.filter(school_class=OuterRef("pk"))),
    ).prefetch_related(Prefetch("talk_plans", queryset=plans, to_attr="cycles"))


def _chosen(rows: Any, township: str, state: str, q: str) -> Any:
    if township:
        codes = list(Area.objects.filter(public_id=township).values_list("code", flat=True))
        rows = rows.filter(school__area__code__startswith=codes[0]) if codes else rows.none()
    if state == "none":
        rows = rows.filter(is_planned=False)
    elif state:
        rows = rows.filter(Exists(TalkPlan.objects.filter(school_class=OuterRef("pk"), state=state)))
    return rows.filter(Q(school__name__contains=q) | Q(name__contains=q)) if q else rows
