"""手改: many places of a draft at once, and two that change places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.kernel.errors import DomainError
from backend.web.coordinator.leaving import ask_why_off
from backend.web.coordinator.listed_edits import LISTED, back_to_list, done_words, listed_edit
from backend.web.coordinator.proposal import proposal_of
from backend.web.coordinator.swaps import ask_reason, refused_words, swap
from backend.web.shared.forms import PlainForm
from backend.web.shared.sentences import sentence_of
from matching.selectors import pairs_visible_to
from matching.services.bulk_edits import MOST_AT_ONCE, edit_many
from matching.services.filtered_edits import Listed
from matching.services.hand_edits import ReasonNeeded, RuleBroken

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from matching.models import Proposal, ProposedPair


class ManyForm(PlainForm):
    """
    What to do with the places that were ticked, each as "public id:version seen"; or with all the list finds, `listed`
    being what it found when it was looked at.
    """

    what = forms.ChoiceField(choices=[(one, one) for one in ("lock", "unlock", "take_off", "swap")])
    pairs = forms.TypedMultipleChoiceField(
        coerce=lambda said: (said.split(":")[0], int(said.split(":")[1])), required=False
    )
    listed = forms.RegexField(LISTED, required=False)
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said: list[str] = self.data.getlist("pairs") if hasattr(self.data, "getlist") else []
        chosen: Any = self.fields["pairs"]
        chosen.choices = [(one, one) for one in said[:MOST_AT_ONCE] if re.fullmatch(r"[0-9a-z]{16}:[0-9]{1,9}", one)]


def pairs_edit(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """The ticked places at once; those somebody changed meanwhile, or that stand, are left alone and counted."""
    draft = proposal_of(request.reader, proposal_id)  # type: ignore[attr-defined]
    form = ManyForm(request.POST)
    if not form.is_valid() or not (form.cleaned_data["pairs"] or form.cleaned_data["listed"]):
        messages.warning(request, _("先在左边选几行。"))
        return back_to_list(request, proposal_id)
    facts = form.cleaned_data
    if facts["listed"] and facts["what"] != "swap":
        return listed_edit(request, draft, what=facts["what"], seen=Listed.read(facts["listed"]))
    pairs = _ticked(request, draft, dict(facts["pairs"]))
    try:
        words = _act_on_many(request, pairs, facts["what"], dict(facts["pairs"]), facts["reason"])
    except ReasonNeeded as needed:
        ask = ask_reason if facts["what"] == "swap" else ask_why_off
        return ask(request, draft, pairs, facts, needed)
    except RuleBroken as refused:
        messages.warning(request, refused_words(pairs, refused))
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, words)
    return back_to_list(request, proposal_id)


def _ticked(request: HttpRequest, draft: Proposal, seen: dict[str, int]) -> list[ProposedPair]:
    mine = pairs_visible_to(request.reader).filter(proposal=draft)  # type: ignore[attr-defined]
    return list(mine.filter(public_id__in=seen).order_by("pk"))


def _act_on_many(request: HttpRequest, pairs: list[ProposedPair], what: str, seen: dict[str, int], reason: str) -> str:
    if what == "swap":
        return swap(request, pairs, seen, reason)
    outcome = edit_many(pairs=pairs, versions=seen, what=what, actor=request.user, now=timezone.now(), reason=reason)
    left = _("%(n)s 个没有动：有人刚改过，或已经结对、空着。") % {"n": outcome.left} if outcome.left else ""
    return done_words(what, outcome.done) + left
