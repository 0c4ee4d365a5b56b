"""
Measure the matcher beside its peers in one run and print the tables; with --write they go to docs/matching-figures.md,
the first also to the README.

    python -m benchmarks.matching                    the county, joint county, repair and the hand-written peers
    python -m benchmarks.matching --peers            also matching, networkx, PuLP and CP-SAT (group `peers`; minutes)
    python -m benchmarks.matching --large            also the prefecture and the province (4 GB, minutes)
    python -m benchmarks.matching --write            also write the tables down
"""

from __future__ import annotations

import argparse
import multiprocessing as mp
import resource
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from backend.kernel.solving import SolveLimits
from benchmarks.machine import described
from benchmarks.matching import peers
from benchmarks.matching.instances import county, joint_county, with_girls, with_kept, without_arcs_of, without_helpers
from matching.core.build import PAIRS_AT_ONCE  # noqa: F401 - imports what a run imports, outside the clock
from matching.core.explain import explain
from matching.core.ground import lay_ground
from matching.core.parts import split
from matching.core.solve import solve
from matching.core.tiers import load_squares, shares
from matching.core.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from matching.core.problem import MatchingProblem
    from matching.core.result import MatchingResult

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "docs" / "matching-figures.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- figures of the matcher -->\n", "<!-- end of figures -->"
PEER_SECONDS = 240.0
FEW_ARCS = 2_000_000
TENTH = 457
LIMITS = SolveLimits(seconds=600, memory_mb=6144, workers=1)


def main() -> None:
    """Run what was asked for, print the tables, and write them where that was asked for too."""
    options = parser().parse_args()
    lines = ["# Figures of the matcher", "", f"Written by `python -m benchmarks.matching` on {described()}."]
    lines += [f"numpy {np.__version__}. The load is what else the machine had to do when it began.", ""]
    lines += _county(options.repeat, has_peers=options.peers) + _sizes(options.repeat, is_large=options.large)
    lines += _repair() + _after_departures(has_peers=options.peers)
    if options.write:
        OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
        write_readme(lines)
    print("\n".join(lines))


def parser() -> argparse.ArgumentParser:
    """Describe what may be asked for."""
    asked = argparse.ArgumentParser(
        prog="python -m benchmarks.matching", description="Measure the matcher, one machine."
    )
    asked.add_argument(
        "--peers",
        action="store_true",
        help="also matching, networkx, PuLP and CP-SAT (dependency group peers; minutes)",
    )
    asked.add_argument("--large", action="store_true", help="also the prefecture and the province (4 GB; minutes)")
    asked.add_argument("--repeat", type=int, default=7, help="runs the median is taken of (%(default)s)")
    asked.add_argument("--write", action="store_true", help="write docs/matching-figures.md and the table in README.md")
    return asked


def write_readme(lines: list[str]) -> None:
    """Put the first table, with how it came about, between the marks in the README."""
    begin = next(at for at, line in enumerate(lines) if line.startswith("| "))
    end = next(at for at in range(begin, len(lines)) if not lines[at])
    title = next(line for line in reversed(lines[:begin]) if line.startswith("## ")).removeprefix("## ")
    figures = [f"{title}. {' '.join(line for line in lines[1:4] if line)}", "", *lines[begin:end], ""]
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(before + BEGIN + "\n".join(figures) + END + after, encoding="utf-8")


def best_of(repeat: int, work: Callable[[], object]) -> float:
    """Give the median of the seconds taken; the first run warms up and does not count."""
    work()
    spent = []
    for _ in range(repeat):
        since = time.perf_counter()
        work()
        spent.append(time.perf_counter() - since)
    return statistics.median(spent)


def _county(repeat: int, *, has_peers: bool) -> list[str]:
    problem = county()
    rows, answers = [], {}
    mine = best_of(repeat, lambda: solve(problem, LIMITS, has_lottery=False, has_proof=False))
    ways = {
        "Qianshou, arrays in, assignment out": mine,
        "Qianshou, with proof": best_of(repeat, lambda: solve(problem, LIMITS, has_lottery=False)),
        "Qianshou, with proof and lottery": best_of(repeat, lambda: solve(problem, LIMITS)),
    }
    result = solve(problem, LIMITS)
    ways["verify (rules, tiers, proofs)"] = best_of(repeat, lambda: verify(problem, result))
    for name, peer in (
        ("scipy per component, by hand", peers.scipy_by_hand),
        ("OR-tools per component, by hand", peers.ortools_by_hand),
    ):
        ways[name] = best_of(repeat, lambda peer=peer: peer(problem))
        answers[name] = peer(problem)
    answers["Qianshou"] = result.slot_helper
    others = {"greedy by fit": peers.greedy_by_fit}
    if has_peers:
        others |= {
            "matching (deferred acceptance)": peers.deferred_acceptance,
            "CP-SAT by hand, 60 s": peers.cp_sat_by_hand,
            "PuLP + CBC": peers.pulp_cbc,
            "networkx": peers.networkx_flow,
        }
    for name, peer in others.items():
        answer, seconds = within(PEER_SECONDS, peer, problem)
        if seconds is None:
            print(f"{name}: left out, {answer}")
            continue
        ways[name] = seconds
        if isinstance(answer, np.ndarray):
            answers[name] = answer
        print(f"{name}: {seconds:.2f} s", flush=True)
    rows = [_way(name, seconds, mine) for name, seconds in ways.items()]
    head = [
        f"## County, two-to-one, single slots ({problem.slots} slots, {problem.helpers} helpers, {problem.arcs} pairs)",
        "",
    ]
    quality = ["", "| way | slots filled | fit | load squares | largest load |", "| --- | ---: | ---: | ---: | ---: |"]
    quality += [f"| {name} | {_quality(problem, answer)} |" for name, answer in answers.items()]
    return [*head, "| way | seconds | ratio |", "| --- | ---: | ---: |", *rows, *quality, ""]


def _way(name: str, seconds: float, mine: float) -> str:
    more = "more than " if seconds >= PEER_SECONDS else ""
    return f"| {name} | {more}{seconds:.3f} | {more}{seconds / mine:.2f} |"


def within(
    seconds: float, peer: Callable[[MatchingProblem], np.ndarray], problem: MatchingProblem
) -> tuple[object, float | None]:
    """Run a peer in a process of its own; give (answer, seconds), or (why not, None) when it cannot be run."""
    mine, theirs = mp.get_context("fork").Pipe()
    process = mp.get_context("fork").Process(target=_answer, args=(theirs, peer, problem))
    process.start()
    if mine.poll(seconds):
        answer, spent = mine.recv()
    else:
        answer, spent = "time ran out", seconds
    process.kill()
    process.join()
    return answer, spent


def _answer(pipe: Connection, peer: Callable[[MatchingProblem], np.ndarray], problem: MatchingProblem) -> None:
    since = time.perf_counter()
    try:
        answer = peer(problem)
    except Exception as error:  # noqa: BLE001 - whatever a peer stumbles over is what the table says of it
        pipe.send((repr(error), None))
    else:
        pipe.send((answer, time.perf_counter() - since))


def _quality(problem: MatchingProblem, slot_helper: np.ndarray) -> str:
    used = np.flatnonzero(slot_helper[problem.arc_slot] == problem.arc_helper)
    load = np.bincount(problem.arc_helper[used], minlength=problem.helpers)
    squares = load_squares(load, shares(problem))
    return f"{len(used)} | {int(problem.arc_fit[used].sum())} | {squares} | {load.max()}"


def _sizes(repeat: int, *, is_large: bool) -> list[str]:
    cases: dict[str, tuple[Callable[[], MatchingProblem], int, int]] = {
        "county, single": (county, repeat, 1),
        "county, all or nothing": (lambda: county(is_bundled=True), repeat, 1),
        "county, all or nothing, four levels": (lambda: county(is_bundled=True, levels=True), repeat, 1),
        "county, all or nothing, one component": (lambda: county(is_bundled=True, has_neighbours=True), 3, 1),
        "the same, four levels": (lambda: county(is_bundled=True, has_neighbours=True, levels=True), 3, 1),
        "all or nothing, a woman for every girl": (lambda: with_girls(county(is_bundled=True)), 3, 1),
        "the same, 30 % women": (lambda: with_girls(county(is_bundled=True), women=0.3), 3, 1),
        "single, a woman for every girl, 30 % women": (lambda: with_girls(county(), women=0.3), 3, 1),
        "joint county": (joint_county, 3, 1),
    }
    if is_large:
        cases["prefecture, single"] = (lambda: county(children=60_000), 1, 1)
        cases["prefecture, single, 2 workers"] = (lambda: county(children=60_000), 1, 2)
        cases["province, single, 2 workers"] = (lambda: county(children=500_000), 1, 2)
    names = (
        "| case | slots | pairs | solve | prove | lottery | all | verify | certify | certify and alternatives "
        "| all, verified and certified | components | proofs | peak MB |"
    )
    rows = ["## Sizes, every tier proven", "", names, "| --- " + "| ---: " * 13 + "|"]
    for name, (make, times, workers) in cases.items():
        rows.append(_size(name, make(), times, workers))
        print(rows[-1], flush=True)
    return [*rows, ""]


def _timed(work: Callable[[], object]) -> float:
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


def _size(name: str, problem: MatchingProblem, times: int, workers: int) -> str:
    limits = SolveLimits(seconds=600, memory_mb=6144, workers=workers)
    results: list[MatchingResult] = [solve(problem, limits) for _ in range(times)]
    result = sorted(results, key=lambda one: one.seconds["total"])[len(results) // 2]
    faults: list[object] = []
    verified = _timed(lambda: faults.extend(verify(problem, result, workers)))
    certified = _timed(lambda: explain(problem, result, has_alternatives=False))
    explained = _timed(lambda: explain(problem, result)) if problem.arcs < FEW_ARCS else None
    spent, proofs = result.seconds, result.proofs
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    status = str(result.status) if not faults else f"FAULTS {faults}"
    return (
        f"| {name} ({status}) | {problem.slots} | {problem.arcs} | {spent['solve']:.3f} | {spent.get('prove', 0):.3f} "
        f"| {spent.get('lottery', 0):.3f} | {spent['total']:.3f} | {verified:.3f} | {certified:.3f} "
        f"| {'-' if explained is None else f'{explained:.3f}'} | {spent['total'] + verified + certified:.3f} "
        f"| {result.components} | {proofs['duals']} / {proofs['bound']} / {proofs['search']} | {peak} |"
    )


def _repair() -> list[str]:
    """Take helpers away and repair what they held, all components and only those touched."""
    problem = county()
    before = solve(problem, LIMITS)
    standing = with_kept(problem, before.slot_helper)
    rng = np.random.default_rng(7)
    busy = np.unique(before.slot_helper[before.slot_helper >= 0])
    rows = [
        "## Repair after departures, county",
        "",
        "| leave | slots held | changes | solve touched, ms | solve all, ms | others moved |",
    ]
    rows += ["| ---: | ---: | ---: | ---: | ---: | ---: |"]
    for share in (1, len(busy) // 200, len(busy) // 50, len(busy) // 10):
        gone = rng.permutation(busy)[:share]
        shocked = without_helpers(standing, gone)
        held = np.isin(before.slot_helper, gone)
        since = time.perf_counter()
        part, slots = touched(shocked, held)
        answer = solve(part, LIMITS, mode="repair")
        local = time.perf_counter() - since
        since = time.perf_counter()
        whole = solve(shocked, LIMITS, mode="repair")
        everything = time.perf_counter() - since
        after = before.slot_helper.copy()
        after[slots] = answer.slot_helper
        free = (after != before.slot_helper) & ~held
        others = (whole.slot_helper != before.slot_helper) & ~np.isin(np.arange(problem.slots), slots)
        times = f"{1000 * local:.0f} | {1000 * everything:.0f}"
        rows.append(f"| {share} | {held.sum()} | {free.sum() + held.sum()} | {times} | {others.sum()} |")
    return [*rows, ""]


def _after_departures(*, has_peers: bool) -> list[str]:
    """A tenth of a county, a helper in fifty gone: what each way makes of the pairs that stood."""
    whole = county(children=TENTH)
    before = solve(whole, LIMITS).slot_helper
    standing = with_kept(whole, before)
    gone = np.random.default_rng(7).permutation(np.unique(before[before >= 0]))[: whole.helpers // 50]
    problem = without_arcs_of(standing, gone)
    ways = {
        "Qianshou, keeping what stands": lambda p: solve(p, LIMITS, mode="repair").slot_helper,
        "Qianshou, as a new term": lambda p: solve(p, LIMITS).slot_helper,
        "scipy per component, by hand": peers.scipy_by_hand,
        "greedy by fit": peers.greedy_by_fit,
    }
    if has_peers:
        ways |= {
            "matching (deferred acceptance)": peers.deferred_acceptance,
            "CP-SAT by hand, 60 s": peers.cp_sat_by_hand,
        }
    stood = np.isin(before, gone, invert=True) & (before >= 0)
    names = (
        "| way | children with both | slots filled | fit | load squares | largest load | changed though they stood |"
    )
    rows = [f"## A helper in fifty gone, a tenth of a county ({problem.slots} slots, {problem.arcs} pairs)", "", names]
    rows += ["| --- " + "| ---: " * 6 + "|"]
    for name, way in ways.items():
        answer = way(problem)
        both = np.bincount(problem.slot_child, weights=answer >= 0) == np.bincount(problem.slot_child)
        changed = int((stood & (answer != before)).sum())
        rows.append(f"| {name} | {int(both.sum())} | {_quality(problem, answer)} | {changed} |")
    return [*rows, ""]


def touched(problem: MatchingProblem, held: np.ndarray) -> tuple[MatchingProblem, np.ndarray]:
    """Cut out the components of the slots that lost their helper; give the problem and its slots."""
    from dataclasses import replace

    parts = split(lay_ground(problem))
    shocked = np.unique(parts.slot[held & (parts.slot >= 0)])
    slots = np.flatnonzero(np.isin(parts.slot, shocked))
    arcs = np.flatnonzero(np.isin(parts.slot, shocked)[problem.arc_slot])
    number = np.zeros(problem.slots, np.int32)
    number[slots] = np.arange(len(slots))
    names = ("slot_child", "slot_level", "slot_scheme", "slot_bundle")
    return replace(
        problem,
        **{name: getattr(problem, name)[slots] for name in names},
        arc_slot=number[problem.arc_slot[arcs]],
        **{name: getattr(problem, name)[arcs] for name in ("arc_helper", "arc_fit", "arc_kept", "arc_locked")},
    ), slots


if __name__ == "__main__":
    main()
