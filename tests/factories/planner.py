"""The planner of event days, asked each question once: most tests need a day that is planned, not the planning of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from activities.services import event_solves
from backend.kernel import child

# The plan is what a test needs; how long a busy machine takes to start the program and to prove it is not its matter.
_PATIENCE = 6
_answers: dict[tuple[str, ...], tuple[child.Outcome, str, list[str]]] = {}


def asked_once():
    """
    While it is open, the program answers a question from memory where this process has asked it before.

    Whoever asks cannot tell: the plan is read and judged again, and the lines of its progress are said again.
    """
    return patch.object(event_solves, "child", SimpleNamespace(run=_run))


def _run(command, *, on_line, seconds, **limits):
    question, plan_file = _question(command), Path(command[command.index("--out") + 1])
    if question in _answers:
        return _said_again(_answers[question], plan_file, on_line)
    lines: list[str] = []
    outcome = child.run(
        _patient(command),
        on_line=lambda line: (lines.append(line), on_line(line)),
        seconds=seconds * _PATIENCE,
        **limits,
    )
    if outcome.exit_code == 0 and not outcome.stopped:
        _answers[question] = outcome, plan_file.read_text(encoding="utf-8"), lines
    return outcome


def _patient(command):
    place = command.index("--seconds") + 1
    return [*command[:place], str(float(command[place]) * _PATIENCE), *command[place + 1 :]]


def _question(command):
    """What the program reads: its options, and what stands in the files named among them."""
    return tuple(_content(Path(word)) if word.endswith(".json") else word for word in command)


def _content(file):
    return file.read_text(encoding="utf-8") if file.exists() else file.name


def _said_again(answer, plan_file, on_line):
    outcome, plan, lines = answer
    plan_file.write_text(plan, encoding="utf-8")
    for line in lines:
        on_line(line)
    return outcome
