"""Asking for a run, solving it in a process of its own, and turning what comes out into a proposal."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import Role
from backend.audit.services import record
from backend.jobs.models import Job
from backend.jobs.services import enqueue
from backend.kernel import child
from backend.kernel.errors import DomainError, InvalidMove, NotAllowed
from backend.kernel.sweeps import no_sweeps
from backend.outbox.services import publish
from matching.core.result import VERIFIED
from matching.events import RunFinished
from matching.models import LeftOut, MatchingRun
from matching.services.buddies import ensure_buddies
from matching.services.proposals import save_proposals
from matching.services.queueing import LONG, QUICK, memory_mb, queue_of_run
from matching.services.schemes import ensure_slots
from matching.translation import (
    Answer,
    Assigned,
    Snapshot,
    input_hash,
    read_answer,
    read_assigned,
    read_repair,
    take_snapshot,
    target_children,
    with_draft_kept,
    with_hand_locks,
    write_problem,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from backend.roster.access import Reader
    from backend.roster.models import Area
    from matching.core.problem import MatchingProblem
    from matching.models import Scheme, SlotRow
    from matching.services.queueing import SolveQueue

MOST_QUEUED = 10
# The child stops by itself at its limit; this much later it is stopped from outside.
GRACE_SECONDS = 5
# Libraries take addresses beside what a solve plans for.
_ADDRESSES_MB = 256
_PROGRESS_EVERY_S = 1.0


class QueueFull(DomainError):
    """Too many runs of one county wait already."""

    code = "run.queue_full"
    status = 429
    message = "%(waiting)s runs are waiting already; start this one when some are done."


@dataclass(frozen=True)
class RunOptions:
    """
    What a coordinator may choose; everything else is the service's.

    Args:
        mode: "term" or "repair"; "" leaves it to the leading scheme.
        seed: decides the lottery among equals.
        fit_band: 1, 25 or 50 points that count as equal; 0 leaves it to the leading scheme.
        seconds: wall clock for the solver, 1 .. 600.
    """

    mode: str = ""
    seed: int = 0
    fit_band: int = 0
    seconds: int = 120


class SchemeOff(DomainError):
    code = "run.scheme_off"
    message = "%(scheme)s is switched off; switch it on before matching with it."


class SolvedApart(DomainError):
    """A scheme that does not count towards a person's total shares nothing with one that does."""

    code = "run.solved_apart"
    status = 400
    message = "%(scheme)s does not count towards a helper's total; run it on its own."


class DifferentTerms(DomainError):
    code = "run.different_terms"
    status = 400
    message = "Schemes solved together belong to one county and one term, each named once."


def start_run(
    *,
    scheme: Scheme,
    area: Area,
    options: RunOptions,
    actor: Any,
    reader: Reader,
    now: datetime,
    joined: Sequence[Scheme] = (),
) -> MatchingRun:
    """
    Put a run in the queue.

    Args:
        joined: further schemes whose helpers are shared; all are solved as one problem.

    Raises:
        NotAllowed: only county coordinators run, inside their county.
        QueueFull: the county has eleven runs waiting or running.
        SchemeOff: a scheme that is not in use.
        SolvedApart, DifferentTerms: schemes that cannot be solved together.
    """
    reader.may(Role.COUNTY_COORDINATOR)
    _check_together([scheme, *joined])
    if not any(area.code.startswith(code) for code in reader.area_codes):
        raise NotAllowed
    with transaction.atomic():
        open_runs = MatchingRun.objects.filter(scheme__county=scheme.county, state__in=("QUEUED", "SOLVING"))
        waiting = open_runs.count()
        if waiting > MOST_QUEUED:
            raise QueueFull(waiting=waiting)
        run = MatchingRun.objects.create(
            scheme=scheme,
            area=area,
            mode=options.mode or scheme.tier_order,
            seed=options.seed,
            fit_band=options.fit_band or scheme.fit_band,
            seconds_limit=options.seconds,
            requested_by=actor,
            created_at=now,
        )
        queue = queue_of_run([scheme, *joined], area, seconds=options.seconds, now=now)
        _put_in(queue, run, now)
        run.joined.set(joined)
        record(actor=actor, verb="run.started", subject=run, after={"schemes": [scheme.key, *(o.key for o in joined)]})
    return MatchingRun.objects.get(pk=run.pk)


def _put_in(queue: SolveQueue, run: MatchingRun, now: datetime) -> None:
    job = enqueue("matching.tasks.solve_run", queue=queue, arguments={"run_id": run.pk}, now=now)
    MatchingRun.objects.filter(pk=run.pk).update(job_id=job.public_id)


def _check_together(schemes: Sequence[Scheme]) -> None:
    off = [one for one in schemes if not one.is_active]
    if off:
        raise SchemeOff(scheme=off[0].name)
    if len({(one.county_id, one.term_id) for one in schemes}) > 1 or len({one.pk for one in schemes}) < len(schemes):
        raise DifferentTerms
    alone = [one for one in schemes if not one.counts_towards_total]
    if alone and len(schemes) > 1:
        raise SolvedApart(scheme=alone[0].name)


def cancel_run(*, run: MatchingRun, actor: Any, now: datetime) -> None:
    """
    Stop a run: a queued one never starts, a solving one ends within five seconds and leaves nothing behind.

    Raises:
        InvalidMove: it has ended already.
    """
    with transaction.atomic():
        _end(run.pk, MatchingRun.State.CANCELLED, now=now)
        record(actor=actor, verb="run.cancelled", subject=run)


def _end(run_id: int, state: str, *, now: datetime, **columns: Any) -> None:
    """Move an open run to its end, once, and say so."""
    open_run = MatchingRun.objects.filter(pk=run_id, state__in=("QUEUED", "SOLVING"))
    if open_run.update(state=state, finished_at=now, **columns) != 1:
        raise InvalidMove(state=MatchingRun.objects.values_list("state", flat=True).get(pk=run_id))
    publish(RunFinished(run_id=run_id, state=state))


def fail_run(*, run_id: int, sentence: str, now: datetime, stopped_by: str = "") -> None:
    """End a run without a result; the sentence is for the coordinator."""
    with transaction.atomic():
        _end(run_id, MatchingRun.State.FAILED, now=now, problem=sentence[:300], stopped_by=stopped_by)


def fail_stuck_runs(*, now: datetime) -> int:
    """
    End the runs whose job will not be tried again; answers how many.

    A solver that kills its worker three times leaves a parked job behind: the coordinator must not wait for it.
    """
    open_runs = MatchingRun.objects.filter(state__in=("QUEUED", "SOLVING")).exclude(job_id="")
    ended_jobs = Job.objects.filter(state__in=(Job.State.PARKED, Job.State.CANCELLED))
    stuck = open_runs.filter(job_id__in=ended_jobs.values("public_id"))
    for run in stuck:
        fail_run(run_id=run.pk, sentence="求解程序三次没有正常结束，什么都没改。请把范围缩小到乡镇再试。", now=now)
    return len(stuck)


def solve_run(
    *, run_id: int, clock: Callable[[], datetime], beat: Callable[[], None], queue: SolveQueue = LONG
) -> None:
    """
    Read, solve, verify and save one run. No transaction is open while the solver works.

    Args:
        queue: decides how much memory there is; what somebody started and turns out too large for the quick queue
            waits in the long one after all.
        clock: the present time, asked again at each step.
        beat: called while waiting, so that the watchdog sees a live worker.
    """
    claimed = MatchingRun.objects.filter(pk=run_id, state__in=("QUEUED", "SOLVING"))
    if claimed.update(state=MatchingRun.State.SOLVING, started_at=clock()) != 1:
        return
    run = MatchingRun.objects.select_related("scheme__term", "area").get(pk=run_id)
    runs = settings.DATA_DIR / "runs"
    runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A folder of its own for each try: a worker thought dead may still be at it.
    folder = Path(tempfile.mkdtemp(prefix=f"{run.public_id}-", dir=runs))
    try:
        with no_sweeps():
            _solve_in(folder, run, queue, clock, beat)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _solve_in(
    folder: Path, run: MatchingRun, queue: SolveQueue, clock: Callable[[], datetime], beat: Callable[[], None]
) -> None:
    seconds = _Stopwatch()
    memory = memory_mb(queue)
    with child.started(
        _solver_command(folder, run, memory),
        memory_mb=2 * memory + _ADDRESSES_MB,
        extra_env=child.LARGE_ARRAYS,
    ) as solver:
        snapshot = _read(run, clock())
        problem = write_problem(snapshot, folder / "problem.npz")
        seconds.lap("read")
        solver.tell()
        _write_down(run, snapshot, problem)
        result = _Result(snapshot, problem, folder)
        watcher = _Watcher(run.pk, beat, on_verified=result.read)
        outcome = solver.until_end(
            seconds=run.seconds_limit + GRACE_SECONDS, on_line=watcher.on_line, should_stop=watcher.should_stop
        )
        seconds.lap("solve")
    if outcome.stopped == "cancelled":
        return
    answer = None
    if outcome.exit_code == 0:
        answer = read_answer(snapshot, folder, outcome.stdout.decode(), result.read())
    if answer is None:
        _end_without(run, outcome, queue, clock())
        return
    seconds.lap("verify")
    _save(run, snapshot, answer, seconds, clock())


def _end_without(run: MatchingRun, outcome: child.Outcome, queue: SolveQueue, now: datetime) -> None:
    """No result: too large for the quick queue is tried in the long one, anything else is told."""
    is_memory = outcome.stopped == "memory" or _stopped_by(outcome) == "memory"
    if not (is_memory and queue == QUICK):
        fail_run(run_id=run.pk, sentence=_sentence_of(outcome), now=now)
    elif run.is_automatic:
        # A repair belongs to its job; whoever runs the job asks for another in the long queue.
        fail_run(run_id=run.pk, sentence=_sentence_of(outcome), now=now, stopped_by="memory")
    else:
        with transaction.atomic():
            solving = MatchingRun.objects.filter(pk=run.pk, state=MatchingRun.State.SOLVING)
            if solving.update(state=MatchingRun.State.QUEUED, started_at=None, progress={}) == 1:
                _put_in(LONG, run, now)


def _write_down(run: MatchingRun, snapshot: Snapshot, problem: MatchingProblem) -> None:
    """What was read, on the run: counts, and a hash of every figure."""
    counts = {
        "children": len(snapshot.child_ids),
        "slots": len(snapshot.slot_ids),
        "helpers": len(snapshot.helper_ids),
        "arcs": len(problem.arc_slot),
        "left_out": len(snapshot.left_out),
    }
    MatchingRun.objects.filter(pk=run.pk).update(input_hash=input_hash(problem), counts=counts)


def _read(run: MatchingRun, now: datetime) -> Snapshot:
    """The places of every scheme of the run, and all that decides who may fill them."""
    if run.is_automatic:
        return read_repair(run.scheme, now=now)
    schemes = run.schemes
    slots: list[SlotRow] = []
    left_out: dict[int, str] = {}
    for scheme in schemes:
        ensure_buddies(scheme=scheme, area=run.area, now=now)
        children, without = target_children(scheme, run.area, timezone.localdate(now))
        slots += ensure_slots(scheme, children)
        left_out = dict(without) | left_out
    # Children of a township may go to school, or have their cadre, in another: helpers are read from all the county.
    snapshot = take_snapshot(
        schemes=schemes, area=run.scheme.county, slots=slots, left_out=sorted(left_out.items()), now=now
    )
    return with_draft_kept(with_hand_locks(snapshot, run), run)


def _solver_command(folder: Path, run: MatchingRun, memory: int) -> list[str]:
    """
    The solver's own process: no Django, no names, limits on time and memory, nice.

    It is started before the rows are read, so that its libraries are loaded by the time the problem is written.
    """
    return [
        sys.executable, "-m", "matching.core", "solve", str(folder / "problem.npz"),
        "--out", str(folder / "result.npz"), "--explain", str(folder / "why.json"), "--mode", run.mode,
        "--seed", str(run.seed), "--fit-band", str(run.fit_band), "--seconds", str(run.seconds_limit),
        "--memory-mb", str(memory), "--workers", "1", "--progress", "--when-told",
    ]  # fmt: skip


@dataclass
class _Result:
    """The program's result, read while it still thinks of the explanation; read once."""

    snapshot: Snapshot
    problem: MatchingProblem
    folder: Path
    assigned: Assigned | None = None

    def read(self) -> Assigned:
        if self.assigned is None:
            self.assigned = read_assigned(self.snapshot, self.problem, self.folder)
        return self.assigned


class _Watcher:
    """Writes progress down, beats, and sees a cancel: at most once a second each."""

    def __init__(self, run_id: int, beat: Callable[[], None], on_verified: Callable[[], Any]) -> None:
        self.run_id, self.beat, self.on_verified = run_id, beat, on_verified
        self.progress: dict[str, Any] = {}
        self.written_at = 0.0

    def on_line(self, line: str) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            return
        if not isinstance(said, dict):
            return
        self.progress = said
        if said.get("stage") == VERIFIED:
            self.on_verified()

    def should_stop(self) -> bool:
        if time.monotonic() - self.written_at < _PROGRESS_EVERY_S:
            return False
        self.written_at = time.monotonic()
        self.beat()
        open_run = MatchingRun.objects.filter(pk=self.run_id, state=MatchingRun.State.SOLVING)
        return open_run.update(progress=self.progress) != 1


class _Stopwatch:
    """Seconds by step."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self.began = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps[name] = round(now - self.began, 3)
        self.began = now


def _stopped_by(outcome: child.Outcome) -> str:
    """What the solver program says it stopped for; "" where it said nothing."""
    try:
        said = json.loads(outcome.stdout)
    except ValueError:
        return ""
    return str(said.get("stopped_by") or "")


def _sentence_of(outcome: child.Outcome) -> str:
    """Why there is no result, for a coordinator."""
    if outcome.stopped == "memory" or _stopped_by(outcome) == "memory":
        return "这次匹配太大，内存不够，什么都没改。请把名额的范围改小（例如全县改成本乡镇），或按乡镇分开匹配。"
    if outcome.stopped == "time" or outcome.exit_code == 4:  # noqa: PLR2004 - TIMED_OUT of the solver program
        return "时间内没有得到可靠的结果，什么都没改。请多给些时间再试。"
    if outcome.exit_code == 3:  # noqa: PLR2004 - INVALID
        return "现有结对彼此矛盾，没有求解。请先看“结对”里超出上限的人。"
    return "求解程序没有正常结束，什么都没改。请再试一次。"


def _save(run: MatchingRun, snapshot: Snapshot, answer: Answer, seconds: _Stopwatch, now: datetime) -> None:
    """Proposal, pairs, certificates and the run's end in one transaction."""
    with transaction.atomic():
        # The row is claimed before anything is written: of two workers on one run the second leaves here.
        solving = MatchingRun.objects.filter(pk=run.pk, state=MatchingRun.State.SOLVING)
        if solving.update(state=MatchingRun.State.SOLVING) != 1:
            raise InvalidMove(state=MatchingRun.objects.values_list("state", flat=True).get(pk=run.pk))
        LeftOut.objects.filter(run=run).delete()
        LeftOut.objects.bulk_create(
            [LeftOut(run=run, child_id=child_id, reason=reason) for child_id, reason in snapshot.left_out],
            batch_size=1000,
        )
        proposals = save_proposals(run=run, snapshot=snapshot, answer=answer, now=now)
        seconds.lap("save")
        _end(
            run.pk,
            MatchingRun.State.DONE,
            now=now,
            solver_status=answer.status,
            stopped_by=answer.stopped_by or "",
            tiers=answer.tiers,
            proofs=answer.proofs,
            is_certified=answer.is_certified,
            seconds=seconds.laps | {f"solver.{step}": value for step, value in answer.seconds.items()},
            counts=run_counts(run.pk) | {"filled": answer.filled, "largest_load": answer.largest_load},
        )
        record(
            actor=run.requested_by,
            verb="run.done",
            subject=run,
            after={"proposals": [one.public_id for one in proposals]},
        )
        # A repair reads the touched children only, too little to try cures on.
        if answer.certificates and not run.is_automatic:
            enqueue("matching.tasks.find_remedies", queue=QUICK, arguments={"run_id": run.pk}, now=now)


def run_counts(run_id: int) -> dict[str, int]:
    """The counts written when the problem was read."""
    counts: dict[str, int] = MatchingRun.objects.values_list("counts", flat=True).get(pk=run_id)
    return counts
