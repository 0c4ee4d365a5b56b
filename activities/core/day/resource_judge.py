"""The judge of schedules with resources: every rule again, without the solver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activities.core.day.judge_places import peak_of
from activities.core.day.rules import Level
from activities.core.day.sentences import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from activities.core.day.resources import ResourceProblem


def check_starts(problem: ResourceProblem, starts: Mapping[str, int]) -> tuple[Violation, ...]:
    """Every rule a schedule breaks: `known`, `complete`, `horizon`, `after` or `capacity`; none can be given up."""
    return (*_shape(problem, starts), *_times(problem, starts), *_use(problem, starts))


def _said(rule: str, keys: tuple[str, ...], sentence: str, sentence_en: str) -> Violation:
    return Violation(rule, Level.FORBID, keys, sentence, sentence_en)


def _shape(problem: ResourceProblem, starts: Mapping[str, int]) -> Iterator[Violation]:
    keys = {task.key for task in problem.tasks}
    for key in starts:
        if key not in keys:
            yield _said("known", (key,), f"“{key}”不在任务里。", f"{key} is no segment.")
    for key in sorted(keys - set(starts)):
        yield _said("complete", (key,), f"“{key}”没有开始时间。", f"{key} has no start.")


def _times(problem: ResourceProblem, starts: Mapping[str, int]) -> Iterator[Violation]:
    ends = {task.key: starts[task.key] + task.minutes for task in problem.tasks if task.key in starts}
    for task in problem.tasks:
        if task.key not in ends:
            continue
        start, end = starts[task.key], ends[task.key]
        if start < 0 or end > problem.horizon:
            words = f"“{task.key}”从{start}到{end}，超出0到{problem.horizon}。"
            yield _said("horizon", (task.key,), words, f"{task.key} leaves 0 to {problem.horizon}.")
        for key in task.after:
            if key in ends and start < ends[key]:
                words = f"“{task.key}”{start}开始，“{key}”{ends[key]}才结束。"
                yield _said("after", (task.key, key), words, f"{task.key} begins before {key} has ended.")


def _use(problem: ResourceProblem, starts: Mapping[str, int]) -> Iterator[Violation]:
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
            yield _said("capacity", (name, *keys), words, f"{count} of {name} at {moment}, {most} there.")
