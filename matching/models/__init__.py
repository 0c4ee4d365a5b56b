"""Pairs: schemes and their slots, runs, proposals, offers, pairings."""

from matching.models.applications import Application, ApplicationCheck
from matching.models.edits import PairEdit
from matching.models.offers import Offer
from matching.models.pairings import HelperLoad, Pairing
from matching.models.proposals import Certificate, Proposal, ProposedPair
from matching.models.repairs import Vacancy
from matching.models.reviews import Objection, Review
from matching.models.runs import LeftOut, MatchingRun
from matching.models.schemes import PlaceRole, Scheme, Slot, SlotRow, SlotRule, Term
from matching.models.stand_ins import OfferQuestion, StandIn
from matching.models.statements import Statement, StatementKind, StatementText
from matching.models.trials import Trial

__all__ = [
    "Application",
    "ApplicationCheck",
    "Certificate",
    "HelperLoad",
    "LeftOut",
    "MatchingRun",
    "Objection",
    "Offer",
    "OfferQuestion",
    "PairEdit",
    "Pairing",
    "PlaceRole",
    "Proposal",
    "ProposedPair",
    "Review",
    "Scheme",
    "Slot",
    "SlotRow",
    "SlotRule",
    "StandIn",
    "Statement",
    "StatementKind",
    "StatementText",
    "Term",
    "Trial",
    "Vacancy",
]
