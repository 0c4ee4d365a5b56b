"""
One bounded child process: wall clock, memory, nice, cancel.

Used by `matching.services.runs` (the solver) and `backend.roster` (reading files people upload).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Stopped = Literal["time", "memory", "cancelled"]

# What a child needs of our environment; everything else, keys and addresses of databases first, stays here.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_LAUNCHER = str(Path(__file__).with_name("launch.py"))
_NICE = 10
_LOOK_EVERY_S = 0.2
_SECONDS_TO_OBEY = 2.0
LARGE_ARRAYS = {
    "GLIBC_TUNABLES": ":".join(
        f"glibc.malloc.{name}"
        for name in (
            "hugetlb=1",
            "arena_max=1",
            "mmap_threshold=1073741824",
            "trim_threshold=8589934592",
            "top_pad=67108864",
        )
    )
}
"""
`extra_env` for a program of large arrays: memory it gave back is kept for the next array instead of being fetched from
the system page by page, in large pages where there are any. A fifth of a county's solve; other systems ignore it.
"""
_LONGEST_LINE = 64 * 1024
_OUT_OF_MEMORY = (b"MemoryError", b"bad_alloc", b"Cannot allocate memory", b"Unable to allocate")


@dataclass(frozen=True)
class Outcome:
    """
    How a child ended.

    Args:
        exit_code: its own, or minus the signal that ended it.
        stopped: the limit that stopped it; None when it ended by itself.
        stdout: what it wrote there, at most `most_output` bytes.
        seconds: wall clock from start to end.
    """

    exit_code: int
    stopped: Stopped | None
    stdout: bytes
    seconds: float


def run(
    argv: Sequence[str],
    *,
    seconds: float,
    memory_mb: int,
    on_line: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    stdin: bytes = b"",
    extra_env: Mapping[str, str] | None = None,
    most_output: int = 64 * 1024 * 1024,
) -> Outcome:
    """
    Run one program to its end or to a limit, whichever comes first.

    Args:
        seconds: wall clock; then SIGTERM, and SIGKILL two seconds later, to the child's whole group.
        memory_mb: address space (RLIMIT_AS); a child that runs into it ends, and is told as "memory".
        on_line: called with each line of its stderr; what it raises stops the child and is raised here.
        should_stop: asked five times a second, so it may also say that we are alive; True cancels.
        stdin: given to the child as its standard input.
        extra_env: added to the few harmless variables that are passed on.
        most_output: bytes of stdout that are kept.

    Raises:
        OSError: the program could not be started.
    """
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        with _started(argv, memory_mb, given, extra_env or {}, most_output) as running:
            return running.until_end(seconds=seconds, on_line=on_line, should_stop=should_stop)


@contextlib.contextmanager
def started(
    argv: Sequence[str],
    *,
    memory_mb: int,
    extra_env: Mapping[str, str] | None = None,
    most_output: int = 64 * 1024 * 1024,
) -> Iterator[Running]:
    """
    Start a program now that gets its work later: it loads its libraries while we prepare the work.

    It waits for a line on its standard input (`Running.tell`), and ends with the block at the latest.

    Args:
        memory_mb, extra_env, most_output: as in `run`.

    Raises:
        OSError: the program could not be started.
    """
    with _started(argv, memory_mb, subprocess.PIPE, extra_env or {}, most_output) as running:
        yield running


@contextlib.contextmanager
def _started(
    argv: Sequence[str], memory_mb: int, stdin: IO[bytes] | int, extra_env: Mapping[str, str], most_output: int
) -> Iterator[Running]:
    command = [sys.executable, "-I", "-S", _LAUNCHER, str(os.getpid()), str(memory_mb), str(_NICE), *argv]
    with tempfile.TemporaryFile() as written:
        process = subprocess.Popen(  # noqa: S603 - argv comes from our own code, never from a person
            command,
            stdin=stdin,
            stdout=written,
            stderr=subprocess.PIPE,
            env=_environment(extra_env),
            start_new_session=True,
        )
        try:
            yield Running(process, written, most_output)
        finally:
            _kill_group(process)
            for pipe in filter(None, (process.stdin, process.stderr)):
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


@dataclass(frozen=True)
class Running:
    """A child that has been started; `until_end` is called once."""

    process: subprocess.Popen[bytes]
    written: IO[bytes]
    most_output: int

    def tell(self, line: bytes = b"") -> None:
        """Send the line it waits for; a child that has ended already hears nothing, and `until_end` says why."""
        assert self.process.stdin is not None  # noqa: S101 - only for children started with a pipe
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(line + b"\n")
            self.process.stdin.close()

    def until_end(
        self,
        *,
        seconds: float,
        on_line: Callable[[str], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Outcome:
        """Wait for its end or a limit; the clock starts here."""
        watch = _Watch(self.process, seconds, on_line, should_stop)
        try:
            stopped = watch.until_end()
        finally:
            _kill_group(self.process)
        self.written.seek(0)
        return Outcome(
            self.process.wait(), stopped, self.written.read(self.most_output), time.monotonic() - watch.began_at
        )


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} | dict(extra)


class _Watch:
    """Reads the child's stderr, looks at clock and cancel, and stops the child when it must."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        seconds: float,
        on_line: Callable[[str], None] | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.process = process
        self.began_at = time.monotonic()
        self.must_end_at = self.began_at + seconds
        self.on_line = on_line
        self.should_stop = should_stop
        self.line = b""
        self.saw_memory_run_out = False

    def until_end(self) -> Stopped | None:
        """Wait; answer which limit stopped it."""
        stderr = self.process.stderr
        assert stderr is not None  # noqa: S101 - asked for as a pipe above
        os.set_blocking(stderr.fileno(), False)
        with stderr, selectors.DefaultSelector() as selector:
            selector.register(stderr, selectors.EVENT_READ)
            while self.process.poll() is None:
                if (limit := self._limit_reached()) is not None:
                    self._stop()
                    return limit
                if not selector.get_map():
                    self._wait_a_little()
                elif selector.select(_LOOK_EVERY_S) and not self._read(stderr):
                    # Closed early: nothing more to hear, only the end to wait for.
                    selector.unregister(stderr)
            while self._read(stderr):
                pass
        self._pass_on([self.line])
        return "memory" if self._ran_out_of_memory() else None

    def _wait_a_little(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_LOOK_EVERY_S)

    def _limit_reached(self) -> Stopped | None:
        if time.monotonic() >= self.must_end_at:
            return "time"
        return "cancelled" if self.should_stop is not None and self.should_stop() else None

    def _read(self, stderr: IO[bytes]) -> bool:
        """Pass on what has been written; False when nothing is left or nobody can write any more."""
        try:
            chunk = os.read(stderr.fileno(), _LONGEST_LINE)
        except BlockingIOError:
            return False
        *lines, self.line = (self.line + chunk).split(b"\n")
        if len(self.line) > _LONGEST_LINE:
            # No end of line in sight: passed on in pieces, so that a child cannot fill our memory.
            lines, self.line = [*lines, self.line], b""
        self._pass_on(lines)
        return bool(chunk)

    def _pass_on(self, lines: list[bytes]) -> None:
        for line in filter(None, lines):
            self.saw_memory_run_out = self.saw_memory_run_out or any(word in line for word in _OUT_OF_MEMORY)
            if self.on_line is not None:
                self.on_line(line.decode(errors="replace"))

    def _ran_out_of_memory(self) -> bool:
        """Its own last words, or the system's hand: nobody else sends SIGKILL."""
        code = self.process.returncode
        return code == -signal.SIGKILL or (code != 0 and self.saw_memory_run_out)

    def _stop(self) -> None:
        """Ask, wait two seconds, insist."""
        _signal_group(self.process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_SECONDS_TO_OBEY)
        _kill_group(self.process)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the child and of what it started."""
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
