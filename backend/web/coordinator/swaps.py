"""手改: two places of a draft change helpers, with what it costs; a refusal names the child and the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.kernel.errors import DomainError
from backend.web.coordinator.listed_edits import back_query
from backend.web.shared.sentences import sentence_of
from backend.web.shared.words import BROKEN, HINT_WORDS
from backend.web.templatetags.qianshou import hundredths
from matching.plain_names import plain_name
from matching.services.hand_edits import LEAST_REASON, RuleBroken, swap_helpers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from matching.models import Proposal, ProposedPair
    from matching.services.hand_edits import ReasonNeeded


class ChooseTwo(DomainError):
    code = "pair.choose_two"
    status = 400
    message = "Choose two places to swap."


class ChooseAlike(DomainError):
    """The helper of the one kind of place may not hold the other."""

    code = "pair.choose_alike"
    status = 400
    message = "Choose two places of one kind to swap, for example two teachers' places. Nothing was changed."


def swap(request: HttpRequest, pairs: Sequence[ProposedPair], seen: dict[str, int], reason: str) -> str:
    """Let the helpers of two ticked places change places; answers what was done and what it cost."""
    if len(pairs) != 2:  # noqa: PLR2004 - a swap has two sides
        raise ChooseTwo
    first, second = pairs
    before = first.fit + second.fit
    versions = (seen[first.public_id], seen[second.public_id])
    changed = swap_helpers(
        pair=first, other=second, versions=versions, actor=request.user, now=timezone.now(), reason=reason
    )
    names = {"first": first.child.name, "second": second.child.name}
    done = _("已对调：%(first)s和%(second)s的帮扶人换了过来，都锁定了。") % names
    return done + cost_words(before, sum(one.fit for one in changed))


def cost_words(before: int, after: int) -> str:
    """What a swap does to the points of its two pairs together."""
    points = {"before": hundredths(before), "after": hundredths(after)}
    # Told apart as they are shown: a tenth of a point is neither more nor less.
    gain = int(points["after"]) - int(points["before"])
    if not gain:
        return _("两对的契合一共 %(after)s 分，和对调前一样。") % points
    words = _("两对的契合一共 %(before)s → %(after)s 分，多 %(n)s 分。")
    if gain < 0:
        words = _("两对的契合一共 %(before)s → %(after)s 分，少 %(n)s 分。")
    return words % (points | {"n": abs(gain)})


def refused_words(pairs: Sequence[ProposedPair], refused: RuleBroken) -> str:
    """Who may not be whose, and by which rule."""
    first, second = pairs
    rule = refused.facts["rule"]
    if rule == "role" and first.slot.rule_id != second.slot.rule_id:
        return sentence_of(ChooseAlike())
    pair, other = (first, second) if refused.facts["place"] == first.public_id else (second, first)
    return _("没有对调：%(helper)s不能做%(child)s的%(place)s，%(rule)s。") % {
        "helper": other.helper.name if other.helper else "—",
        "child": pair.child.name,
        "place": plain_name(pair.slot.rule.name),
        "rule": BROKEN.get(rule, rule),
    }


def ask_reason(
    request: HttpRequest, draft: Proposal, pairs: Sequence[ProposedPair], facts: dict[str, Any], needed: ReasonNeeded
) -> HttpResponse:
    """A page that says what speaks against the swap; with a reason the same places change, as they were seen."""
    first, second = pairs
    fits = needed.facts["fits"]
    context = {
        "proposal": draft,
        "rows": [_row_of(pair, comes, needed) for pair, comes in ((first, second), (second, first))],
        "cost": cost_words(first.fit + second.fit, sum(fits.values())),
        "pairs": [f"{public_id}:{version}" for public_id, version in facts["pairs"]],
        "back": back_query(request),
        "said": facts["reason"],
        "least": LEAST_REASON,
    }
    return render(request, "web/coordinator/swap_reason.html", context, status=needed.status)


def _row_of(pair: ProposedPair, comes: ProposedPair, needed: ReasonNeeded) -> dict[str, Any]:
    """One of the two as it would be, with what speaks against it and its points before and after."""
    codes = needed.facts["places"].get(pair.public_id, [])
    return {
        "pair": pair,
        "goes": pair.helper,
        "comes": comes.helper,
        "fit": needed.facts["fits"][pair.public_id],
        "remarks": [HINT_WORDS[code] for code in codes],
    }
