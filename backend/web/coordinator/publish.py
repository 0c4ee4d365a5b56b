"""预览发布: who is told, how, until when; then the one step that tells them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.web.coordinator.proposal import proposal_of
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.words import BROKEN, broken_sentence
from matching.draft_selectors import objections_visible_to, review_parts
from matching.models import Objection, Proposal, ProposedPair
from matching.services.proposals import may_publish, plan_publication, publish_proposal

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader
    from matching.services.proposals import PublishPlan

TYPE_THE_NUMBER_ABOVE = 100
_SHOWN_BROKEN = 20
_SHOWN_NAMES = 5


class PublishForm(PlainForm):
    """The deadline, and for many people the number typed once more."""

    days = forms.TypedChoiceField(
        label=gettext_lazy("几天内答复"),
        coerce=int,
        choices=[(day, day) for day in range(1, 8)],
        help_text=gettext_lazy("到期没答复就算失效，名额可以改请别人。"),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)
    number = forms.IntegerField(required=False)

    def __init__(self, *args: Any, people: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people
        self.fields["days"].choices = [(day, _("%(n)s 天") % {"n": day}) for day in range(1, 8)]  # type: ignore[attr-defined]
        self.fields["number"].label = _("请输入人数 %(n)s，确认发给这些人") % {"n": people}
        if people <= TYPE_THE_NUMBER_ABOVE:
            del self.fields["number"]
        else:
            self.fields["number"].required = True

    def clean_seen(self) -> int:
        if self.cleaned_data["seen"] != self.people:
            raise forms.ValidationError(_("人数刚才变成了 %(n)s，请再看一遍。") % {"n": self.people})
        return self.people

    def clean_number(self) -> int:
        if self.cleaned_data["number"] != self.people:
            raise forms.ValidationError(_("请输入 %(n)s。") % {"n": self.people})
        return self.people


def publish(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """GET shows what would happen and changes nothing; POST publishes."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    plan = plan_publication(proposal=one, reader=reader, now=timezone.now())
    initial = {"days": one.scheme.offer_days, "seen": plan.people}
    form = PublishForm(posted(request), initial=initial, people=plan.people)
    if request.method == "POST" and form.is_valid():
        try:
            offers = publish_proposal(
                proposal=one, actor=request.user, reader=reader, now=timezone.now(), days=form.cleaned_data["days"]
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已发出 %(n)s 个邀请。答复会陆续出现在这里。") % {"n": f"{len(offers):,}"})
            return redirect("web:offers")
    context = _context(one, plan, form, may=may_publish(reader)) | _reviews(one, reader)
    return render(request, "web/coordinator/publish.html", context)


def _reviews(one: Proposal, reader: Reader) -> dict[str, Any]:
    """Who has looked through the draft and what is objected to, counted before anybody is told."""
    parts = review_parts(reader, one)
    waiting = objections_visible_to(reader).filter(pair__proposal=one, state=Objection.State.OPEN)
    return {
        "parts": parts,
        "seen": sum(1 for part in parts if part.reviewed_at),
        "objections": waiting.count(),
    }


def _context(one: Proposal, plan: PublishPlan, form: PublishForm, *, may: bool) -> dict[str, Any]:
    names = list({helper.pk: helper.name for helper in plan.asked_people}.values())  # namesakes are several people
    by_paper = len({helper.pk for helper in plan.asked_people if not helper.email})
    codes = Counter(code for _pair, code in plan.broken)
    return {
        "proposal": one,
        "plan": plan,
        "form": form,
        "may_publish": may and one.state == Proposal.State.OPEN and bool(plan.to_offer),
        "is_allowed": may,
        "by_mail": plan.people - by_paper,
        "by_paper": by_paper,
        "names": names[:_SHOWN_NAMES],
        "more_names": max(0, len(names) - _SHOWN_NAMES),
        "broken_counts": [(BROKEN.get(code, code), n) for code, n in codes.most_common()],
        "broken": _sentences(plan),
        "more_broken": max(0, len(plan.broken) - _SHOWN_BROKEN),
    }


def _sentences(plan: PublishPlan) -> list[str]:
    shown = plan.broken[:_SHOWN_BROKEN]
    rows = ProposedPair.objects.filter(pk__in=[pair.pk for pair, _code in shown]).select_related("child", "helper")
    full = {pair.pk: pair for pair in rows}
    return [broken_sentence(full[pair.pk], code) for pair, code in shown]
