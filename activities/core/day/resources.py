"""The smallest form of planning: segments that follow one another and share resources, done as early as possible."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from activities.core.day.errors import MalformedDay
from activities.core.day.fields import Fields, as_whole, load
from activities.core.graphs import circle_in, in_order
from backend.kernel.solving import SolveStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_HORIZON = 10**6
MOST_TASKS = 2000


@dataclass(frozen=True, slots=True)
class Task:
    """
    One segment.

    Args:
        minutes: >= 0; `after`: keys of those that must have ended; `needs`: resource -> how much of it meanwhile.
    """

    key: str
    minutes: int
    after: tuple[str, ...] = ()
    needs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResourceProblem:
    """
    Segments, a horizon in minutes, and resource -> how much of it there is.

    Raises:
        MalformedDay: a key twice, a key nobody has.
    """

    horizon: int
    resources: Mapping[str, int]
    tasks: tuple[Task, ...]

    def __post_init__(self) -> None:
        keys = [task.key for task in self.tasks]
        for index, task in enumerate(self.tasks):
            here = f"segments[{index}]"
            if task.key in keys[:index]:
                raise MalformedDay(f"{here}.key", f"{task.key!r} stands twice", "give each its own key")
            for key in task.after:
                if key not in keys:
                    raise MalformedDay(f"{here}.after", f"{key[:60]!r} is no segment", "name keys of other segments")
            for name in task.needs:
                if name not in self.resources:
                    raise MalformedDay(f"{here}.needs", f"{name[:60]!r} is no resource", "add it to the resources")

    @property
    def order(self) -> list[str]:
        """Keys, each after those it follows."""
        return in_order({task.key: task.after for task in self.tasks})


@dataclass(frozen=True, slots=True)
class ResourceResult:
    """
    The answer.

    Args:
        starts: key -> minutes from 0; `finish`: when the last segment ends.
        bound: no schedule ends earlier; for INFEASIBLE it is above the horizon.
        conflicts: for INVALID, keys that need more than there is, or that follow one another in a circle.
    """

    status: SolveStatus
    finish: int | None = None
    bound: int = 0
    starts: Mapping[str, int] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    seed: int = 0
    workers: int = 1

    def as_json(self) -> dict[str, Any]:
        """As the program prints and writes it."""
        line: dict[str, Any] = {
            "status": str(self.status),
            "finish": self.finish,
            "bound": self.bound,
            "starts": dict(self.starts),
            "seconds": round(self.seconds, 3),
        }
        if self.conflicts:
            line |= {"conflicts": list(self.conflicts), "reason": self.reason}
        return line


def is_smallest_form(node: dict[str, Any]) -> bool:
    """Whether a file is of this form and no whole day."""
    return "horizon" in node or "resources" in node


def read_resources(source: Path | dict[str, Any]) -> ResourceProblem:
    """
    Read a problem of the smallest form.

    Raises:
        MalformedDay: naming the place in the file.
    """
    node = Fields(source if isinstance(source, dict) else load(source), "", "horizon resources segments goal")
    if node.text("goal", "finish_early") != "finish_early":
        raise MalformedDay("goal", "is not known", "write finish_early")
    tasks = tuple(_task(entry, place) for entry, place in node.items("segments"))
    if len(tasks) > MOST_TASKS:
        raise MalformedDay("segments", f"has {len(tasks)} entries", f"plan at most {MOST_TASKS} together")
    return ResourceProblem(node.whole("horizon", 0, most=MOST_HORIZON), node.counts("resources", 0), tasks)


def _task(node: object, place: str) -> Task:
    one = Fields(node, place, "key minutes after needs")
    return Task(one.text("key"), one.whole("minutes", 0, most=MOST_HORIZON), one.texts("after"), one.counts("needs", 0))


def read_starts(source: Path | dict[str, Any]) -> dict[str, int]:
    """
    Starts of a schedule, ours or another's; what it says about itself is passed over.

    Raises:
        MalformedDay: naming the place in the file.
    """
    node = source if isinstance(source, dict) else load(source)
    fields = Fields({"starts": node.get("starts")}, "", "starts")
    if not fields.has("starts"):
        raise MalformedDay("starts", "is missing", "give each segment's key and start")
    return {key: as_whole(value, place, -MOST_HORIZON, MOST_HORIZON) for key, value, place in fields.pairs("starts")}


def refused(problem: ResourceProblem) -> ResourceResult | None:
    """A need above what there is, or a circle: no horizon would help."""
    large = tuple(
        task.key for task in problem.tasks if any(n > problem.resources[name] for name, n in task.needs.items())
    )
    if large:
        return ResourceResult(SolveStatus.INVALID, conflicts=large, reason="need over capacity")
    circle = circle_in({task.key: task.after for task in problem.tasks})
    if circle:
        return ResourceResult(SolveStatus.INVALID, conflicts=circle, reason="circle in after")
    return None
