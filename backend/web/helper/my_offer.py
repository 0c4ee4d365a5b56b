"""An offer, answered by somebody who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.kernel.errors import DomainError
from backend.web.shared.forms import posted
from backend.web.shared.offer_facts import AskForm, decline_form, facts_of, shown_state, state_of
from backend.web.shared.sentences import sentence_of
from matching.selectors import offer_by_id, offers_visible_to
from matching.services.offers import accept_offer, decline_offer
from matching.services.questions import ask_about_offer

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def my_offer(request: HttpRequest, offer_id: str) -> HttpResponse:
    """The question, with both answers."""
    offer = _mine(request, offer_id)
    now = timezone.now()
    state = shown_state(offer, now)
    if state != "SENT":
        badge = "WITHDRAWN" if state in ("TAKEN", "YOURS") else state
        return render(request, "web/helper/my_offer_over.html", {"offer": offer, "state": state, "badge": badge})
    return render(request, "web/helper/my_offer.html", facts_of(offer, now))


def my_offer_accept(request: HttpRequest, offer_id: str) -> HttpResponse:
    """Yes."""
    offer = _mine(request, offer_id)
    try:
        accept_offer(offer=offer, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return redirect("web:my-offer", offer_id)
    messages.success(request, _("谢谢您。请在两周内去看一次孩子，先约个时间吧。"))
    return redirect("web:week")


def my_offer_decline(request: HttpRequest, offer_id: str) -> HttpResponse:
    """No, with a reason."""
    offer = _mine(request, offer_id)
    now = timezone.now()
    if state_of(offer, now) != "SENT":
        return redirect("web:my-offer", offer_id)
    form = decline_form(offer, posted(request))
    if request.method == "POST" and form.is_valid():
        answer = form.cleaned_data
        try:
            decline_offer(offer=offer, reason=answer["reason"], note=answer["note"], actor=request.user, now=now)
        except DomainError as error:
            messages.warning(request, sentence_of(error))
        else:
            messages.success(request, _("不方便没关系。我们会另外找人，也不会再为这个孩子打扰您。"))
        return redirect("web:my-children")
    return render(request, "web/helper/my_offer_decline.html", facts_of(offer, now) | {"form": form})


def my_offer_ask(request: HttpRequest, offer_id: str) -> HttpResponse:
    """A question before the answer."""
    offer = _mine(request, offer_id)
    now = timezone.now()
    if state_of(offer, now) != "SENT":
        return redirect("web:my-offer", offer_id)
    form = AskForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            ask_about_offer(offer=offer, text=form.cleaned_data["text"], actor=request.user, now=now)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已交给协调员，有了回答会告诉您。"))
            return redirect("web:my-offer", offer_id)
    return render(request, "web/helper/my_offer_ask.html", facts_of(offer, now) | {"form": form})


def _mine(request: HttpRequest, offer_id: str) -> Any:
    row = offers_visible_to(request.reader).filter(public_id=offer_id).values_list("pk", flat=True).first()  # type: ignore[attr-defined]
    if row is None:
        raise Http404
    return offer_by_id(row)
