"""A run's goals, proof and steps in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from backend.roster.levels import LEVEL_WORDS
from backend.web.shared.words import full_marks

if TYPE_CHECKING:
    from matching.models import MatchingRun

_AVERAGED = frozenset({"fit", "fit_band"})


@dataclass(frozen=True)
class Goal:
    """
    One goal in its order: what, how it is counted, what was reached, and how that is known to be best.

    Args:
        key, value: the tier's name and number, to compare two runs by.
        average: what `reached` rounds; None where it is exact.
    """

    key: str
    value: int
    rank: int
    name: str
    unit: str
    reached: str
    proof: str
    is_proven: bool
    average: float | None = None


def goals_of(run: MatchingRun, busy_helpers: int) -> list[Goal]:
    """The tiers of a run that have something to say, most important first."""
    levels = {level for scheme in run.schemes for level in scheme.target_levels}
    shown = [tier for tier in run.tiers if _is_shown(tier, levels)]
    return [_goal(rank, tier, run, busy_helpers) for rank, tier in enumerate(shown, start=1)]


def _is_shown(tier: dict[str, Any], levels: set[int]) -> bool:
    kind, *rest = tier["name"].split(".")
    if kind == "coverage":
        return bool(rest) and (int(rest[0]) in levels or tier["value"] > 0) and (len(rest) == 1 or tier["value"] > 0)
    return True


def _goal(rank: int, tier: dict[str, Any], run: MatchingRun, busy_helpers: int) -> Goal:
    kind, *rest = tier["name"].split(".")
    name, unit, reached = _words(kind, rest, tier, run, busy_helpers)
    is_proven = tier["bound"] is not None and tier["bound"] == tier["value"]
    proof = _proof(kind, tier, run, rank, is_proven=is_proven)
    average = _average(tier["value"], run) if kind in _AVERAGED else None
    return Goal(tier["name"], tier["value"], rank, name, unit, reached, proof, is_proven, average)


def _words(
    kind: str, rest: list[str], tier: dict[str, Any], run: MatchingRun, busy_helpers: int
) -> tuple[str, str, str]:
    value = tier["value"]
    if kind == "coverage":
        words = LEVEL_WORDS[int(rest[0])]
        name = _("先照顾%(level)s儿童") if len(rest) == 1 else _("再添%(level)s儿童的第二个人")
        return name % {"level": words}, _("配上的名额"), f"{value:,}"
    if kind in _AVERAGED:
        rules = [rule for scheme in run.schemes for rule in scheme.slot_rules.all()]
        return _("配得合适"), _("平均分，%(full)s") % {"full": full_marks(rules)}, f"{_average(value, run):.1f}"
    if kind == "load_squares":
        return _("负担平均"), _load_unit(run), f"{busy_helpers:,}"
    return _("少变动"), _("保持不变的名额"), f"{value:,}"


def _load_unit(run: MatchingRun) -> str:
    """What the number counts, and the one who carries most: even loads in sum may still be hard on one."""
    largest = run.counts.get("largest_load")
    unit = _("带两名以上的人数")
    return unit if largest is None else _("%(unit)s；最多的一位带 %(n)s 名") % {"unit": unit, "n": largest}


def _average(value: float, run: MatchingRun) -> float:
    """Points of all pairs as an average out of a hundred."""
    band = max(1, run.fit_band)
    return value * band / 10 / max(1, run.counts.get("filled", 0))


def _proof(kind: str, tier: dict[str, Any], run: MatchingRun, rank: int, *, is_proven: bool) -> str:
    if is_proven:
        return _("不可能更多") if rank == 1 else _("在前面的目标之下最好")
    if tier["bound"] is None:
        return _("时间到了，还没证明")
    distance = abs(tier["bound"] - tier["value"])
    if kind in _AVERAGED:
        return _("平均最多还能好 %(x)s 分") % {"x": f"{_average(distance, run):.1f}"}
    return _("最多还能好 %(n)s") % {"n": f"{distance:,}"}


def proof_of(run: MatchingRun) -> dict[str, Any]:
    """The one sentence about how good the result is, and the numbers of the details box."""
    is_best = run.solver_status == "OPTIMAL"
    says = (
        _("已证明：按现在的人手和规则，没有更好的配法。")
        if is_best
        else _("时间到，已存下当时最好的结果；还没证明是最好。")
    )
    parts = sum(run.proofs.values()) if run.proofs else 0
    return {
        "is_best": is_best,
        "says": says,
        "checked": _("另一套程序独立核对过，规则全部守住。"),
        "parts": parts,
        "arcs": run.counts.get("arcs", 0),
        "fingerprint": f"{run.input_hash[:4]}…{run.input_hash[-4:]}" if run.input_hash else "",
    }


def steps_of(run: MatchingRun) -> list[tuple[str, str, str]]:
    """(state, words, more) of the steps of a run under way; state is ok, now or wait."""
    has_read = bool(run.counts)
    done, total = run.progress.get("done"), run.progress.get("total")
    parts = _("%(total)s 片，已完成 %(done)s 片") % {"total": total, "done": done} if total else ""
    arcs = _("%(n)s 种可能的配法") % {"n": f"{run.counts.get('arcs', 0):,}"} if has_read else ""
    is_solving = run.state == "SOLVING"
    is_counted = bool(total) and done == total
    return [
        ("ok" if has_read else "now" if is_solving else "wait", _("读取名单，核对规则"), arcs),
        ("ok" if is_counted else "now" if has_read else "wait", _("按学校和乡镇分开算"), parts),
        ("now" if is_counted else "wait", _("另外核对一遍，存成方案"), ""),
    ]
