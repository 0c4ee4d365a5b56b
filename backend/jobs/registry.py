"""What the clusters do by themselves: recurring tasks, and small checks at every beat. Filled by `AppConfig.ready`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

_OUR_PACKAGES = ("backend.", "matching.", "activities.", "notifications.")


class UnknownTask(LookupError):
    """A dotted name that leads to no function of ours."""


@dataclass(frozen=True)
class RecurringTask:
    """A task enqueued once every `every`, by whichever machine sees first that it is due."""

    task: str
    queue: str
    every: timedelta


_recurring: dict[str, RecurringTask] = {}
_checks: list[str] = []


def recurring(task: str, *, queue: str, every: timedelta) -> None:
    """Have a task enqueued again and again; saying it twice changes nothing."""
    _recurring[task] = RecurringTask(task, queue, every)


def check_each_beat(check: str) -> None:
    """
    Have `check(queue=..., now=...)` called by every idle cluster about every ten seconds.

    It must be cheap: look whether something is due, and enqueue a job if so.
    """
    if check not in _checks:
        _checks.append(check)


def recurring_tasks(queue: str) -> list[RecurringTask]:
    """Those of one queue."""
    return [entry for entry in _recurring.values() if entry.queue == queue]


def checks() -> tuple[str, ...]:
    """Dotted names of all checks."""
    return tuple(_checks)


def resolve(dotted: str) -> Callable[..., Any]:
    """
    The function behind a dotted name.

    Raises:
        UnknownTask: the name lies outside our packages or leads to nothing that can be called.
    """
    packages = (*_OUR_PACKAGES, "tests.") if settings.IS_TESTING else _OUR_PACKAGES
    if not dotted.startswith(packages):
        raise UnknownTask(dotted)
    try:
        found: Callable[..., Any] = import_string(dotted)
    except ImportError as error:
        raise UnknownTask(dotted) from error
    if not callable(found):
        raise UnknownTask(dotted)
    return found
