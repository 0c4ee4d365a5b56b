"""Facts about the ledger that others react to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from backend.kernel.events import Fact


@dataclass(frozen=True)
class ChildLeft(Fact):
    """A child moved away, turned 18, died, or the case was closed."""

    name: ClassVar[str] = "child.left"
    child_id: int
    state: str


@dataclass(frozen=True)
class ChildMoved(Fact):
    """
    A child lives in another village or goes to another school: who was near may be so no longer.

    `from_county`: the code of the county it lived in until now.
    """

    name: ClassVar[str] = "child.moved"
    child_id: int
    from_county: str


@dataclass(frozen=True)
class PairExcluded(Fact):
    """This helper is not to be paired with this child."""

    name: ClassVar[str] = "pair.excluded"
    child_id: int
    helper_id: int


@dataclass(frozen=True)
class HelperLeft(Fact):
    """A helper stopped helping."""

    name: ClassVar[str] = "helper.left"
    helper_id: int


@dataclass(frozen=True)
class HelperLimitSet(Fact):
    """A helper said how many children they take on at most."""

    name: ClassVar[str] = "helper.limit_set"
    helper_id: int


@dataclass(frozen=True)
class HelperPaused(Fact):
    """A helper is away until a day, that day included."""

    name: ClassVar[str] = "helper.paused"
    helper_id: int
    until_date: str


@dataclass(frozen=True)
class ConcernRaised(Fact):
    """Somebody made a mandatory report; the place says who answers."""

    name: ClassVar[str] = "concern.raised"
    concern_id: int
    area_id: int
    organisation_id: int | None


@dataclass(frozen=True)
class ConcernEscalated(Fact):
    """A mandatory report waits too long. `rung`: 1 after two hours, 2 after a day, then one more each day."""

    name: ClassVar[str] = "concern.escalated"
    concern_id: int
    area_id: int
    organisation_id: int | None
    rung: int


@dataclass(frozen=True)
class ConsentWithdrawn(Fact):
    name: ClassVar[str] = "consent.withdrawn"
    child_id: int
    purpose: str


@dataclass(frozen=True)
class ConsentGiven(Fact):
    """A guardian agreed to a purpose; where it was withdrawn before, what rested on it may go on."""

    name: ClassVar[str] = "consent.given"
    child_id: int
    purpose: str


@dataclass(frozen=True)
class ImportReady(Fact):
    name: ClassVar[str] = "import.ready"
    batch_id: int


@dataclass(frozen=True)
class ImportConfirmed(Fact):
    name: ClassVar[str] = "import.confirmed"
    batch_id: int
