"""Facts of matching: ids and times only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from backend.kernel.events import Fact


@dataclass(frozen=True)
class RunFinished(Fact):
    """A run ended, whatever came out."""

    name: ClassVar[str] = "run.finished"
    run_id: int
    state: str


@dataclass(frozen=True)
class ProposalPublished(Fact):
    """A wave of offers went out; they bear `published_at` as the time they were sent."""

    name: ClassVar[str] = "proposal.published"
    proposal_id: int
    published_at: str


@dataclass(frozen=True)
class OfferAccepted(Fact):
    name: ClassVar[str] = "offer.accepted"
    offer_id: int
    pairing_id: int
    accepted_at: str


@dataclass(frozen=True)
class OfferDeclined(Fact):
    name: ClassVar[str] = "offer.declined"
    offer_id: int


@dataclass(frozen=True)
class OfferLapsed(Fact):
    name: ClassVar[str] = "offer.lapsed"
    offer_id: int


@dataclass(frozen=True)
class OfferWithdrawn(Fact):
    name: ClassVar[str] = "offer.withdrawn"
    offer_id: int


@dataclass(frozen=True)
class OfferExtended(Fact):
    """An open offer got more time."""

    name: ClassVar[str] = "offer.extended"
    offer_id: int
    expires_at: str


@dataclass(frozen=True)
class PairingEnded(Fact):
    name: ClassVar[str] = "pairing.ended"
    pairing_id: int
    ended_at: str


@dataclass(frozen=True)
class PairingSuspended(Fact):
    name: ClassVar[str] = "pairing.suspended"
    pairing_id: int


@dataclass(frozen=True)
class PairingResumed(Fact):
    name: ClassVar[str] = "pairing.resumed"
    pairing_id: int
    resumed_at: str


@dataclass(frozen=True)
class StandInBegan(Fact):
    """`helper_id` looks after the child of a pairing until a day."""

    name: ClassVar[str] = "stand_in.began"
    stand_in_id: int
    pairing_id: int
    helper_id: int
    until_date: str


@dataclass(frozen=True)
class StandInOver(Fact):
    """The child of a pairing is `helper_id`'s again, no longer `from_helper_id`'s."""

    name: ClassVar[str] = "stand_in.over"
    stand_in_id: int
    pairing_id: int
    helper_id: int
    from_helper_id: int


@dataclass(frozen=True)
class OfferAsked(Fact):
    """Somebody asked something about an open offer, or it was answered."""

    name: ClassVar[str] = "offer.asked"
    question_id: int
    is_answer: int


@dataclass(frozen=True)
class ApplicationMoved(Fact):
    """An application was made, checked by both bodies, refused or withdrawn."""

    name: ClassVar[str] = "application.moved"
    application_id: int
    state: str
