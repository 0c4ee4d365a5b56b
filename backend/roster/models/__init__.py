"""Who is who: places, people, assessments, availability, consent, imports."""

from backend.roster.models.assessment import Assessment, GuardianRating, PendingAssessment
from backend.roster.models.availability import WeeklyHours
from backend.roster.models.concerns import Concern, ConcernStep, Situation
from backend.roster.models.consent import Consent, Exclusion, PairWish
from backend.roster.models.imports import ExportRequest, ImportBatch, ImportRow
from backend.roster.models.lookups import HasWord
from backend.roster.models.membership import CheckingBody, GrantProposal, Membership
from backend.roster.models.people import CareLink, Child, Clearance, Guardian, Helper, HelperRole, Reveal, TeachingPost
from backend.roster.models.places import Area, Organisation, SchoolClass

__all__ = [
    "Area",
    "Assessment",
    "CareLink",
    "CheckingBody",
    "Child",
    "Clearance",
    "Concern",
    "ConcernStep",
    "Consent",
    "Exclusion",
    "ExportRequest",
    "GrantProposal",
    "Guardian",
    "GuardianRating",
    "HasWord",
    "Helper",
    "HelperRole",
    "ImportBatch",
    "ImportRow",
    "Membership",
    "Organisation",
    "PairWish",
    "PendingAssessment",
    "Reveal",
    "SchoolClass",
    "Situation",
    "TeachingPost",
    "WeeklyHours",
]
