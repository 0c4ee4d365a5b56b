"""One bounded child process: its limits hold, and nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.kernel import child


def run(code, *, seconds=20, memory_mb=400, **options):
    return child.run([sys.executable, "-c", code], seconds=seconds, memory_mb=memory_mb, **options)


def test_what_it_says_is_passed_on():
    lines = []

    outcome = run(
        "import sys; print('answer'); print('half', file=sys.stderr); sys.stderr.write('done')", on_line=lines.append
    )

    assert (outcome.exit_code, outcome.stopped, outcome.stdout) == (0, None, b"answer\n")
    assert lines == ["half", "done"]


def test_what_it_is_given_it_can_read():
    assert run("import sys; print(sys.stdin.read().upper())", stdin=b"given").stdout == b"GIVEN\n"


def test_its_own_exit_code_is_told():
    assert (run("raise SystemExit(3)").exit_code, run("raise SystemExit(3)").stopped) == (3, None)


def test_no_secret_reaches_it(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "s")
    monkeypatch.setenv("DATABASE_URL", "s")

    names = set(run("import os; print(*os.environ)").stdout.decode().split())

    assert {"SECRET_KEY", "DATABASE_URL", "FIELD_ENCRYPTION_KEYS", "DJANGO_SETTINGS_MODULE"} & names == set()


def test_it_gives_way_to_others_and_has_a_group_of_its_own():
    outcome = run("import os; print(os.nice(0), os.getpgid(0) == os.getpid())")

    assert outcome.stdout.split() == [str(min(19, os.nice(0) + 10)).encode(), b"True"]


def test_time_is_bounded_even_when_it_does_not_listen():
    began = time.monotonic()

    outcome = run("import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)", seconds=0.5)

    assert (outcome.stopped, outcome.exit_code) == ("time", -9)
    assert time.monotonic() - began < 5


def test_it_may_end_by_itself_when_asked_to():
    code = (
        "import signal, sys, time\n"
        "signal.signal(15, lambda *_: (print('best so far', flush=True), sys.exit(0)))\n"
        "time.sleep(60)"
    )

    outcome = run(code, seconds=1)

    assert (outcome.stopped, outcome.exit_code, outcome.stdout) == ("time", 0, b"best so far\n")


def test_memory_is_bounded():
    assert run("x = bytearray(10**9)").stopped == "memory"


def test_a_failure_that_is_not_about_memory_is_not_told_as_such():
    outcome = run("raise ValueError")

    assert (outcome.exit_code, outcome.stopped) == (1, None)


def test_it_is_cancelled_within_five_seconds():
    asked = []
    began = time.monotonic()

    outcome = run("import time; time.sleep(60)", should_stop=lambda: bool(asked.append(1)) or len(asked) > 3)

    assert outcome.stopped == "cancelled"
    assert time.monotonic() - began < 5


def test_a_flood_of_words_without_an_end_of_line_does_not_fill_our_memory():
    lengths = []

    outcome = run("import sys; sys.stderr.write('x' * 10**7)", on_line=lambda line: lengths.append(len(line)))

    assert (outcome.exit_code, sum(lengths)) == (0, 10**7)
    assert max(lengths) <= 2**18


def test_only_so_much_of_its_answer_is_kept():
    assert len(run("print('x' * 10**6)", most_output=1000).stdout) == 1000


def test_what_it_started_ends_with_it():
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True)"

    pid = int(run(code).stdout)

    assert ended(pid)


def test_when_we_stumble_over_a_line_it_does_not_live_on():
    pids = []

    def stumble(line):
        pids.append(int(line))
        raise KeyError

    with pytest.raises(KeyError):
        run("import os, sys, time; print(os.getpid(), file=sys.stderr, flush=True); time.sleep(60)", on_line=stumble)

    assert ended(pids[0])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process end with its parent")
def test_when_we_are_killed_it_does_not_live_on():
    code = (
        "import sys\nfrom backend.kernel import child\n"
        "child.run([sys.executable, '-c', 'import os, sys, time; print(os.getpid(), file=sys.stderr, flush=True);"
        "time.sleep(60)'], seconds=60, memory_mb=400, on_line=lambda line: print(line, flush=True))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    pid = int(parent.stdout.readline())

    parent.kill()
    parent.wait()

    assert ended(pid)


def ended(pid, within_s=5):
    """Whether a process is gone, or is a zombie nobody has buried yet."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


WAITING = "import sys; line = sys.stdin.readline(); print('heard', line.strip() or 'nothing')"


def test_a_waiting_child_works_once_it_is_told() -> None:
    with child.started([sys.executable, "-c", WAITING], memory_mb=512) as running:
        running.tell(b"go")
        outcome = running.until_end(seconds=20)
    assert (outcome.exit_code, outcome.stopped, outcome.stdout) == (0, None, b"heard go\n")


def test_a_waiting_child_sees_what_is_added_to_its_environment_and_none_of_ours(monkeypatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "ours")
    program = "import os; print(sorted({'SECRET_KEY', 'GLIBC_TUNABLES'} & {*os.environ}))"
    with child.started([sys.executable, "-c", program], memory_mb=512, extra_env=child.LARGE_ARRAYS) as running:
        outcome = running.until_end(seconds=20)
    assert outcome.stdout == b"['GLIBC_TUNABLES']\n"


def test_a_child_nobody_tells_ends_with_the_block() -> None:
    with pytest.raises(RuntimeError), child.started([sys.executable, "-c", WAITING], memory_mb=512) as running:
        raise RuntimeError
    assert running.process.returncode == -signal.SIGKILL


def test_telling_a_child_that_has_ended_is_told_by_its_end() -> None:
    with child.started([sys.executable, "-c", "raise SystemExit(7)"], memory_mb=512) as running:
        running.process.wait(20)
        running.tell()
        assert running.until_end(seconds=20).exit_code == 7
