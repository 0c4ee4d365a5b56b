"""
Two processes that look after each other's work: the guardian restarts the watchdog, the watchdog everything else.

When the guardian is killed the watchdog and all services go on; a later `serve` on the same data folder takes over.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import traceback
from typing import TYPE_CHECKING

from django.conf import settings

from backend.ops.locks import PidLock
from backend.ops.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_WATCH_LOCK = "watch.lock"
_SECONDS_TO_STOP = 15.0


def run_apart(do: Callable[[], int]) -> int:
    """Do something in a fork, so that what it leaves in memory goes with it. Answers its exit code."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 1
    try:
        code = do()
    except BaseException:  # noqa: BLE001 - a fork must never run on into its parent's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def take_over_orphan() -> None:
    """Stop a watchdog whose guardian was killed; we hold the guardian's lock, so nobody else is its guardian."""
    lock = _watch_lock()
    give_up_at = time.monotonic() + _SECONDS_TO_STOP
    while not lock.take():
        is_late = time.monotonic() > give_up_at
        with contextlib.suppress(ProcessLookupError):
            os.kill(lock.holder(), signal.SIGKILL if is_late else signal.SIGTERM)
        time.sleep(0.5)
    lock.let_go()


def guard(serve_lock: PidLock) -> None:
    """Keep a watchdog running until told to stop."""
    told = _Told()
    while not told.to_stop:
        pid = os.fork()
        if not pid:
            _watch(serve_lock)
        told.watchdog = pid
        if told.to_stop:
            told.pass_on()
        _wait_for(pid)
        if not told.to_stop:
            time.sleep(0.2)


def _watch(serve_lock: PidLock) -> None:
    """The watchdog's whole life, in a fork."""
    code = 1
    try:
        serve_lock.let_go()
        lock = _watch_lock()
        while not lock.take():
            time.sleep(0.1)
        Watchdog().run()
        code = 0
    except BaseException:  # noqa: BLE001 - a fork must never run on into its parent's code
        traceback.print_exc()
    finally:
        os._exit(code)


class _Told:
    """Remembers that we were asked to stop, and asks the watchdog."""

    def __init__(self) -> None:
        self.to_stop = False
        self.watchdog = 0
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._hear)
        signal.signal(signal.SIGALRM, self._insist)

    def _hear(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        self.to_stop = True
        self.pass_on()

    def pass_on(self) -> None:
        signal.alarm(int(_SECONDS_TO_STOP))
        self._send(signal.SIGTERM)

    def _insist(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.watchdog:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.watchdog, number)


def _wait_for(pid: int) -> None:
    """Until that child ends; other children we inherited are reaped on the way."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, 0)[0] != pid:
            pass


def _watch_lock() -> PidLock:
    return PidLock(settings.DATA_DIR / _WATCH_LOCK)
