"""One offer: a link to hand over, an answer on somebody's behalf, or taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import segno
from django import forms
from django.contrib import messages
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.web.coordinator.offers import badge_of, with_returned
from backend.web.shared.forms import PlainForm
from backend.web.shared.sentences import sentence_of
from backend.web.shared.words import said_reasons
from matching.selectors import offers_visible_to
from matching.services.offers import accept_offer, withdraw_offer
from matching.services.questions import answer_question
from notifications.models import Message, OfferLink
from notifications.services import mint_offer_link

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class AcceptForm(PlainForm):
    """How the coordinator knows that the helper said yes."""

    note = forms.CharField(
        label=gettext_lazy("怎么知道他愿意的"),
        max_length=200,
        help_text=gettext_lazy("例如：11 月 24 日电话里说的。会写在结对记录里。"),
    )


class AnswerForm(PlainForm):
    text = forms.CharField(
        label=gettext_lazy("回答"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("对方打开链接就看得到。他还没接受，请不写孩子的姓名、病史和家里的情况。"),
    )


class WithdrawForm(PlainForm):
    reason = forms.CharField(
        label=gettext_lazy("为什么撤回"), max_length=200, help_text=gettext_lazy("只有协调员看得到。")
    )


class LinkForm(PlainForm):
    way = forms.ChoiceField(choices=[("COPY", gettext_lazy("复制")), ("PRINT", gettext_lazy("打印"))])


def offer(request: HttpRequest, offer_id: str) -> HttpResponse:
    """The offer with what can be done about it."""
    return _page(request, offer_id)


def offer_accept(request: HttpRequest, offer_id: str) -> HttpResponse:
    """Accept on the helper's behalf; the coordinator's name stands on it and the helper is told."""
    form = AcceptForm(request.POST)
    one = _offer_of(request, offer_id)
    if not form.is_valid():
        return _page(request, offer_id, accept=form)
    try:
        accept_offer(offer=one, actor=request.user, now=timezone.now(), note=form.cleaned_data["note"])
    except DomainError as error:
        form.refuse(error)
        return _page(request, offer_id, accept=form)
    messages.success(request, _("已代为接受，结对成立，对方会收到消息。"))
    return redirect("web:offer", offer_id)


def offer_answer(request: HttpRequest, offer_id: str, question_id: str) -> HttpResponse:
    """Answer what the helper asked; they are told."""
    one = _offer_of(request, offer_id)
    question = one.questions.filter(public_id=question_id).first()
    if question is None:
        raise Http404
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, offer_id, answer=form)
    try:
        answer_question(question=question, text=form.cleaned_data["text"], actor=request.user, now=timezone.now())
    except DomainError as error:
        form.refuse(error)
        return _page(request, offer_id, answer=form)
    messages.success(request, _("已回答，对方会收到消息。"))
    return redirect("web:offer", offer_id)


def offer_withdraw(request: HttpRequest, offer_id: str) -> HttpResponse:
    """Take it back; its links end at once and the helper is told."""
    form = WithdrawForm(request.POST)
    one = _offer_of(request, offer_id)
    if not form.is_valid():
        return _page(request, offer_id, withdraw=form)
    try:
        withdraw_offer(offer=one, actor=request.user, now=timezone.now(), reason=form.cleaned_data["reason"])
    except DomainError as error:
        form.refuse(error)
        return _page(request, offer_id, withdraw=form)
    messages.success(request, _("已撤回，链接马上失效，对方会收到说明。"))
    return redirect("web:offer", offer_id)


def offer_copy_link(request: HttpRequest, offer_id: str) -> HttpResponse:
    """One more personal link, shown this once: to copy, or as a sheet to print; to a script the address alone."""
    form = LinkForm(request.POST)
    one = _offer_of(request, offer_id)
    way = form.cleaned_data["way"] if form.is_valid() else OfferLink.Way.COPY
    try:
        url = mint_offer_link(offer=one, way=way, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return redirect("web:offer", offer_id)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"url": url}, headers={"Cache-Control": "no-store"})
    code = mark_safe(segno.make(url, micro=False, error="m").svg_inline(border=2, omitsize=True))  # noqa: S308 - segno's own markup of our own address
    context = {"offer": one, "url": url, "qr": code, "way": way, "is_here_only": _opens_here_only(url)}
    response = render(request, "web/coordinator/offer_link.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _opens_here_only(url: str) -> bool:
    """Whether the address means the machine it is opened on: a phone would look for the service in itself."""
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}


def _offer_of(request: HttpRequest, offer_id: str) -> Any:
    visible = with_returned(offers_visible_to(request.reader))  # type: ignore[attr-defined]
    one = visible.select_related("answered_by", "proposal").filter(public_id=offer_id).first()
    if one is None:
        raise Http404
    return one


def _page(request: HttpRequest, offer_id: str, **forms_: PlainForm) -> HttpResponse:
    one = _offer_of(request, offer_id)
    context = {
        "offer": one,
        "badge": badge_of(one),
        "is_open": one.state == "SENT" and one.expires_at > timezone.now(),
        "why": said_reasons(one.reasons),
        "messages_sent": Message.objects.filter(offer=one).order_by("pk"),
        "links": OfferLink.objects.filter(offer=one).exclude(way="MAIL").count(),
        "questions": one.questions.select_related("answered_by").order_by("asked_at", "pk"),
        "answer": forms_.get("answer") or AnswerForm(),
        "accept": forms_.get("accept") or AcceptForm(),
        "withdraw": forms_.get("withdraw") or WithdrawForm(),
    }
    return render(request, "web/coordinator/offer.html", context)
