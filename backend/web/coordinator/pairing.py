"""One pairing: how it stands, what happened, and pausing, taking up again or ending it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.models import Consent
from backend.roster.selectors import has_taken_back
from backend.web.shared.forms import PlainForm, date_field
from backend.web.shared.sentences import sentence_of
from matching.draft_selectors import pairing_history, stand_ins_of
from matching.selectors import pairings_visible_to
from matching.services.pairings import UNCLEARED, resume_pairing, suspend_pairing
from matching.services.plain_reasons import plain_reason

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from matching.models import Pairing

_VERBS = {
    "offer.accepted": ("ACTIVE", gettext_lazy("接受邀请，结对成立")),
    "pairing.suspended": ("SUSPENDED", gettext_lazy("暂停")),
    "pairing.resumed": ("ACTIVE", gettext_lazy("恢复")),
    "pairing.ended": ("ENDED", gettext_lazy("结束")),
    "pairing.stand_in_planned": ("", gettext_lazy("安排替班")),
    "pairing.stand_in_began": ("", gettext_lazy("替班开始")),
    "pairing.stand_in_over": ("", gettext_lazy("替班结束")),
    "pairing.stand_in_cancelled": ("", gettext_lazy("替班取消")),
    "pairing.handed_over": ("", gettext_lazy("交接给别人")),
    "pairing.renewed": ("", gettext_lazy("续到下学期")),
}


class PauseForm(PlainForm):
    reason = forms.CharField(
        label=gettext_lazy("为什么暂停"), max_length=200, help_text=gettext_lazy("例如：住院一个月。写在结对记录里。")
    )
    until = date_field(
        gettext_lazy("哪天恢复"), required=False, hint=gettext_lazy("到这一天自动恢复；不填就等您来恢复。")
    )


def pairing(request: HttpRequest, pairing_id: str) -> HttpResponse:
    """The pairing with its history and what can be done."""
    return _page(request, pairing_of(request, pairing_id))


def pairing_suspend(request: HttpRequest, pairing_id: str) -> HttpResponse:
    """Pause it: the place stays held, the helper sees the child no more until it is taken up again."""
    one = pairing_of(request, pairing_id)
    form = PauseForm(request.POST)
    if not form.is_valid():
        return _page(request, one, pause=form)
    facts = form.cleaned_data
    try:
        suspend_pairing(
            pairing=one, reason=facts["reason"], until=facts["until"], actor=request.user, now=timezone.now()
        )
    except DomainError as error:
        form.refuse(error)
        return _page(request, one, pause=form)
    messages.success(request, _("已暂停。对方会收到消息，恢复以前看不到孩子的资料。"))
    return redirect("web:pairing", pairing_id)


def pairing_resume(request: HttpRequest, pairing_id: str) -> HttpResponse:
    """Take it up again."""
    try:
        resume_pairing(pairing=pairing_of(request, pairing_id), actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("已恢复。对方会收到消息，又看得到孩子的资料。"))
    return redirect("web:pairing", pairing_id)


def pairing_of(request: HttpRequest, pairing_id: str) -> Pairing:
    """The pairing, or 404 where it is not the reader's to see."""
    visible = pairings_visible_to(request.reader)  # type: ignore[attr-defined]
    people = visible.select_related("offer__answered_by", "offer__helper", "offer__leader", "took_over_from__helper")
    one = people.filter(public_id=pairing_id).first()
    if one is None:
        raise Http404
    return one


def _accepted_for(one: Pairing) -> str:
    """The coordinator who said yes in the helper's stead; "" where the helper answered."""
    by = one.offer.answered_by
    return by.display_name if by is not None and by.pk != one.offer.asked.user_id else ""


def _page(request: HttpRequest, one: Pairing, *, pause: PauseForm | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "pairing": one,
        "accepted_for": _accepted_for(one),
        "stand_ins": stand_ins_of(one),
        "no_visits": not one.leader_id and has_taken_back(one.child_id, Consent.Purpose.VISITS),
        "handed_to": one.handed_to.first(),
        "pause": pause or PauseForm(),
        "is_uncleared": one.suspend_reason == UNCLEARED,
        "suspend_words": plain_reason(one.suspend_reason),
        "end_words": plain_reason(one.end_reason),
        "history": [
            (at, *_VERBS.get(verb, ("", verb)), who, plain_reason(reason))
            for at, verb, who, reason in pairing_history(one)
        ],
    }
    return render(request, "web/coordinator/pairing.html", context)
