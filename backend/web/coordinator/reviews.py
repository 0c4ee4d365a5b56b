"""审看: which townships and schools have looked through a draft, and what they object to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.models import Role
from backend.kernel.errors import DomainError
from backend.web.coordinator.proposal import proposal_of
from backend.web.shared.forms import PlainForm
from backend.web.shared.sentences import sentence_of
from matching.draft_selectors import objections_visible_to, review_parts
from matching.models import Objection, Proposal
from matching.selectors import pairs_visible_to
from matching.services.reviews import (
    REVIEWERS,
    object_to_pair,
    overrule_objection,
    review_proposal,
    take_back_objection,
    uphold_objection,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_LEAST_REASON = 4


class ReasonForm(PlainForm):
    reason = forms.CharField(label=gettext_lazy("为什么"), min_length=_LEAST_REASON, max_length=200)


def reviews(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """Parts with who has looked through them, and the objections, those to be decided first."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    objections = objections_visible_to(reader).filter(pair__proposal=one)
    parts = review_parts(reader, one)
    context = {
        "proposal": one,
        "parts": parts,
        "seen": sum(1 for part in parts if part.reviewed_at),
        "waiting": list(objections.filter(state=Objection.State.OPEN).order_by("raised_at", "pk")),
        "decided": list(objections.exclude(state=Objection.State.OPEN).order_by("-decided_at", "-pk")[:50]),
        "may_review": reader.role in REVIEWERS and one.state == Proposal.State.OPEN,
        "may_decide": reader.role == Role.COUNTY_COORDINATOR and one.state == Proposal.State.OPEN,
    }
    return render(request, "web/coordinator/reviews.html", context)


def review(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """看过了."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    try:
        review_proposal(proposal=one, actor=request.user, reader=reader, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("已记下您看过了，县里看得到。"))
    return redirect("web:reviews", proposal_id)


def pair_object(request: HttpRequest, proposal_id: str, pair_id: str) -> HttpResponse:
    """Object to one pair."""
    reader = request.reader  # type: ignore[attr-defined]
    pair = pairs_visible_to(reader).select_related("proposal").filter(
        proposal=proposal_of(reader, proposal_id), public_id=pair_id
    ).first()  # fmt: skip
    if pair is None:
        raise Http404
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("请写一句为什么，至少四个字。"))
        return redirect("web:proposal-pair", proposal_id, pair_id)
    reason = form.cleaned_data["reason"]
    try:
        object_to_pair(pair=pair, reason=reason, actor=request.user, reader=reader, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("已提出异议。县里定下来以前，这一对不会发出邀请。"))
    return redirect("web:proposal-pair", proposal_id, pair_id)


def objection_overrule(request: HttpRequest, objection_id: str) -> HttpResponse:
    """Offer the pair all the same, with a reason."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("请写一句为什么，至少四个字。"))
        return redirect("web:reviews", _objection_of(request, objection_id).pair.proposal.public_id)
    return _decide(request, objection_id, _("已定：仍然请。"), overrule_objection, reason=form.cleaned_data["reason"])


def objection_uphold(request: HttpRequest, objection_id: str) -> HttpResponse:
    """Never pair the two; the place is open."""
    words = _("已定：不配这一对，以后也不配；名额空出来了。可以手动换人，或再匹配一次。")
    return _decide(request, objection_id, words, uphold_objection)


def objection_take_back(request: HttpRequest, objection_id: str) -> HttpResponse:
    """Withdraw one's own objection."""
    one = _objection_of(request, objection_id)
    try:
        take_back_objection(objection=one, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("已收回异议。"))
    return redirect("web:reviews", one.pair.proposal.public_id)


def _decide(request: HttpRequest, objection_id: str, words: str, act: Any, **facts: Any) -> HttpResponse:
    one = _objection_of(request, objection_id)
    try:
        act(objection=one, actor=request.user, reader=request.reader, now=timezone.now(), **facts)  # type: ignore[attr-defined]
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, words)
    return redirect("web:reviews", one.pair.proposal.public_id)


def _objection_of(request: HttpRequest, objection_id: str) -> Objection:
    one = objections_visible_to(request.reader).filter(public_id=objection_id).first()  # type: ignore[attr-defined]
    if one is None:
        raise Http404
    return one
