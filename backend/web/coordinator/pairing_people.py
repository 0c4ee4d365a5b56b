"""替班、交接: somebody else looks after the child, for a while or from now on."""

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
from backend.web.coordinator.pairing import pairing_of
from backend.web.shared.forms import PlainForm, date_field, posted
from backend.web.shared.listing import search_of
from backend.web.shared.sentences import sentence_of
from matching.draft_selectors import people_to_take_over, stand_ins_of
from matching.services.handovers import hand_over
from matching.services.stand_ins import cancel_stand_in, plan_stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.models import Helper
    from matching.models import Pairing

_SHOWN = 30


class PersonForm(PlainForm):
    """One of the people found; `found` is what the search shows, most likely first."""

    helper = forms.ChoiceField(label=gettext_lazy("请谁"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, found: list[Helper], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found = {one.public_id: one for one in found}
        self.fields["helper"].choices = [(one.public_id, _called(one)) for one in found]  # type: ignore[attr-defined]

    @property
    def person(self) -> Helper:
        return self.found[self.cleaned_data["helper"]]


def _called(helper: Any) -> str:
    """Where they are and what they carry: namesakes are told apart, and nobody is loaded unseen."""
    place = helper.unit.name if helper.unit else helper.township.name
    facts = {"name": helper.name, "place": place, "held": helper.held, "limit": helper.total_limit}
    if helper.asked:
        facts["asked"] = helper.asked
        return _("%(name)s（%(place)s，带 %(held)s 名，%(asked)s 名等答复，上限 %(limit)s 名）") % facts
    return _("%(name)s（%(place)s，带 %(held)s 名，上限 %(limit)s 名）") % facts


class StandInForm(PersonForm):
    from_date = date_field(gettext_lazy("哪天开始"), hint=gettext_lazy("今天的话马上开始。"))
    until_date = date_field(gettext_lazy("做到哪天"), hint=gettext_lazy("含这一天，第二天自动交还。"))
    note = forms.CharField(label=gettext_lazy("说明"), required=False, max_length=200)


class HandOverForm(PersonForm):
    agreed = forms.CharField(
        label=gettext_lazy("怎么知道他愿意的"),
        max_length=200,
        help_text=gettext_lazy("例如：11 月 24 日电话里说的。会写在结对记录里。"),
    )
    note = forms.CharField(
        label=gettext_lazy("给接手的人交代几句"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("接手的人看得到。不写病史和家里的隐私。"),
    )


def stand_in(request: HttpRequest, pairing_id: str) -> HttpResponse:
    """Who, from when, until when; POST arranges it."""

    def arrange(one: Pairing, form: Any) -> str:
        values = form.cleaned_data
        plan_stand_in(
            pairing=one,
            helper=form.person,
            from_date=values["from_date"],
            until_date=values["until_date"],
            note=values["note"],
            actor=request.user,
            now=timezone.now(),
        )
        return _("替班安排好了，两个人都会收到消息，到期自动交还。")

    return _choose(request, pairing_id, StandInForm, arrange, "stand_in")


def hand_over_page(request: HttpRequest, pairing_id: str) -> HttpResponse:
    """Who takes over, and what they should know; POST ends the one and begins the other."""

    def hand(one: Pairing, form: Any) -> str:
        values = form.cleaned_data
        hand_over(
            pairing=one,
            helper=form.person,
            note=values["note"],
            agreed=values["agreed"],
            actor=request.user,
            now=timezone.now(),
        )
        return _("交接好了，两个人都会收到消息。")

    return _choose(request, pairing_id, HandOverForm, hand, "hand_over")


def stand_in_cancel(request: HttpRequest, pairing_id: str, stand_in_id: str) -> HttpResponse:
    """Call it off, or end it at once."""
    one = stand_ins_of(pairing_of(request, pairing_id)).filter(public_id=stand_in_id).first()
    if one is None:
        raise Http404
    try:
        cancel_stand_in(stand_in=one, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("替班结束了，孩子又由原来的人照看。"))
    return redirect("web:pairing", pairing_id)


def _choose(
    request: HttpRequest,
    pairing_id: str,
    make: type[PersonForm],
    act: Callable[[Pairing, Any], str],
    what: str,
) -> HttpResponse:
    one, sent = pairing_of(request, pairing_id), posted(request)
    q = search_of(request, sent)
    people = people_to_take_over(request.reader, one, q=q, now=timezone.now())  # type: ignore[attr-defined]
    found = _found(request, one, people)
    is_search = sent is not None and "find" in sent
    form = make(initial=sent.dict(), found=found) if sent is not None and is_search else make(sent, found=found)
    if form.is_bound and form.is_valid():
        try:
            messages.success(request, act(one, form))
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("web:pairing", pairing_id)
    context = {"pairing": one, "form": form, "what": what, "q": q, "count": people.count(), "shown": _SHOWN}
    return render(request, "web/coordinator/pairing_people.html", context)


def _found(request: HttpRequest, one: Pairing, people: QuerySet[Helper]) -> list[Helper]:
    """The first people the search finds; whoever is chosen already stays on top, whatever is looked for next."""
    found, chosen = list(people[:_SHOWN]), request.POST.get("helper", "")
    if not chosen.isalnum() or chosen in {helper.public_id for helper in found}:
        return found
    everybody = people_to_take_over(request.reader, one, q="", now=timezone.now())  # type: ignore[attr-defined]
    return [*everybody.filter(public_id=chosen), *found]
