"""手改: one place or many at once; a conflict shows both values and asks, and the latest change can be taken back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import Role
from backend.kernel.errors import DomainError
from backend.web.coordinator.draft_filters import with_hints
from backend.web.coordinator.proposal import proposal_of
from backend.web.coordinator.proposal_pair import proposal_pair
from backend.web.shared.forms import PlainForm
from backend.web.shared.listing import search_of
from backend.web.shared.sentences import sentence_of
from backend.web.shared.words import BROKEN, HINT_WORDS, said_reasons
from matching.draft_hints import OF_ONE_PERSON
from matching.models import Proposal, ProposedPair
from matching.selectors import pairs_visible_to, people_for_place
from matching.services.bulk_edits import MOST_AT_ONCE, edit_many
from matching.services.choosing import candidates_in_scope, judged
from matching.services.hand_edits import (
    PairChanged,
    ReasonNeeded,
    RuleBroken,
    lock_pair,
    put_helper,
    swap_helpers,
    take_off,
)
from matching.services.undoing import undo_latest

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


class ManyForm(PlainForm):
    """What to do with the places that were ticked, each as "public id:version seen"."""

    what = forms.ChoiceField(choices=[(one, one) for one in ("lock", "unlock", "take_off", "swap")])
    pairs = forms.TypedMultipleChoiceField(coerce=lambda said: (said.split(":")[0], int(said.split(":")[1])))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said: list[str] = self.data.getlist("pairs") if hasattr(self.data, "getlist") else []
        chosen: Any = self.fields["pairs"]
        chosen.choices = [(one, one) for one in said[:MOST_AT_ONCE] if re.fullmatch(r"[0-9a-z]{16}:[0-9]{1,9}", one)]


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


def pairs_edit(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """The ticked places at once; those somebody changed meanwhile, or that stand, are left alone and counted."""
    draft = proposal_of(request.reader, proposal_id)  # type: ignore[attr-defined]
    form = ManyForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("先在左边选几行。"))
        return _back_to_list(request, proposal_id)
    seen = dict(form.cleaned_data["pairs"])
    try:
        words = _act_on_many(request, draft, form.cleaned_data["what"], seen)
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, words)
    return _back_to_list(request, proposal_id)


def edit_undo(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """Take the reader's latest change back."""
    draft = proposal_of(request.reader, proposal_id)  # type: ignore[attr-defined]
    try:
        undone = undo_latest(proposal=draft, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("已撤销，%(n)s 个名额恢复原样。") % {"n": len(undone)})
    return _back_to_list(request, proposal_id)


def _back_to_list(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """Where the table was: its tab, filters and page come along in the form."""
    query = QueryDict(request.POST.get("back", "")[:500])
    return redirect(reverse("web:proposal", args=[proposal_id]) + (f"?{query.urlencode()}" if query else ""))


def _act_on_many(request: HttpRequest, draft: Proposal, what: str, seen: dict[str, int]) -> str:
    mine = pairs_visible_to(request.reader).filter(proposal=draft)  # type: ignore[attr-defined]
    pairs = list(mine.filter(public_id__in=seen).order_by("pk"))
    if what == "swap":
        return _swap(request, pairs, seen)
    outcome = edit_many(pairs=pairs, versions=seen, what=what, actor=request.user, now=timezone.now())
    done = {
        "lock": _("锁定了 %(n)s 个名额。"),
        "unlock": _("解锁了 %(n)s 个名额。"),
        "take_off": _("撤下了 %(n)s 个名额。"),
    }[what] % {"n": outcome.done}
    left = _("%(n)s 个没有动：有人刚改过，或已经结对、空着。") % {"n": outcome.left} if outcome.left else ""
    return done + left


def _swap(request: HttpRequest, pairs: list[ProposedPair], seen: dict[str, int]) -> str:
    if len(pairs) != 2:  # noqa: PLR2004 - a swap has two sides
        raise ChooseTwo
    first, second = pairs
    versions = (seen[first.public_id], seen[second.public_id])
    try:
        changed = swap_helpers(pair=first, other=second, versions=versions, actor=request.user, now=timezone.now())
    except RuleBroken as error:
        if first.slot.rule_id == second.slot.rule_id:
            raise
        raise ChooseAlike from error
    names = {"first": first.child.name, "second": second.child.name}
    done = _("已对调：%(first)s和%(second)s的帮扶人换了过来，都锁定了。") % names
    remarks = [told for one in changed if (told := _remarks_on(one))]
    return done + "".join(_("请留意%(child)s：%(remarks)s。") % told for told in remarks)


def _remarks_on(pair: ProposedPair) -> dict[str, str] | None:
    """What speaks against a pair as it is now, in words."""
    shown = with_hints(ProposedPair.objects.filter(pk=pair.pk), pair.proposal).get()
    words = [str(HINT_WORDS[code]) for code in OF_ONE_PERSON if getattr(shown, f"hint_{code}")]
    return {"child": pair.child.name, "remarks": _("、").join(words)} if words else None


class ChooseTwo(DomainError):
    code = "pair.choose_two"
    status = 400
    message = "Choose two places to swap."


class ChooseAlike(DomainError):
    """The helper of the one kind of place may not hold the other."""

    code = "pair.choose_alike"
    status = 400
    message = "Choose two places of one kind to swap, for example two teachers' places. Nothing was changed."


def _ask_reason(request: HttpRequest, pair: ProposedPair, wanted: dict[str, Any], needed: ReasonNeeded) -> HttpResponse:
    context = {
        "proposal": pair.proposal,
        "pair": pair,
        "mine": _helper_of(request, pair, wanted["helper"]),
        "version": wanted["version"],
        "remarks": [HINT_WORDS[code] for code in needed.facts["remarks"]],
    }
    return _ask_back(request, "pair_reason", context, needed.status)


def _act(request: HttpRequest, pair: ProposedPair, *, version: int, what: str, helper: str, reason: str) -> str:
    who: dict[str, Any] = {"pair": pair, "version": version, "actor": request.user, "now": timezone.now()}
    if what in {"lock", "unlock"}:
        lock_pair(is_locked=what == "lock", **who)
        return _("已锁定，再匹配时不动这一对。") if what == "lock" else _("已解锁，再匹配时可以换人。")
    if what == "take_off":
        take_off(**who)
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
        "may_edit": pair.proposal.state == Proposal.State.OPEN and pair.origin != ProposedPair.Origin.KEPT,
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
