"""One place of a draft, as a side panel or a page: the two people, why, whom else, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from backend.accounts.models import Role
from backend.roster.presenting import present_list
from backend.roster.presenting_helpers import cleared_until
from backend.web.coordinator.presence import look_at, lookers
from backend.web.coordinator.proposal import proposal_of
from backend.web.shared.listing import render_list
from backend.web.shared.remedy_words import told_remedies, tried_words
from backend.web.shared.words import said_reasons
from matching.draft_history import history_of
from matching.models import Objection, Proposal, ProposedPair
from matching.selectors import pairs_visible_to, people_for_place, settled
from matching.services.reviews import REVIEWERS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader

MOST_STEPS = 6
# What hands do to a place.
STEP_WORDS = {
    "pair.put": pgettext_lazy("step", "换人"),
    "pair.swapped": pgettext_lazy("step", "对调"),
    "pair.taken_off": pgettext_lazy("step", "撤下"),
    "pair.objected": pgettext_lazy("step", "有异议，撤下"),
    "pair.locked": pgettext_lazy("step", "锁定"),
    "pair.unlocked": pgettext_lazy("step", "解锁"),
    "pair.applied": gettext_lazy("用了试算的结果"),
    "pair.undone": pgettext_lazy("step", "撤销"),
}
# What an alternative costs the rest of the draft, by the engine's kind.
FREE, MOVES, OPENS = 0, 1, 2


def proposal_pair(request: HttpRequest, proposal_id: str, pair_id: str) -> HttpResponse:
    """List-level facts only: looking here writes no trace."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    pair = pairs_visible_to(reader).select_related("changed_by").filter(proposal=one, public_id=pair_id).first()
    if pair is None:
        raise Http404
    looked_at_by = lookers(one, request.user).get(pair.pk, "")
    look_at(pair, request.user)
    context = {
        "proposal": one,
        "pair": pair,
        "looker": looked_at_by,
        "child": present_list(reader, [pair.child], now=timezone.now())[0].values,
        "helper": _helper_facts(pair, one),
        "steps": history_of(reader, pair)[:MOST_STEPS] if _is_by_hand(pair) else [],
        "step_words": STEP_WORDS,
        "why": said_reasons(pair.reasons),
        "others": _others(pair, reader),
        "partners": _partners(pair, one),
        "tried": tried_words(pair.certificate) if pair.certificate else "",
        "cures": told_remedies([pair.certificate], reader).get(pair.certificate.pk, []) if pair.certificate else [],
        "objection": _objection_to(pair),
        **_may(pair, one, reader),
    }
    return render_list(request, "coordinator/proposal_pair", context)


def _is_by_hand(pair: ProposedPair) -> bool:
    """Whether a hand has changed it, in this draft or in the one it was taken over from."""
    return pair.changed_at is not None or pair.origin == ProposedPair.Origin.HAND


def _may(pair: ProposedPair, one: Proposal, reader: Reader) -> dict[str, bool]:
    """What the reader may do about a pair that is still a suggestion."""
    is_settled = ProposedPair.objects.filter(settled(), pk=pair.pk).exists()
    is_open = one.state == Proposal.State.OPEN and not is_settled
    return {
        "is_settled": is_settled,
        "may_edit": is_open and reader.role == Role.COUNTY_COORDINATOR,
        "may_object": is_open and pair.helper is not None and reader.role in REVIEWERS,
    }


def _objection_to(pair: ProposedPair) -> Objection | None:
    waiting = pair.objections.filter(state=Objection.State.OPEN)
    return waiting.select_related("raised_by").first()


def _helper_facts(pair: ProposedPair, one: Proposal) -> dict[str, Any] | None:
    if pair.helper is None:
        return None
    held = ProposedPair.objects.filter(proposal=one, helper=pair.helper).count()
    most = one.scheme.most_for(pair.helper.total_limit)
    return {"load": held, "most": most, "cleared_until": cleared_until(pair.helper, timezone.localdate())}


def _others(pair: ProposedPair, reader: Reader) -> list[dict[str, Any]]:
    """The next best helpers with what changing to them costs."""
    ids = [row[0] for row in pair.alternatives]
    people = {
        helper.pk: helper
        for helper in people_for_place(reader, pair.slot.rule).filter(pk__in=ids).select_related("unit").distinct()
    }
    return [
        {"helper": people[pk], "fit": fit, "kind": kind, "price": price}
        for pk, price, kind, fit in pair.named_alternatives
        if pk in people
    ]


def _partners(pair: ProposedPair, one: Proposal) -> list[ProposedPair]:
    """The other places of the same child."""
    rows = ProposedPair.objects.filter(proposal=one, child_id=pair.child_id).exclude(pk=pair.pk)
    return list(rows.select_related("slot__rule", "helper").order_by("pk"))
