"""
The page behind a personal link: one question, one answer. GET shows, only POST acts.

The secret in the address is the whole authority, so these views use no cookie and need no CSRF token: who could
forge the request would have to know the secret, and then would not need to forge anything.
"""

from __future__ import annotations

from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt

from backend.kernel.errors import DomainError
from backend.roster.services.pauses import NotInOffice
from backend.web.shared.forms import posted
from backend.web.shared.guesses import wrong_secret
from backend.web.shared.offer_facts import AskForm, decline_form, facts_of, shown_state, state_of
from backend.web.shared.sentences import sentence_of
from matching.services.loads import HelperFull
from matching.services.offers import OfferNotOpen, SlotTaken, accept_offer, decline_offer, mark_seen
from matching.services.questions import ask_about_offer
from notifications.selectors import offer_of_link

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from matching.models import Offer

_LANGUAGES = {"en": "en", "zh": "zh-hans"}


def by_link(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Find the offer of the secret, and keep the page out of caches, search engines and referrers."""

    @csrf_exempt
    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        offer = offer_of_link(token)
        if offer is None:
            return wrong_secret(request, token)
        with override(_LANGUAGES.get(request.GET.get("lang", ""), "zh-hans")):
            response = view(request, offer, token)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return opened


@by_link
def offer_link(request: HttpRequest, offer: Offer, token: str) -> HttpResponse:
    """The question while it is open; afterwards what became of it."""
    return _show(request, offer, token)


@by_link
def offer_link_seen(request: HttpRequest, offer: Offer, token: str) -> HttpResponse:  # noqa: ARG001 - one shape for all
    """A browser tells that a person has the page open; programs that only fetch it do not."""
    mark_seen(offer, now=timezone.now())
    return HttpResponse(status=204)


@by_link
def offer_link_accept(request: HttpRequest, offer: Offer, token: str) -> HttpResponse:
    """Yes. The address opened again later, as browsers do with yesterday's pages, leads back and answers nothing."""
    if request.method != "POST":
        return _back(request, token)
    try:
        accept_offer(offer=offer, actor=None, now=timezone.now())
    except OfferNotOpen:
        return _back(request, token)
    except DomainError as error:
        return _show(request, offer, token, refused=_kindly(error), status=error.status)
    return _back(request, token)


@by_link
def offer_link_decline(request: HttpRequest, offer: Offer, token: str) -> HttpResponse:
    """No, on a page of its own, with a reason."""
    now = timezone.now()
    if state_of(offer, now) != "SENT":
        return _back(request, token)
    form = decline_form(offer, posted(request))
    if request.method == "POST" and form.is_valid():
        answer = form.cleaned_data
        with suppress(OfferNotOpen):
            decline_offer(offer=offer, reason=answer["reason"], note=answer["note"], actor=None, now=now)
        return _back(request, token)
    context = facts_of(offer, now) | {"form": form, "token": token, "lang": request.GET.get("lang", "")}
    return render(request, "web/public/offer_decline.html", context, status=400 if form.errors else 200)


@by_link
def offer_link_ask(request: HttpRequest, offer: Offer, token: str) -> HttpResponse:
    """A question before the answer; the coordinator's answer stands on the same page."""
    now = timezone.now()
    if state_of(offer, now) != "SENT":
        return _back(request, token)
    form = AskForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            ask_about_offer(offer=offer, text=form.cleaned_data["text"], actor=None, now=now)
        except OfferNotOpen:
            return _back(request, token)
        except DomainError as error:
            form.refuse(error)
        else:
            return _back(request, token)
    context = facts_of(offer, now) | {"form": form, "token": token, "lang": request.GET.get("lang", "")}
    return render(request, "web/public/offer_ask.html", context, status=400 if form.errors else 200)


def _back(request: HttpRequest, token: str) -> HttpResponse:
    response = redirect("web:offer-link", token)
    if request.GET.get("lang") in _LANGUAGES:
        response["Location"] += f"?lang={request.GET['lang']}"
    return response


def _show(request: HttpRequest, offer: Offer, token: str, *, status: int = 200, refused: str = "") -> HttpResponse:
    now = timezone.now()
    state = shown_state(offer, now)
    context: dict[str, Any] = {"token": token, "state": state, "offer": offer, "refused": refused}
    context |= {"lang": request.GET.get("lang", ""), "county": offer.slot.rule.scheme.county}
    if state == "SENT" and not refused:
        return render(request, "web/public/offer_link.html", context | facts_of(offer, now))
    return render(request, "web/public/offer_over.html", context, status=status)


def _kindly(error: DomainError) -> str:
    """What a helper reads when their yes could not be recorded."""
    if isinstance(error, HelperFull):
        return _("您名下已满 %(n)s 名，没有记上。我们会另外找人。") % {"n": error.facts["limit"]}
    if isinstance(error, NotInOffice):
        return _("您现在请了假，或者不再带孩子，没有记上。请找您的协调员。")
    if isinstance(error, SlotTaken):
        return _("这个名额刚才已有人接下，没有记上。谢谢您。")
    return sentence_of(error)
