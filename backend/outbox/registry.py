"""Who wants to hear of which fact. Filled by `AppConfig.ready` of the apps above; the outbox itself knows nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from backend.kernel.events import Fact

HandlerQueue = Literal["mail", "work"]

_handlers: dict[str, list[str]] = {}
_queues: dict[str, HandlerQueue] = {}


def subscribe(fact: type[Fact], handler: str, *, queue: HandlerQueue = "work") -> None:
    """
    Have a handler told of every fact of a kind; saying it twice changes nothing.

    Args:
        handler: dotted name of `def handler(*, event_id: int, payload: dict, now: datetime) -> None`. It runs in a
            transaction that also marks the fact as told, so it takes effect exactly once; it does no network work.
        queue: the cluster that runs it.
    """
    handlers = _handlers.setdefault(fact.name, [])
    if handler not in handlers:
        handlers.append(handler)
    _queues[handler] = queue


def handlers_of(name: str) -> tuple[str, ...]:
    """Dotted names of who hears of a fact."""
    return tuple(_handlers.get(name, ()))


def queue_of(handler: str) -> HandlerQueue:
    """The cluster that runs a handler; "work" for one that is no longer subscribed."""
    return _queues.get(handler, "work")


def all_handlers() -> tuple[str, ...]:
    """Every handler that hears of anything."""
    return tuple(_queues)
