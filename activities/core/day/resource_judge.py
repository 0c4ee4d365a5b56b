"""The judge of schedules with resources: every rule again, without the solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.core.day.judge_places import peak_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from activities.core.day.resources import ResourceProblem


@dataclass(frozen=True, slots=True)
class ResourceViolation:
    """A broken rule: `known`, `complete`, `horizon`, `after` or `capacity`."""

    rule: str
    keys: tuple[str, ...]
    sentence: str
    sentence_en: str

    def as_json(self) -> dict[str, str | list[str]]:
        """As the program prints it."""
        return {
            "rule": self.rule,
            "level": "forbid",
            "keys": list(self.keys),
            "sentence": self.sentence,
            "sentence_en": self.sentence_en,
        }


def check_starts(problem: ResourceProblem, starts: Mapping[str, int]) -> tuple[ResourceViolation, ...]:
    """Every rule a schedule breaks."""
    return (*_shape(problem, starts), *_times(problem, starts), *_use(problem, starts))


def _shape(problem: ResourceProblem, starts: Mapping[str, int]) -> Iterator[ResourceViolation]:
    keys = {task.key for task in problem.tasks}
    for key in starts:
        if key not in keys:
            yield ResourceViolation("known", (key,), f"“{key}”不在任务里。", f"{key} is no segment.")
    for key in sorted(keys - set(starts)):
        yield ResourceViolation("complete", (key,), f"“{key}”没有开始时间。", f"{key} has no start.")


def _times(problem: ResourceProblem, starts: Mapping[str, int]) -> Iterator[ResourceViolation]:
    ends = {task.key: starts[task.key] + task.minutes for task in problem.tasks if task.key in starts}
    for task in problem.tasks:
        if task.key not in ends:
            continue
        start, end = starts[task.key], ends[task.key]
        if start < 0 or end > problem.horizon:
            words = f"“{task.key}”从{start}到{end}，超出0到{problem.horizon}。"
            yield ResourceViolation("horizon", (task.key,), words, f"{task.key} leaves 0 to {problem.horizon}.")
        for key in task.after:
            if key in ends and start < ends[key]:
                words = f"“{task.key}”{start}开始，“{key}”{ends[key]}才结束。"
                yield ResourceViolation("after", (task.key, key), words, f"{task.key} begins before {key} has ended.")


def _use(problem: ResourceProblem, starts: Mapping[str, int]) -> Iterator[ResourceViolation]:
    for name, most in problem.resources.items():
        uses = [
            (starts[task.key], starts[task.key] + task.minutes, task.needs[name], task.key)
            for task in problem.tasks
            if task.key in starts and name in task.needs
        ]
        peak = peak_of(uses, most)
        if peak is not None:
            count, moment, keys = peak
            words = f"“{name}”在{moment}要用{count}，只有{most}。"
            yield ResourceViolation("capacity", (name, *keys), words, f"{count} of {name} at {moment}, {most} there.")
