"""手改: one place at a time; a conflict shows both values and asks, and what speaks against a pair wants a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import Role
from backend.kernel.errors import DomainError
from backend.web.coordinator.proposal import proposal_of
from backend.web.coordinator.proposal_pair import proposal_pair
from backend.web.shared.forms import PlainForm
from backend.web.shared.listing import search_of
from backend.web.shared.sentences import sentence_of
from backend.web.shared.words import BROKEN, HINT_WORDS, said_reasons
from matching.models import Proposal, ProposedPair
from matching.selectors import pairs_visible_to, people_for_place, settled
from matching.services.choosing import candidates_in_scope, judged
from matching.services.hand_edits import (
    LEAST_REASON,
    PairChanged,
    ReasonNeeded,
    lock_pair,
    put_helper,
    take_off,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.models import Helper

_MOST_FOUND = 8
_CONFLICT = 409


class EditForm(PlainForm):
    """The version that was seen, what to do, and with whom."""

    version = forms.IntegerField(min_value=1)
    what = forms.ChoiceField(choices=[(one, one) for one in ("lock", "unlock", "take_off", "put")])
    helper = forms.CharField(max_length=16, required=False)
    reason = forms.CharField(max_length=200, required=False)


def pair_edit(request: HttpRequest, proposal_id: str, pair_id: str) -> HttpResponse:
    """
    One change by hand; refused in place with the rule's name, and never over somebody else's change. Asked for from the
    panel beside the table it answers with the panel, and the table reads itself anew.
    """
    pair = _pair_of(request, proposal_id, pair_id)
    form = EditForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        words = _act(request, pair, **form.cleaned_data)
    except PairChanged:
        return _conflict(request, proposal_id, pair_id, form.cleaned_data)
    except ReasonNeeded as needed:
        return _ask_reason(request, pair, form.cleaned_data, needed)
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, words)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("web:proposal-pair", proposal_id, pair_id)
    panel = proposal_pair(request, proposal_id, pair_id)
    panel["HX-Trigger"] = "draftChanged"
    return panel


def _ask_back(request: HttpRequest, name: str, context: dict[str, Any], status: int) -> HttpResponse:
    """A page of its own that says what stands in the way; in the panel the same, which htmx shows only as a success."""
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, f"web/coordinator/_{name}.html", context)
    return render(request, f"web/coordinator/{name}.html", context, status=status)


def _ask_reason(request: HttpRequest, pair: ProposedPair, wanted: dict[str, Any], needed: ReasonNeeded) -> HttpResponse:
    context = {
        "proposal": pair.proposal,
        "pair": pair,
        "what": wanted["what"],
        "mine": _helper_of(request, pair, wanted["helper"]) if wanted["what"] == "put" else None,
        "version": wanted["version"],
        "remarks": [HINT_WORDS[code] for code in needed.facts["remarks"]],
        "said": wanted["reason"],
        "least": LEAST_REASON,
    }
    return _ask_back(request, "pair_reason", context, needed.status)


def _act(request: HttpRequest, pair: ProposedPair, *, version: int, what: str, helper: str, reason: str) -> str:
    who: dict[str, Any] = {"pair": pair, "version": version, "actor": request.user, "now": timezone.now()}
    if what in {"lock", "unlock"}:
        lock_pair(is_locked=what == "lock", **who)
        return _("已锁定，再匹配时不动这一对。") if what == "lock" else _("已解锁，再匹配时可以换人。")
    if what == "take_off":
        take_off(reason=reason, **who)
        return _("已撤下，名额空出来了。")
    chosen = _helper_of(request, pair, helper)
    put_helper(helper=chosen, reason=reason, **who)
    return _("已换成 %(name)s，并且锁定。") % {"name": chosen.name}


def _conflict(request: HttpRequest, proposal_id: str, pair_id: str, wanted: dict[str, Any]) -> HttpResponse:
    there = _pair_of(request, proposal_id, pair_id)
    mine = _helper_of(request, there, wanted["helper"]) if wanted["what"] == "put" else None
    context = {"proposal": there.proposal, "pair": there, "mine": mine, "what": wanted["what"]}
    return _ask_back(request, "pair_conflict", context, _CONFLICT)


def pair_candidates(request: HttpRequest, proposal_id: str, pair_id: str) -> HttpResponse:
    """Whom the rules allow, the worthiest first; whoever is looked for by name and not allowed, with the rule."""
    reader = request.reader  # type: ignore[attr-defined]
    pair = _pair_of(request, proposal_id, pair_id)
    now = timezone.now()
    found = candidates_in_scope(reader, pair, now=now)
    loads = _loads(pair, [helper.pk for helper, _one in found])
    q = search_of(request)
    rows: list[dict[str, Any]] = [
        {
            "helper": helper,
            "points": one.points,
            "why": said_reasons(one.reasons)[:3],
            "room": one.room - loads.get(helper.pk, 0),
            "is_here": helper.pk == pair.helper_id,
        }
        for helper, one in found
    ]
    context = {
        "proposal": pair.proposal,
        "pair": pair,
        "rows": [row for row in rows if row["room"] > 0 or row["is_here"]],
        "full_rows": [row for row in rows if row["room"] <= 0 and not row["is_here"]],
        "may_try": reader.role in (Role.COUNTY_COORDINATOR, Role.TOWNSHIP_COORDINATOR),
        "q": q,
        "looked_for": _looked_for(request, pair, q) if q else [],
        "may_edit": pair.proposal.state == Proposal.State.OPEN
        and not ProposedPair.objects.filter(settled(), pk=pair.pk).exists(),
    }
    return render(request, "web/coordinator/pair_candidates.html", context)


def _looked_for(request: HttpRequest, pair: ProposedPair, q: str) -> list[tuple[Helper, str]]:
    """(helper, why not) of those whose name was typed; "" where nothing stands in the way."""
    people = people_for_place(request.reader, pair.slot.rule).filter(name_search__contains=q.lower())  # type: ignore[attr-defined]
    some = people.select_related("unit").distinct().order_by("name_sort", "pk")[:_MOST_FOUND]
    found = judged(pair, some, now=timezone.now())
    return [(one, str(BROKEN.get(code, code)) if code else "") for one, code in found]


def _loads(pair: ProposedPair, helper_ids: list[int]) -> dict[int, int]:
    """What this draft gives each elsewhere, beside what stands."""
    rows = ProposedPair.objects.filter(proposal=pair.proposal, helper_id__in=helper_ids).exclude(pk=pair.pk)
    new = rows.exclude(origin=ProposedPair.Origin.KEPT).values_list("helper_id").annotate(n=Count("pk"))
    return dict(new.order_by())


def _pair_of(request: HttpRequest, proposal_id: str, pair_id: str) -> ProposedPair:
    reader = request.reader  # type: ignore[attr-defined]
    mine = pairs_visible_to(reader).filter(proposal=proposal_of(reader, proposal_id), public_id=pair_id)
    pair = mine.select_related(
        "proposal__scheme", "changed_by", "slot__rule", "child__village__parent", "child__school", "helper__unit"
    ).first()
    if pair is None:
        raise Http404
    return pair


def _helper_of(request: HttpRequest, pair: ProposedPair, public_id: str) -> Helper:
    visible = people_for_place(request.reader, pair.slot.rule).filter(public_id=public_id)  # type: ignore[attr-defined]
    one = visible.first()
    if one is None:
        raise Http404
    return one
