"""
`python -m activities.core plan DAY.json --out PLAN.json`, and `check DAY.json PLAN.json`: one line of JSON on stdout.

Both read whole days and the smallest form (segments, resources, a horizon); neither needs Django.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activities.core.day.errors import MalformedDay
from activities.core.day.fields import load
from activities.core.day.judge import check
from activities.core.day.plan_files import read_plan
from activities.core.day.planner import plan
from activities.core.day.reading import read_day
from activities.core.day.replanner import replan
from activities.core.day.resource_judge import check_starts
from activities.core.day.resource_planner import plan_resources
from activities.core.day.resources import is_smallest_form, read_resources, read_starts
from activities.core.day.result import FaultyPlan
from activities.core.day.rules import Level
from backend.kernel.program import EXIT, EXIT_FAULTY, check_place, refuse, say, write_whole
from backend.kernel.solving import SolveLimits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activities.core.day.problem import DayProblem

EXIT_VIOLATED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the program and give its exit code.

    0 planned, or nothing against the plan; 1 the judge found violations; 2 malformed; 3 a contradiction no horizon
    solves; 4 nothing in time; 5 proven that there is no plan.
    """
    options = _parser().parse_args(arguments)
    try:
        return _check(options) if options.command == "check" else _plan(options)
    except (MalformedDay, ValueError) as error:
        return refuse(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m activities.core", description="Plan an event day, proven.")
    commands = parser.add_subparsers(dest="command", required=True)
    planning = commands.add_parser("plan", help="plan one day")
    planning.add_argument("day", type=Path, help="JSON file with the day, or with the smallest form")
    planning.add_argument("--out", type=Path, required=True, help="JSON file to write the plan to")
    planning.add_argument("--base", type=Path, help="a plan to change as little as possible")
    planning.add_argument(
        "--keep-order", action="store_true", help="with --base: keep the order of its segments before anything else"
    )
    planning.add_argument("--seconds", type=float, default=60.0, help="wall clock (%(default)s)")
    planning.add_argument("--seed", type=int, default=0, help="decides among equals (%(default)s)")
    planning.add_argument(
        "--workers", type=int, default=2, help="threads; 1 gives the same plan every time (%(default)s)"
    )
    planning.add_argument("--progress", action="store_true", help="name each goal on stderr when its turn comes")
    judging = commands.add_parser("check", help="judge any plan")
    judging.add_argument("day", type=Path)
    judging.add_argument("plan", type=Path)
    return parser


def _plan(options: argparse.Namespace) -> int:
    check_place(options.out)
    _refuse_overwriting(options)
    limits = SolveLimits(options.seconds, workers=options.workers, seed=options.seed)
    node = load(options.day)
    try:
        if is_smallest_form(node):
            _refuse_base(options)
            return _plan_resources(node, options.out, limits)
        return _plan_day(read_day(node), options, limits)
    except FaultyPlan as faulty:
        say({"status": "FAULTY", "violations": [one.as_json() for one in faulty.violations[:20]]})
        return EXIT_FAULTY


def _refuse_overwriting(options: argparse.Namespace) -> None:
    """The day and the plan it began from are somebody's work."""
    for read in (options.day, options.base):
        if read is not None and options.out.exists() and read.exists() and options.out.samefile(read):
            raise ValueError(f"--out {options.out} is the file that is read; name another, it would be overwritten")


def _refuse_base(options: argparse.Namespace) -> None:
    if options.base is not None:
        raise ValueError("--base is for whole days; leave it out with the smallest form")


def _plan_day(day: DayProblem, options: argparse.Namespace, limits: SolveLimits) -> int:
    on_stage = _name_stage if options.progress else None
    if options.base:
        result = replan(day, read_plan(options.base), limits, keeps_order=options.keep_order)
    else:
        result = plan(day, limits, on_stage)
    if result.plan is not None:
        _write(options.out, {"day": day.key} | result.plan_file())
    say(result.as_json())
    return EXIT[result.status]


def _name_stage(stage: str) -> None:
    sys.stderr.write(stage + "\n")
    sys.stderr.flush()


def _plan_resources(node: dict[str, Any], out: Path, limits: SolveLimits) -> int:
    result = plan_resources(read_resources(node), limits)
    line = result.as_json()
    if result.finish is not None:
        _write(out, line)
    say(line)
    return EXIT[result.status]


def _check(options: argparse.Namespace) -> int:
    node = load(options.day)
    if is_smallest_form(node):
        found = [one.as_json() for one in check_starts(read_resources(node), read_starts(options.plan))]
        remarks: list[dict[str, Any]] = []
    else:
        judged = check(read_day(node), read_plan(options.plan))
        found = [one.as_json() for one in judged if one.level is not Level.WARN]
        remarks = [one.as_json() for one in judged if one.level is Level.WARN]
    say({"valid": not found, "violations": found, "remarks": remarks})
    return EXIT_VIOLATED if found else 0


def _write(path: Path, content: dict[str, Any]) -> None:
    write_whole(path, json.dumps(content, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    sys.exit(main())
