"""角色授权: who holds which role where, until when, and what waits for a second administrator."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.models import Role, User
from backend.kernel.errors import DomainError
from backend.roster.access import grant_proposals_visible_to, grants_visible_to
from backend.roster.models import GrantProposal
from backend.roster.services.grants import confirm_grant, refuse_grant, revoke_membership
from backend.roster.services.memberships import PLACES
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.listing import page_of, render_list, search_of, select_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.models import Membership

SOON = timedelta(days=30)
ROLES = [(role.value, role.label) for role in Role if role in PLACES]
_WHICH = (
    ("standing", gettext_lazy("有效")),
    ("soon", gettext_lazy("30 天内到期")),
    ("over", gettext_lazy("已结束")),
)


class ReasonForm(PlainForm):
    reason = forms.CharField(label=gettext_lazy("为什么"), max_length=200, help_text=gettext_lazy("写在审计记录里。"))


def grants(request: HttpRequest) -> HttpResponse:
    """Proposals that wait, then a page of grants: the standing ones unless asked otherwise, the next to end first."""
    now, reader = timezone.now(), request.reader  # type: ignore[attr-defined]
    selects = [
        select_of(request, "role", _("角色"), ROLES),
        select_of(request, "which", _("状态"), _WHICH),
    ]
    q = search_of(request)
    rows = _which(grants_visible_to(reader), selects[1].value, now)
    rows = rows.filter(role=selects[0].value) if selects[0].value else rows
    page = page_of(request, _matching(rows, q).order_by("expires_at", "pk"))
    waiting: list[Any] = list(
        grant_proposals_visible_to(reader).filter(state=GrantProposal.State.PROPOSED).order_by("pk")
    )
    for row in [*page.object_list, *waiting]:
        _say(row, now, cast("User", request.user))
    context = {
        "page": page,
        "waiting": waiting,
        "mine": len([one for one in waiting if one.may_confirm]),
        "selects": selects,
        "q": q,
        "is_filtered": bool(q) or any(one.value for one in selects),
    }
    return render_list(request, "oversight/grants", context)


def _which(rows: QuerySet[Membership], which: str, now: datetime) -> QuerySet[Membership]:
    over = Q(expires_at__lte=now) | Q(revoked_at__isnull=False)
    if which == "over":
        return rows.filter(over)
    return rows.exclude(over).filter(expires_at__lte=now + SOON) if which == "soon" else rows.exclude(over)


def _matching(rows: QuerySet[Membership], q: str) -> QuerySet[Membership]:
    """By a person's name or mail, or by the place."""
    if not q:
        return rows
    person = Q(user__display_name__contains=q) | Q(user__email__icontains=q)
    place = Q(area__name__contains=q) | Q(area__code__startswith=q) | Q(organisation__name__contains=q)
    return rows.filter(person | place)


def _say(row: Any, now: datetime, user: User) -> None:
    """Put on a grant or a proposal what the page shows of it."""
    row.role_words = f"{Role(row.role).label}（{row.get_body_display()}）" if row.body else Role(row.role).label
    row.place_words = place_words(row)
    row.until = timezone.localtime(row.expires_at - timedelta(seconds=1)).date()
    if hasattr(row, "proposed_by_id"):
        row.may_confirm = user.pk not in (row.proposed_by_id, row.user_id)
        row.is_mine = user.pk == row.proposed_by_id
        return
    row.is_over = row.revoked_at is not None or row.expires_at <= now
    row.is_soon = not row.is_over and row.expires_at <= now + SOON
    row.is_later = row.starts_at > now


def place_words(row: Any) -> str:
    """The place of a grant as people say it; "" for a role without one."""
    if row.organisation is not None:
        return f"{row.organisation.area.name} {row.organisation.name}"
    return row.area.name if row.area is not None else ""


def grant_confirm(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """The second administrator's yes."""
    who: dict[str, Any] = {"actor": request.user, "reader": request.reader, "now": timezone.now()}  # type: ignore[attr-defined]
    try:
        confirm_grant(proposal=_proposal_of(request, proposal_id), **who)
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("已授予，从现在起有效。"))
    return redirect("web:grants")


def grant_refuse(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """A no with its reason; whoever proposed it takes it back here."""
    proposal = _proposal_of(request, proposal_id)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        who: dict[str, Any] = {"actor": request.user, "reader": request.reader, "now": timezone.now()}  # type: ignore[attr-defined]
        try:
            refuse_grant(proposal=proposal, reason=form.cleaned_data["reason"], **who)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("没有授予，原因已记下。"))
            return redirect("web:grants")
    _say(proposal, timezone.now(), cast("User", request.user))
    words = (_("收回提议"), _("收回")) if proposal.is_mine else (_("不同意授予"), _("不同意"))
    return _ask(request, form, proposal, words, _("这个角色不会授予；原因和您的名字会记下来。"))


def grant_revoke(request: HttpRequest, grant_id: str) -> HttpResponse:
    """The page that says what revoking means; POST revokes."""
    row: Any = grants_visible_to(request.reader).filter(public_id=grant_id).first()  # type: ignore[attr-defined]
    if row is None:
        raise Http404
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        who: dict[str, Any] = {"actor": request.user, "reader": request.reader, "now": timezone.now()}  # type: ignore[attr-defined]
        try:
            revoke_membership(membership=row, reason=form.cleaned_data["reason"], **who)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已收回，对方打开下一页就没有这个角色了。"))
            return redirect("web:grants")
    _say(row, timezone.now(), cast("User", request.user))
    return _ask(
        request, form, row, (_("收回角色"), _("收回 1 个角色")), _("马上生效：对方打开下一页，就没有这个角色了。")
    )


def _ask(request: HttpRequest, form: ReasonForm, row: Any, words: tuple[str, str], lead: str) -> HttpResponse:
    context = {"form": form, "row": row, "title": words[0], "act": words[1], "lead": lead}
    return render(request, "web/oversight/grant_reason.html", context)


def _proposal_of(request: HttpRequest, proposal_id: str) -> Any:
    row = grant_proposals_visible_to(request.reader).filter(public_id=proposal_id).first()  # type: ignore[attr-defined]
    if row is None:
        raise Http404
    return row
