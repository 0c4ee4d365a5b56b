"""Tasks that do what tests want of them. `done` says who ran."""

from __future__ import annotations

from backend.jobs.services import cancel
from backend.kernel.errors import DomainError

done: list[str] = []


def note(*, job, text=""):
    done.append(text)


def fail(*, job):
    raise ValueError("王小明 110101201501011234")


def refuse(*, job):
    raise DomainError


def cancel_itself(*, job):
    cancel(job)
