"""What planning a day answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from activities.core.day.plan_files import plan_as_json
from backend.kernel.solving import SolveStatus

if TYPE_CHECKING:
    from activities.core.day.changes import Change
    from activities.core.day.goals import GoalValue
    from activities.core.day.plans import DayPlan
    from activities.core.day.relaxations import Relaxation
    from activities.core.day.sentences import Violation

MODEL_VERSION = "day-2"


class FaultyPlan(RuntimeError):
    """The solver's answer breaks a rule; a bug, and nothing is saved. `violations` says which."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__("; ".join(f"{one.rule} {one.keys}" for one in violations[:5]))
        self.violations = violations


@dataclass(frozen=True, slots=True)
class DayResult:
    """
    The answer to one day.

    Args:
        status: OPTIMAL with every goal proven; FEASIBLE; INFEASIBLE with `relaxations`; INVALID with `conflicts`, the
            keys of a circle; TIMED_OUT without a plan.
        goals: in order of importance, each with value and bound.
        relaxations: the cheapest set of rules to give up; `is_least` when it is proven that none is cheaper.
        changes: what a re-plan changed in its base.
        stopped_by: "time" or "size" for TIMED_OUT, else empty.
    """

    status: SolveStatus
    plan: DayPlan | None = None
    goals: tuple[GoalValue, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    is_least: bool = False
    conflicts: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    stopped_by: str = ""
    seconds: float = 0.0
    seed: int = 0
    workers: int = 1

    def goal(self, name: str) -> GoalValue:
        """One goal by name."""
        return next(goal for goal in self.goals if goal.name == name)

    def after(self, seconds: float, seed: int, workers: int) -> DayResult:
        """The same answer with what it cost."""
        return replace(self, seconds=seconds, seed=seed, workers=workers)

    def as_json(self) -> dict[str, Any]:
        """The answer's line, without the plan."""
        line: dict[str, Any] = {
            "status": str(self.status),
            "goals": [goal.as_json() for goal in self.goals],
            "seconds": round(self.seconds, 3),
            "seed": self.seed,
            "workers": self.workers,
            "model": MODEL_VERSION,
        }
        if self.status is SolveStatus.INFEASIBLE:
            line |= {"relax": [one.as_json() for one in self.relaxations], "relax_proven": self.is_least}
        if self.conflicts:
            line["conflicts"] = list(self.conflicts)
        if self.changes:
            line["changes"] = [one.as_json() for one in self.changes]
        if self.stopped_by:
            line["stopped_by"] = self.stopped_by
        return line

    def plan_file(self) -> dict[str, Any]:
        """What PLAN.json holds."""
        plan = plan_as_json(self.plan) if self.plan else {}
        kept = {name: value for name, value in self.as_json().items() if name in _KEPT}
        return kept | plan


_KEPT = ("status", "goals", "seconds", "seed", "workers", "model")
