"""Locks of the start: one at a time, and gone with whoever held them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from backend.ops.locks import PidLock, one_at_a_time
from tests.ops.serving import BASE

HOLD = (
    "import sys, time; from pathlib import Path; from backend.ops.locks import PidLock;"
    "lock = PidLock(Path(sys.argv[1])); print(lock.take(), flush=True); time.sleep(60)"
)


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "serve.lock")], cwd=BASE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "True\n"
    yield process
    process.kill()
    process.wait()


def test_a_lock_is_held_by_one_and_says_by_whom(tmp_path, holder):
    lock = PidLock(tmp_path / "serve.lock")

    assert not lock.take()
    assert lock.holder() == holder.pid


def test_a_lock_ends_with_its_holder(tmp_path, holder):
    holder.kill()
    holder.wait()

    assert PidLock(tmp_path / "serve.lock").take()


def test_a_lock_let_go_is_free(tmp_path):
    first, second = PidLock(tmp_path / "a.lock"), PidLock(tmp_path / "a.lock")
    assert first.take()
    assert not second.take()

    first.let_go()

    assert second.take()


@pytest.mark.django_db
def test_the_start_can_be_done_again_and_again(tmp_path):
    for _each in range(2):
        with one_at_a_time(tmp_path / "start.lock"):
            pass
