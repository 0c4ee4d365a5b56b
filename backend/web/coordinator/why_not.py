"""为什么不是别人: the rule that keeps somebody from a place, or what it would cost to put them there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone

from backend.kernel.errors import DomainError
from backend.roster.models import Helper
from backend.web.coordinator.proposal import proposal_of
from backend.web.shared.difference import told_difference
from backend.web.shared.listing import search_of
from backend.web.shared.sentences import sentence_of
from backend.web.shared.words import rule_sentence
from matching.selectors import pairs_visible_to, people_for_place
from matching.services.trials import Wish, try_out
from matching.services.why_not import TooManyPlaces
from matching.services.why_not import why_not as ask

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader
    from matching.models import ProposedPair

_MOST_FOUND = 20


def why_not(request: HttpRequest, proposal_id: str, pair_id: str) -> HttpResponse:
    """Search somebody, choose where there are several, and read the answer."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    pair = pairs_visible_to(reader).filter(proposal=one, public_id=pair_id).first()
    if pair is None:
        raise Http404
    people = people_for_place(reader, pair.slot.rule).exclude(state=Helper.State.LEFT).distinct()
    people = people.select_related("unit", "township")
    q = search_of(request)
    chosen = people.filter(public_id=request.GET.get("helper", "")).first()
    found: list[Helper] = []
    if chosen is None and q:
        named = people.filter(name_search__contains=q.lower()).order_by("name_sort", "pk")
        found = list(named.distinct()[: _MOST_FOUND + 1])
        chosen = found[0] if len(found) == 1 else None
    context: dict[str, Any] = {"proposal": one, "pair": pair, "q": q, "chosen": chosen}
    context |= {"found": found[:_MOST_FOUND], "most_found": _MOST_FOUND, "has_more": len(found) > _MOST_FOUND}
    if chosen is not None:
        context |= _answer(pair, chosen, reader)
    return render(request, "web/coordinator/why_not.html", context)


def why_not_queue(request: HttpRequest, proposal_id: str, pair_id: str) -> HttpResponse:
    """Put the question into the queue as a trial, where the township is too large to answer at once."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    pair = pairs_visible_to(reader).filter(proposal=one, public_id=pair_id).first()
    if pair is None or pair.child.village.parent is None:
        raise Http404
    wish = Wish(kind="PAIR", people=[request.POST.get("helper", "")], pair=pair.public_id)
    try:
        trial = try_out(
            run=one.run, area=pair.child.village.parent, wishes=[wish], actor=request.user, reader=reader,
            now=timezone.now(),
        )  # fmt: skip
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return redirect("web:why-not", proposal_id, pair_id)
    return redirect("web:trial", proposal_id, trial.public_id)


def _answer(pair: ProposedPair, helper: Helper, reader: Reader) -> dict[str, Any]:
    try:
        answer = ask(pair=pair, helper=helper, now=timezone.now())
    except TooManyPlaces as error:
        return {"refused": sentence_of(error), "may_queue": True}
    except DomainError as error:
        return {"refused": sentence_of(error)}
    told = told_difference(answer.price, reader) if answer.price else None
    return {
        "answer": answer,
        "rules": [rule_sentence(code, helper=helper.name, child=pair.child.name) for code in answer.rules],
        "told": told,
    }
