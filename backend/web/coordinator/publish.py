"""预览发布: who is told, how, until when; then the one step that tells them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.web.coordinator.proposal import proposal_of
from backend.web.coordinator.publish_letters import days_of, letters_context, reach_of
from backend.web.shared.counted import CountedForm, days_field, said_days
from backend.web.shared.forms import posted
from backend.web.shared.words import BROKEN, broken_sentence
from matching.draft_selectors import objections_visible_to, review_parts, wave_parts
from matching.models import Objection, Proposal, ProposedPair
from matching.services.draft_words import draft_names
from matching.services.proposals import may_publish, plan_publication, publish_proposal, wave_of
from notifications.previews import letters_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader
    from matching.draft_selectors import WavePart
    from matching.services.proposals import PublishPlan, Wave

_SHOWN_BROKEN = 20
_SHOWN_NAMES = 5


class PublishForm(CountedForm):
    """The deadline, and for many people the number typed once more."""

    days = days_field(gettext_lazy("几天内答复"), gettext_lazy("到期没答复就算失效，名额可以改请别人。"))

    def __init__(self, *args: Any, people: int, **kwargs: Any) -> None:
        super().__init__(*args, people=people, **kwargs)
        self.fields["days"].choices = said_days(timezone.now())  # type: ignore[attr-defined]


def publish(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """GET shows what would happen and changes nothing; POST publishes."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    part, wave, parts = _wave(request, reader, one)
    now = timezone.now()
    plan = plan_publication(proposal=one, reader=reader, now=now, wave=wave)
    days = days_of(request, one.scheme.offer_days)
    initial = {"days": days, "seen": plan.people}
    form = PublishForm(posted(request), initial=initial, people=plan.people)
    if request.method == "POST" and form.is_valid():
        try:
            days = form.cleaned_data["days"]
            offers = publish_proposal(proposal=one, actor=request.user, reader=reader, now=now, days=days, wave=wave)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已发出 %(n)s 个邀请。答复会陆续出现在这里。") % {"n": f"{len(offers):,}"})
            return redirect("web:offers")
    context = _context(one, plan, form, may=may_publish(reader)) | _reviews(one, reader)
    letters = letters_of(plan.asked_of, now=now)
    context |= {"part": part, "waves": parts, "is_part": not wave.is_whole, "reach": reach_of(letters)}
    context |= letters_context(request, letters, days, now)
    return render(request, "web/coordinator/publish.html", context)


def _wave(request: HttpRequest, reader: Reader, one: Proposal) -> tuple[str, Wave, list[WavePart]]:
    """What the address asks for: `?part=` a school's or township's public id; without it all."""
    parts = wave_parts(reader, one)
    part = request.GET.get("part", "")
    wave = wave_of(parts, part)
    if wave is None:
        raise Http404
    return part, wave, parts


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
    codes = Counter(code for _pair, code in plan.broken)
    return {
        "proposal": one,
        "plan": plan,
        "form": form,
        "may_publish": may and one.state == Proposal.State.OPEN and bool(plan.to_offer),
        "is_allowed": may,
        "elsewhere": _elsewhere(one, plan),
        "names": names[:_SHOWN_NAMES],
        "more_names": max(0, len(names) - _SHOWN_NAMES),
        "broken_counts": [(BROKEN.get(code, code), n) for code, n in codes.most_common()],
        "broken": _sentences(plan),
        "more_broken": max(0, len(plan.broken) - _SHOWN_BROKEN),
    }


def _elsewhere(one: Proposal, plan: PublishPlan) -> list[tuple[str, int]]:
    """(another draft, how many of this one's places its offers wait for)."""
    numbers = sorted(plan.asked_elsewhere)
    names = draft_names(one.scheme, numbers) if numbers else []
    return [(name, plan.asked_elsewhere[number]) for name, number in zip(names, numbers, strict=True)]


def _sentences(plan: PublishPlan) -> list[str]:
    shown = plan.broken[:_SHOWN_BROKEN]
    rows = ProposedPair.objects.filter(pk__in=[pair.pk for pair, _code in shown]).select_related("child", "helper")
    full = {pair.pk: pair for pair in rows}
    return [broken_sentence(full[pair.pk], code) for pair, code in shown]
