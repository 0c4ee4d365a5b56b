"""比较: two drafts of one scheme goal by goal, then what changes place by place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backend.roster.models import Helper
from backend.web.coordinator.proposal import proposal_of
from backend.web.coordinator.run_goals import goals_of
from backend.web.shared.listing import page_of, render_list, select_of
from matching.draft_differences import comparable_drafts, draft_before, moved_pairs, places_gone
from matching.models import ProposedPair
from matching.plain_names import plain_name
from matching.services.draft_words import draft_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader
    from backend.web.coordinator.run_goals import Goal
    from matching.models import MatchingRun, Proposal

_IS_LESS_BETTER = frozenset({"load_squares"})
_MOST_DECIMALS = 4
_OF_KIND = {
    "filled": Q(before_helper_id=None, helper__isnull=False),
    "changed": Q(before_helper_id__isnull=False, helper__isnull=False),
    "opened": Q(before_helper_id__isnull=False, helper=None),
}
_BY_PLACE = ("child__school__name", "child__name_sort", "child_id", "pk")


@dataclass(frozen=True)
class ComparedGoal:
    """One goal of two runs; `better` is 1 where this draft reached more, -1 where the other did, 0 where they tie."""

    name: str
    unit: str
    here: str
    there: str
    better: int

    @property
    def is_same(self) -> bool:
        return self.better == 0 and self.here == self.there


def draft_compare(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """The other draft is the one before, unless the address names another."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    others = comparable_drafts(reader, one).order_by("-number")
    named = [(other.public_id, capfirst(draft_name(other))) for other in others[:50]]
    select = select_of(request, "with", _("和哪一稿比"), named)
    other = others.filter(public_id=select.value).first() if select.value else draft_before(reader, one)
    context: dict[str, Any] = {"proposal": one, "other": other, "selects": [select], "is_filtered": False}
    if other is not None:
        goals = compared_goals(one.run, other.run, (_busy_helpers(one), _busy_helpers(other)))
        context |= {"goals": goals, **_moves(request, one, other)}
        context["verdict"] = _verdict(one, other, goals, context["moved"])
    return render_list(request, "coordinator/draft_compare", context)


def compared_goals(here: MatchingRun, there: MatchingRun, busy: tuple[int, int]) -> list[ComparedGoal]:
    """
    The goals of the one run in its order, each beside what the other reached.

    Keeping is left out: each run counts what it kept of the draft before it, and those are two different drafts.
    """
    theirs = {goal.key: goal for goal in goals_of(there, busy[1])}
    return [_compared(goal, theirs.get(goal.key)) for goal in goals_of(here, busy[0]) if goal.key != "kept"]


def _compared(goal: Goal, other: Goal | None) -> ComparedGoal:
    if other is None:
        return ComparedGoal(goal.name, goal.unit, goal.reached, "—", 0)
    if goal.average is not None and other.average is not None:
        return _compared_averages(goal, goal.average, other.average)
    better = (goal.value > other.value) - (goal.value < other.value)
    if goal.key in _IS_LESS_BETTER:
        better = -better
    return ComparedGoal(goal.name, goal.unit, goal.reached, other.reached, better)


def _compared_averages(goal: Goal, here: float, there: float) -> ComparedGoal:
    """By the averages that are shown: what reads the same is not called better."""
    said = figures_apart(here, there)
    better = 0 if said[0] == said[1] else (here > there) - (here < there)
    return ComparedGoal(goal.name, goal.unit, *said, better)


def figures_apart(here: float, there: float) -> tuple[str, str]:
    """Both with as few decimals as tell them apart, one at least; with one where four do not."""
    said = ((f"{here:.{n}f}", f"{there:.{n}f}") for n in range(1, _MOST_DECIMALS + 1))
    return next((pair for pair in said if pair[0] != pair[1]), (f"{here:.1f}", f"{there:.1f}"))


def _verdict(one: Proposal, other: Proposal, goals: Sequence[ComparedGoal], moved: int) -> str:
    """Which draft is better by the first goal in which they differ; none where they did not solve the same."""
    if not _is_alike(one.run, other.run):
        return _("两稿算的范围、项目或目标的先后不同，只看名额的变动，不比好坏。")
    first = next((goal for goal in goals if goal.better), None)
    if first is None:
        return _("两稿一样好，差 %(n)s 个名额。") % {"n": f"{moved:,}"}
    better = one if first.better > 0 else other
    return _("%(draft)s更好：先在“%(goal)s”上分出高下。") % {
        "draft": capfirst(draft_name(better)),
        "goal": first.name,
    }


def _is_alike(here: MatchingRun, there: MatchingRun) -> bool:
    return (here.area_id, here.mode, here.fit_band, {one.pk for one in here.schemes}) == (
        there.area_id, there.mode, there.fit_band, {one.pk for one in there.schemes},
    )  # fmt: skip


def _busy_helpers(one: Proposal) -> int:
    held = ProposedPair.objects.filter(proposal=one, helper__isnull=False).values("helper_id").annotate(n=Count("pk"))
    return held.filter(n__gte=2).count()


def _moves(request: HttpRequest, one: Proposal, other: Proposal) -> dict[str, Any]:
    reader = request.reader  # type: ignore[attr-defined]
    moved, gone, counts = _moved(reader, one, other)
    tabs = _in_words(counts)
    wanted = request.GET.get("tab", "")
    tab = wanted if wanted in {kind for kind, _words, _n in tabs} else tabs[0][0] if tabs else ""
    rows = gone if tab == "gone" else moved.filter(_OF_KIND[tab]) if tab else moved.none()
    page = page_of(request, rows.order_by(*_BY_PLACE))
    _dress(page.object_list, is_gone=tab == "gone")
    return {"tabs": tabs, "tab": tab, "page": page, "moved": sum(counts.values())}


def short_difference(reader: Reader, one: Proposal, other: Proposal, most: int) -> dict[str, Any]:
    """How many places changed since another draft, kind by kind, and the first few in words, by place."""
    moved, _gone, counts = _moved(reader, one, other)
    some = list(moved.order_by(*_BY_PLACE)[:most])
    _dress(some, is_gone=False)
    return {"draft": one, "other": other, "counts": _in_words(counts), "moved": sum(counts.values()), "some": some}


def _moved(reader: Reader, one: Proposal, other: Proposal) -> tuple[Any, Any, dict[str, int]]:
    moved, gone = moved_pairs(reader, other, one), places_gone(reader, other, one)
    counts = moved.order_by().aggregate(**{kind: Count("pk", filter=of) for kind, of in _OF_KIND.items()})
    return moved, gone, counts | {"gone": gone.count()}


def _in_words(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    """(kind, words, how many) of each kind of change there is."""
    words = {
        "filled": _("新配上"),
        "changed": _("换了人"),
        "opened": _("空出来"),
        "gone": _("不再参加"),
    }
    return [(kind, said, counts[kind]) for kind, said in words.items() if counts[kind]]


def _dress(pairs: Any, *, is_gone: bool) -> None:
    """The words of each change, and the place a row begins."""
    ids = [pair.before_helper_id for pair in pairs if getattr(pair, "before_helper_id", None)]
    names = dict(Helper.objects.filter(pk__in=ids).values_list("pk", "name"))
    before = None
    for pair in pairs:
        place = pair.child.school.name if pair.child.school else pair.child.village.name
        pair.begins = place if place != before else ""
        pair.told = _told(pair, "gone" if is_gone else _kind_of(pair), names)
        before = place


def _kind_of(pair: Any) -> str:
    if pair.before_helper_id is None:
        return "filled"
    return "changed" if pair.helper_id else "opened"


def _told(pair: Any, kind: str, names: dict[int, str]) -> str:
    new = pair.helper.name if pair.helper else ""
    facts = {
        "place": plain_name(pair.slot.rule.name),
        "new": new,
        "old": names.get(getattr(pair, "before_helper_id", 0) or 0, ""),
    }
    said = {
        "filled": _("%(place)s配上了%(new)s"),
        "changed": _("%(new)s接替%(old)s做%(place)s"),
        "opened": _("%(place)s空出来了，原来是%(old)s"),
        "gone": _("不再参加，原来的%(place)s是%(new)s"),
    }
    return said[kind] % facts
