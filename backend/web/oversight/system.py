"""系统, for the platform's administrator: accounts and queues, and not one child."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.models import Role, User
from backend.accounts.services import disable_user
from backend.jobs.models import ClusterBeat, Job
from backend.outbox.models import OutboxDelivery
from backend.roster.access import grant_proposals_visible_to
from backend.roster.models import GrantProposal, Membership
from backend.web.shared.listing import page_of, render_list, search_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


# Queue -> what it does, in words.
QUEUES = {
    "mail": gettext_lazy("发消息"),
    "chat": gettext_lazy("短信和群机器人"),
    "work": gettext_lazy("导入和日常"),
    "quick": gettext_lazy("补派和小的求解"),
    "solve": gettext_lazy("求解"),
}


def system(request: HttpRequest) -> HttpResponse:
    """Queues first when something is stuck, then accounts."""
    q = search_of(request)
    people = User.objects.order_by("display_name", "pk")
    if q:
        people = people.filter(Q(display_name__contains=q) | Q(email__icontains=q))
    page = page_of(request, people)
    _with_roles(list(page.object_list))
    context = {
        "page": page,
        "q": q,
        "is_filtered": bool(q),
        "queues": _queues(),
        "to_confirm": _to_confirm(request),
        "parked": Job.objects.filter(state=Job.State.PARKED).order_by("-created_at")[:20],
        "dead": OutboxDelivery.objects.filter(state=OutboxDelivery.State.DEAD)
        .select_related("event")
        .order_by("-pk")[:20],
        "beats": ClusterBeat.objects.order_by("queue", "host"),
    }
    return render_list(request, "oversight/system", context)


def system_user_disable(request: HttpRequest, user_id: str) -> HttpResponse:
    """Close an account; its sessions, tokens, links and feeds end at their next request."""
    user = User.objects.filter(public_id=user_id).first()
    if user is None:
        raise Http404
    if user == request.user:
        messages.warning(request, _("不能停用自己的账号。"))
    else:
        disable_user(user=user, actor=cast("User", request.user))
        messages.success(request, _("已停用。"))
    return redirect("web:system")


def _to_confirm(request: HttpRequest) -> int:
    """Proposed roles that this administrator may say yes to."""
    waiting = grant_proposals_visible_to(request.reader).filter(state=GrantProposal.State.PROPOSED)  # type: ignore[attr-defined]
    return int(waiting.exclude(proposed_by=request.user.pk).exclude(user=request.user.pk).count())


def _queues() -> list[dict[str, Any]]:
    waiting, running = Q(state=Job.State.QUEUED), Q(state=Job.State.RUNNING)
    rows = (
        Job.objects.order_by()
        .values("queue")
        .annotate(
            waiting=Count("pk", filter=waiting),
            running=Count("pk", filter=running),
            parked=Count("pk", filter=Q(state="PARKED")),
        )
    )
    named = ({**row, "words": QUEUES.get(row["queue"], row["queue"])} for row in rows)
    return sorted(named, key=lambda row: str(row["queue"]))


def _with_roles(people: list[Any]) -> None:
    now = timezone.now()
    held = Membership.objects.held_at(now).filter(user__in=people)
    words: dict[int, list[str]] = {}
    for user_id, role, area, unit in held.values_list("user_id", "role", "area__name", "organisation__name"):
        words.setdefault(user_id, []).append(f"{Role(role).label} {area or unit or ''}".strip())
    for person in people:
        person.roles_said = words.get(person.pk, [])
