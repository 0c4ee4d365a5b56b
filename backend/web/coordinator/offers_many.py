"""提醒、延期、撤回: one step for all open offers of a list, told before whom it reaches; and the list as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.web.coordinator.list_export import ListPage, export_listed
from backend.web.coordinator.offers import listed_offers
from backend.web.shared.counted import CountedForm, days_field, said_days
from backend.web.shared.forms import posted
from matching.models import Offer
from matching.services.offer_board import MOST_AT_ONCE, extend_offers, open_among, withdraw_offers
from matching.services.offer_export import export_offers
from notifications.reminders import remind_by_hand

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

_SHOWN_NAMES = 8


class ExtendForm(CountedForm):
    days = days_field(gettext_lazy("从现在起再给几天"), gettext_lazy("原来更晚的不动。每个人会收到新的截止时间。"))

    def __init__(self, *args: Any, people: int, **kwargs: Any) -> None:
        super().__init__(*args, people=people, **kwargs)
        self.fields["days"].choices = said_days(timezone.now())  # type: ignore[attr-defined]


class WithdrawForm(CountedForm):
    reason = forms.CharField(
        label=gettext_lazy("为什么撤回"), max_length=200, help_text=gettext_lazy("只有协调员看得到。")
    )


def _remind(offers: QuerySet[Offer], values: dict[str, Any], actor: Any, now: datetime) -> str:  # noqa: ARG001
    return _("提醒了 %(n)s 个邀请；今天提醒过的不再打扰。") % {"n": remind_by_hand(offers=offers, actor=actor, now=now)}


def _extend(offers: QuerySet[Offer], values: dict[str, Any], actor: Any, now: datetime) -> str:
    return _("%(n)s 个邀请延了期。") % {"n": extend_offers(offers=offers, days=values["days"], actor=actor, now=now)}


def _withdraw(offers: QuerySet[Offer], values: dict[str, Any], actor: Any, now: datetime) -> str:
    count = withdraw_offers(offers=offers, reason=values["reason"], actor=actor, now=now)
    return _("撤回了 %(n)s 个邀请，链接马上失效，对方会收到说明。") % {"n": count}


_DOING: dict[str, tuple[type[CountedForm], Callable[..., str]]] = {
    "remind": (CountedForm, _remind),
    "extend": (ExtendForm, _extend),
    "withdraw": (WithdrawForm, _withdraw),
}


def offers_many(request: HttpRequest, what: str) -> HttpResponse:
    """GET says what would happen to how many people and changes nothing; POST does it."""
    if what not in _DOING:
        raise Http404
    make, act = _DOING[what]
    now = timezone.now()
    ids = list(open_among(listed_offers(request), now).values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    offers = Offer.objects.filter(pk__in=ids[:MOST_AT_ONCE]).select_related("slot__rule__scheme", "helper", "leader")
    people = {offer.asked_id: offer.asked for offer in offers.order_by("expires_at", "pk")}
    form = make(posted(request), initial={"seen": len(people), "days": 3}, people=len(people))
    if request.method == "POST" and people and form.is_valid():
        try:
            messages.success(request, act(offers, form.cleaned_data, request.user, now))
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(_back(request))
    context = {
        "what": what,
        "form": form,
        "offers": len(ids[:MOST_AT_ONCE]),
        "people": len(people),
        "names": [one.name for one in list(people.values())[:_SHOWN_NAMES]],
        "more": max(0, len(people) - _SHOWN_NAMES),
        "without_mail": sum(1 for one in people.values() if not one.email),
        "is_cut": len(ids) > MOST_AT_ONCE,
        "most": MOST_AT_ONCE,
        "back": _back(request),
    }
    return render(request, "web/coordinator/offers_many.html", context)


def _back(request: HttpRequest) -> str:
    """The list the step was begun from, or the page of the one offer."""
    if "only" in request.GET and (one := listed_offers(request).first()) is not None:
        return reverse("web:offer", args=[one.public_id])
    return f"{reverse('web:offers')}?{request.GET.urlencode()}"


def offers_export(request: HttpRequest) -> HttpResponse:
    """The list as a workbook: GET says how many rows, POST what for."""
    offers = listed_offers(request)
    page = ListPage(
        title=_("导出邀请"),
        lead=_("现在列出的 %(n)s 个邀请，做成一张 Excel 表。") % {"n": f"{offers.count():,}"},
        back=f"{reverse('web:offers')}?{request.GET.urlencode()}",
        back_words=_("邀请看板"),
        name="offers",
    )
    return export_listed(request, offers, lambda asked: export_offers(offers=offers, asked=asked), page)
