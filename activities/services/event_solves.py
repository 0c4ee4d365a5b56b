"""Asking the planner about a day, in a process of its own, and putting what comes out into the draft."""

from __future__ import annotations

import json
import logging
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction

from activities.core.day.errors import MalformedDay
from activities.core.day.judge import violations_of
from activities.core.day.plan_files import plan_as_json, read_plan
from activities.core.day.reading import read_day
from activities.core.day.relaxations import apply_relaxation, read_relaxation
from activities.core.day.replanner import arriving_late, in_the_rain, without_host
from activities.core.day.writing import day_as_json
from activities.event_translation import fingerprint, heeding_calendars, is_rain_ready
from activities.models import DaySolve, EventDay
from activities.services.event_days import DayCalledOff, DayChanged, DayMalformed, SolveOpen, read_draft
from activities.services.event_edits import NoPlanYet, write
from backend.audit.services import record
from backend.jobs.services import enqueue
from backend.kernel import child
from backend.kernel.calendar import clean_line
from backend.kernel.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from activities.core.day.parts import Person
    from activities.core.day.problem import DayProblem
    from activities.core.day.relaxations import Relaxation

logger = logging.getLogger("qianshou.planner")

SECONDS = 10
MEMORY_MB = 2048
_GRACE_SECONDS = 5
_LOOK_EVERY_S = 0.5
_STUCK_MINUTES = 5
_OPEN = ("QUEUED", "SOLVING")
_PROBLEMS = {
    "INFEASIBLE": "event_day.infeasible",
    "INVALID": "event_day.circle",
    "FAULTY": "event_day.faulty_plan",
}
"""Status of the program -> why there is no plan; everything else took too long."""


class NothingToRelax(DomainError):
    code = "event_day.nothing_to_relax"
    message = "This no longer fits the day. Please plan again."


def ask(
    *,
    event: EventDay,
    kind: str,
    person: str = "",
    groups: tuple[str, ...] = (),
    minutes: int = 0,
    seed: int = 0,
    actor: Any,
    now: datetime,
) -> DaySolve:
    """
    Put a question to the planner into the queue.

    Args:
        kind: of `DaySolve.Kind`; person: whose key is ill; groups, minutes: who is there only from then on.

    Raises:
        NoPlanYet: there is nothing to change or to prepare for rain.
        SolveOpen: one is open already.
        DayMalformed: nobody of the day has this key.
    """
    if kind != DaySolve.Kind.PLAN and not event.plan:
        raise NoPlanYet
    asked = {"person": person, "groups": list(groups), "minutes": minutes, "seed": seed}
    _changed_day(read_draft(event.draft), kind, asked)
    try:
        with transaction.atomic():
            solve = DaySolve.objects.create(
                event=event, kind=kind, asked=asked, draft_version=event.draft_version, requested_by=actor,
                created_at=now,
            )  # fmt: skip
            record(actor=actor, verb="event_day.solve_asked", subject=event, after={"kind": kind})
            enqueue("activities.tasks.solve_day", queue="solve", arguments={"solve_id": solve.pk}, now=now)
    except IntegrityError as error:
        raise SolveOpen from error
    return solve


def _changed_day(day: DayProblem, kind: str, asked: dict[str, Any]) -> DayProblem:
    """The day as it would be: without the ill host, with the late groups, in the rain."""
    if kind == DaySolve.Kind.ILL:
        if asked["person"] not in {one.key for one in day.people}:
            raise DayMalformed(place="person")
        return without_host(day, asked["person"])
    if kind == DaySolve.Kind.LATE:
        if not asked["groups"] or not set(asked["groups"]) <= {one.key for one in day.groups}:
            raise DayMalformed(place="groups")
        return arriving_late(day, tuple(asked["groups"]), asked["minutes"])
    return in_the_rain(day) if kind == DaySolve.Kind.RAIN else day


def solve_day(*, solve_id: int, clock: Callable[[], datetime], beat: Callable[[], None]) -> None:
    """
    Answer one question, and prepare for rain after each that changed the plan. No transaction is open meanwhile.

    The draft is only written as it was asked about: a change by hand in between wins.
    """
    claimed = DaySolve.objects.filter(pk=solve_id, state__in=_OPEN)
    if claimed.update(state=DaySolve.State.SOLVING) != 1:
        return
    solve = DaySolve.objects.select_related("event", "requested_by").get(pk=solve_id)
    try:
        _refuse_stale(solve)
        _answer(solve, clock, beat)
    except DomainError as error:
        _fail(solve, error.code, {}, clock())


def _refuse_stale(solve: DaySolve) -> None:
    """Before anything is computed: the answer to a question about an older draft would be thrown away."""
    if solve.event.state == EventDay.State.CANCELLED:
        raise DayCalledOff
    if solve.event.draft_version != solve.draft_version:
        raise DayChanged


def _answer(solve: DaySolve, clock: Callable[[], datetime], beat: Callable[[], None]) -> None:
    day = _changed_day(read_draft(solve.event.draft), solve.kind, solve.asked)
    # Calendars are heeded while planning and not written into the draft: they may say something else tomorrow.
    asked = heeding_calendars(solve.event, day)
    base = None if solve.kind == DaySolve.Kind.PLAN else solve.event.plan
    outcome = _run(asked, base, solve, beat)
    if outcome.get("plan") is None:
        _fail(solve, _PROBLEMS.get(outcome["status"], "event_day.timed_out"), _kept(outcome), clock())
        return
    rain = None
    if solve.kind != DaySolve.Kind.RAIN and not day.is_raining:
        rain = _run(in_the_rain(asked), outcome["plan"], solve, beat)
    _save(solve, day, outcome, rain, clock())


def _run(day: DayProblem, base: dict[str, Any] | None, solve: DaySolve, beat: Callable[[], None]) -> dict[str, Any]:
    """{status, goals, …} as the program said it, with "plan" where there is one; the plan is judged again here."""
    days = settings.DATA_DIR / "days"
    days.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{solve.public_id}-", dir=days))
    try:
        return _run_in(folder, day, base, solve, beat)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_in(
    folder: Path, day: DayProblem, base: dict[str, Any] | None, solve: DaySolve, beat: Callable[[], None]
) -> dict[str, Any]:
    command = [sys.executable, "-m", "activities.core", "plan", str(folder / "day.json"),
               "--out", str(folder / "plan.json"), "--seconds", str(SECONDS), "--seed", str(solve.asked["seed"]),
               "--workers", "2", "--progress"]  # fmt: skip
    (folder / "day.json").write_text(json.dumps(day_as_json(day)), encoding="utf-8")
    if base is not None:
        (folder / "base.json").write_text(json.dumps(base), encoding="utf-8")
        command += ["--base", str(folder / "base.json")]
        # "Later" means later: what comes after what stays, however few changes another order would need.
        command += ["--keep-order"] * (solve.kind == DaySolve.Kind.LATE)
    watcher = _Watcher(solve.pk, beat)
    ended = child.run(
        command, seconds=2 * SECONDS + _GRACE_SECONDS, memory_mb=MEMORY_MB, on_line=watcher.on_line,
        should_stop=watcher.should_stop,
    )  # fmt: skip
    try:
        line: dict[str, Any] = json.loads(ended.stdout)
    except ValueError:
        return {"status": "TIMED_OUT", "stopped_by": ended.stopped or "error"}
    if ended.exit_code != 0 or ended.stopped:
        return line | {"plan": None}
    found = read_plan(json.loads((folder / "plan.json").read_text(encoding="utf-8")))
    if faults := violations_of(day, found):
        logger.error("A plan of a day breaks its own rules", extra={"rules": sorted({one.rule for one in faults})})
        return line | {"status": "FAULTY", "plan": None}
    return line | {"plan": plan_as_json(found)}


class _Watcher:
    """Writes down which goal is worked on, and says that we are alive."""

    def __init__(self, solve_id: int, beat: Callable[[], None]) -> None:
        self.solve_id, self.beat, self.stage, self.looked_at = solve_id, beat, "", 0.0

    def on_line(self, line: str) -> None:
        self.stage = line.strip()[:20]

    def should_stop(self) -> bool:
        if time.monotonic() - self.looked_at < _LOOK_EVERY_S:
            return False
        self.looked_at = time.monotonic()
        self.beat()
        mine = DaySolve.objects.filter(pk=self.solve_id, state=DaySolve.State.SOLVING)
        return mine.update(stage=self.stage) != 1


def _fail(solve: DaySolve, problem: str, answer: dict[str, Any], now: datetime) -> None:
    """No plan: the draft stays, and the page says why."""
    DaySolve.objects.filter(pk=solve.pk, state=DaySolve.State.SOLVING).update(
        state=DaySolve.State.FAILED, problem=problem, answer=answer, finished_at=now
    )


def _kept(outcome: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in outcome.items() if name != "plan"}


def _save(
    solve: DaySolve, day: DayProblem, outcome: dict[str, Any], rain: dict[str, Any] | None, now: datetime
) -> None:
    with transaction.atomic():
        mine = DaySolve.objects.filter(pk=solve.pk, state=DaySolve.State.SOLVING)
        if mine.update(state=DaySolve.State.DONE, answer=_kept(outcome), finished_at=now) != 1:
            raise DayChanged
        if solve.kind == DaySolve.Kind.RAIN:
            _keep_rain(solve.event, solve.draft_version, outcome)
            return
        changed = write(
            solve.event, solve.draft_version, f"event_day.solved_{solve.kind.lower()}", "", solve.requested_by, now,
            draft=day_as_json(day), plan=outcome["plan"], answer=_kept(outcome), hand_edits=0,
        )  # fmt: skip
        if rain is not None:
            _keep_rain(changed, changed.draft_version, rain)


def _keep_rain(event: EventDay, version: int, outcome: dict[str, Any]) -> None:
    """Keep the plan for rain; it stands beside the draft and changes nothing of it."""
    answer = _kept(outcome) | {"base": fingerprint(event.plan or {})}
    mine = EventDay.objects.filter(pk=event.pk, draft_version=version)
    if mine.update(rain_plan=outcome.get("plan"), rain_answer=answer) != 1:
        raise DayChanged


def use_rain_plan(*, event: EventDay, version: int, actor: Any, now: datetime) -> EventDay:
    """
    It rains: the plan prepared for rain becomes the plan.

    Raises:
        NoPlanYet: none was prepared for the draft as it is.
        DayChanged, DayCalledOff: nothing was changed.
    """
    if not is_rain_ready(event):
        raise NoPlanYet
    draft = day_as_json(in_the_rain(read_day(event.draft)))
    return write(event, version, "event_day.rain_used", "", actor, now, draft=draft, plan=event.rain_plan,
                 answer=event.rain_answer, hand_edits=0)  # fmt: skip


def use_dry_day(*, event: EventDay, version: int, actor: Any, now: datetime) -> DaySolve:
    """
    It does not rain after all: the day as it is without rain, planned anew, for what moved under a roof may go out.

    Raises:
        NoPlanYet, SolveOpen, DayChanged, DayCalledOff: nothing was changed.
    """
    with transaction.atomic():
        draft = day_as_json(replace(read_day(event.draft), is_raining=False))
        changed = write(event, version, "event_day.rain_over", "", actor, now, draft=draft)
        return ask(event=changed, kind=DaySolve.Kind.PLAN, actor=actor, now=now)


def give_up(*, event: EventDay, version: int, relaxation: dict[str, Any], actor: Any, now: datetime) -> EventDay:
    """
    Give up one rule that stood in the way, as a button offered it.

    Raises:
        NothingToRelax: it does not fit the day as it is now.
        DayChanged, DayCalledOff: nothing was changed.
    """
    return give_up_all(event=event, version=version, relaxations=[relaxation], actor=actor, now=now)


def give_up_all(
    *, event: EventDay, version: int, relaxations: list[dict[str, Any]], actor: Any, now: datetime
) -> EventDay:
    """
    Give up several rules at once: what stands in the way is a set, and less than all of it does not help.

    Raises:
        NothingToRelax: one does not fit the day as it is now, or there is none.
        DayChanged, DayCalledOff: nothing was changed.
    """
    if not relaxations:
        raise NothingToRelax
    draft = event.draft
    try:
        asked = [read_relaxation(one) for one in relaxations]
        for one in asked:
            draft = day_as_json(_relaxed(event, draft, one))
        # What a program sends as a button may hold any number: the day has to be one that can be read.
        read_day(draft)
    except MalformedDay as error:
        raise NothingToRelax from error
    return write(event, version, "event_day.relaxed", clean_line(asked[0].sentence, 120), actor, now, draft=draft)


def _relaxed(event: EventDay, draft: dict[str, Any], asked: Relaxation) -> DayProblem:
    """The day without the rule; hours of people are written down only where it is about them."""
    day = read_day(draft)
    heeded = heeding_calendars(event, day)
    relaxed = apply_relaxation(heeded, asked)
    own, was = ({one.key: one for one in each.people} for each in (day, heeded))
    return replace(
        relaxed, people=tuple(_as_written(one, own.get(one.key), was.get(one.key)) for one in relaxed.people)
    )


def _as_written(one: Person, own: Person | None, was: Person | None) -> Person:
    """Times that only calendars and ordinary weeks say stay out of the draft."""
    if own is None or was is None:
        return one
    hours = own.hours if one.hours == was.hours else one.hours
    return replace(one, hours=hours, free=own.free if one.free == was.free else one.free)


def fail_stuck_solves(*, now: datetime) -> int:
    """End questions nobody will answer any more, so that others can be asked."""
    stuck = DaySolve.objects.filter(state__in=_OPEN, created_at__lt=now - timedelta(minutes=_STUCK_MINUTES))
    return stuck.update(state=DaySolve.State.FAILED, problem="event_day.timed_out", finished_at=now)


def open_solve(event: EventDay) -> DaySolve | None:
    """The question being worked on."""
    return event.solves.filter(state__in=_OPEN).first()


def latest_solve(event: EventDay) -> DaySolve | None:
    """The latest question, answered or not."""
    return event.solves.order_by("-pk").first()
