"""`python -m matching.core solve PROBLEM.npz --out RESULT.npz`: a file in, a file and one line of JSON out."""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.kernel.program import EXIT, EXIT_FAULTY, check_place, leave, refuse, say, write_whole
from backend.kernel.solving import SolveLimits, SolveStatus
from matching.core.explain import explain
from matching.core.memory import estimate_mb
from matching.core.parts import Layout
from matching.core.problem import FIT_MAX, MalformedProblem, load_problem, sizes_in_file
from matching.core.result import VERIFIED, save_result
from matching.core.solve import solve
from matching.core.verify import verify

if TYPE_CHECKING:
    from matching.core.result import MatchingResult

SECONDS_BETWEEN_REPORTS = 0.2


def main(arguments: list[str] | None = None) -> int:
    """Run the program; gives its exit code: 0 solved, 2 malformed, 3 invalid locks, 4 nothing in time, 70 faulty."""
    options = _parser().parse_args(arguments)
    try:
        check_place(options.out)
        check_place(options.explain)
        _refuse_overwriting(options)
        limits = SolveLimits(options.seconds, options.memory_mb, options.workers, options.seed)
        if not 1 <= options.fit_band <= FIT_MAX:
            return refuse(f"--fit-band must be 1 to {FIT_MAX}")
        if options.when_told and not sys.stdin.readline():
            return refuse("stdin ended before a line said that the problem file is there")
        return _solve(options, limits)
    except (MalformedProblem, ValueError) as error:
        return refuse(str(error))


def _refuse_overwriting(options: argparse.Namespace) -> None:
    """Raises ValueError where two of the files named are one: the problem would be lost, or one of the answers."""
    named = [("PROBLEM", options.problem), ("--out", options.out), ("--explain", options.explain)]
    seen: dict[Path, str] = {}
    for name, path in named:
        if path is not None and seen.setdefault(path.resolve(), name) != name:
            raise ValueError(f"{name} must be another file than {seen[path.resolve()]}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m matching.core", description="Pair slots with helpers, proven.")
    command = parser.add_subparsers(dest="command", required=True).add_parser("solve", help="solve one problem file")
    command.add_argument("problem", type=Path, help="npz file with the problem's arrays")
    command.add_argument("--out", type=Path, required=True, help="npz file to write slot_helper to")
    command.add_argument(
        "--mode", choices=("term", "repair"), default="term", help="repair: keeping goes before fit (%(default)s)"
    )
    command.add_argument("--explain", type=Path, help="JSON file to write shortages and alternatives to")
    command.add_argument("--seed", type=int, default=0, help="decides the lottery among equals (%(default)s)")
    command.add_argument("--fit-band", type=int, default=1, help="points per step of fit (%(default)s)")
    command.add_argument("--seconds", type=float, default=60.0, help="wall clock (%(default)s)")
    command.add_argument("--memory-mb", type=int, default=1024, help="mebibytes the solve may plan for (%(default)s)")
    command.add_argument("--workers", type=int, default=1, help="threads (%(default)s)")
    command.add_argument("--when-told", action="store_true", help="read the problem once a line comes in on stdin")
    command.add_argument("--progress", action="store_true", help="report progress on stderr, one JSON line each")
    return parser


def _solve(options: argparse.Namespace, limits: SolveLimits) -> int:
    begun = time.monotonic()
    need_mb = estimate_mb(sizes_in_file(options.problem))
    if need_mb > limits.memory_mb:
        refusal = {"status": "TIMED_OUT", "stopped_by": "memory", "tiers": []}
        say(refusal | {"need_mb": need_mb, "memory_mb": limits.memory_mb})
        return EXIT[SolveStatus.TIMED_OUT]
    problem = load_problem(options.problem)
    read = time.monotonic() - begun
    report = _Reporter() if options.progress else None
    layout = Layout(problem)
    result = solve(problem, limits, mode=options.mode, fit_band=options.fit_band, on_progress=report, layout=layout)
    if EXIT[result.status]:
        say(_line(result, read, 0.0, begun))
        return EXIT[result.status]
    with ThreadPoolExecutor(1) as aside:
        # Nothing of the explanation is written before the answer is verified, but it need not wait to be thought of.
        why = aside.submit(explain, problem, result, layout=layout) if options.explain is not None else None
        since = time.monotonic()
        faults = verify(problem, result, limits.workers)
        verified = time.monotonic() - since
        if faults:
            say({"status": "FAULTY", "faults": [str(fault) for fault in faults[:20]]})
            return EXIT_FAULTY
        save_result(result, options.out)
        if report is not None:
            report.say_verified()
        if why is not None:
            write_whole(options.explain, json.dumps(why.result(), separators=(",", ":")))
    say(_line(result, read, verified, begun))
    return EXIT[result.status]


def _line(result: MatchingResult, read: float, verified: float, begun: float) -> dict[str, Any]:
    """Give the answer's line, the times gathered under the names a reader expects."""
    spent = result.seconds
    solving = sum(spent.get(phase, 0.0) for phase in ("solve", "lottery", "prove"))
    seconds = {
        "read": read,
        "build": spent.get("build", 0.0),
        "solve": solving,
        "lottery": spent.get("lottery", 0.0),
        "prove": spent.get("prove", 0.0),
        "verify": verified,
        "total": time.monotonic() - begun,
    }
    return result.as_json() | {"seconds": {phase: round(value, 6) for phase, value in seconds.items()}}


class _Reporter:
    """Writes a line of progress now and then."""

    def __init__(self) -> None:
        self.latest = 0.0
        self.total = 0

    def __call__(self, done: int, total: int, stage: str) -> None:
        now = time.monotonic()
        self.total = total
        if done == total or now - self.latest >= SECONDS_BETWEEN_REPORTS:
            self.latest = now
            _tell(done, total, stage)

    def say_verified(self) -> None:
        """Say that the result file is there, for a reader who need not wait for the explanation."""
        _tell(self.total, self.total, VERIFIED)


def _tell(done: int, total: int, stage: str) -> None:
    sys.stderr.write(json.dumps({"done": done, "total": total, "stage": stage}) + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    # SIGTERM keeps its plain meaning: the process ends at once, and no file has been half written.
    leave(main())
