"""`/api/v1/`: one noun, one file."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from backend.api.activities.bookings import Bookings
from backend.api.activities.busy_calendars import BusyCalendars
from backend.api.activities.duties import Duties
from backend.api.activities.event_more import DayTemplates
from backend.api.activities.events import EventDays
from backend.api.activities.homes import Homes
from backend.api.activities.talk_classes import TalkClasses
from backend.api.activities.talk_rounds import TalkRounds
from backend.api.activities.talks import TalkGroups, TalkPlans
from backend.api.matching.applications import Applications
from backend.api.matching.drafts import Objections, Pairs
from backend.api.matching.offers import Offers, Pairings
from backend.api.matching.proposals import Proposals
from backend.api.matching.questions import OfferQuestions
from backend.api.matching.repairs import Vacancies
from backend.api.matching.runs import Runs
from backend.api.matching.schemes import Schemes
from backend.api.matching.stand_ins import StandIns
from backend.api.matching.statements import Statements, StatementTexts
from backend.api.matching.trials import Trials
from backend.api.notifications.contact import Contacts
from backend.api.notifications.feeds import Feeds, Tokens
from backend.api.notifications.inbox import Inbox
from backend.api.notifications.invitations import Invitations
from backend.api.notifications.messages import Messages
from backend.api.notifications.telling import MessageTexts, TellingRulesOfCounty
from backend.api.reports.summaries import Summaries
from backend.api.roster.audit import AuditEntries
from backend.api.roster.children import Children
from backend.api.roster.concerns import Concerns
from backend.api.roster.county import OwnCounty
from backend.api.roster.exports import Exports
from backend.api.roster.grants import GrantProposals, Memberships
from backend.api.roster.helpers import Helpers
from backend.api.roster.imports import Imports
from backend.api.roster.own_details import OwnDetails
from backend.api.roster.pause import Pauses
from backend.api.roster.pending_assessments import PendingAssessments
from backend.api.roster.people import Areas, Organisations, WhoAmI

app_name = "api"

router = SimpleRouter()
router.register("me", WhoAmI, basename="me")
router.register("tokens", Tokens, basename="token")
router.register("memberships", Memberships, basename="membership")
router.register("grant-proposals", GrantProposals, basename="grant-proposal")
router.register("audit", AuditEntries, basename="audit")
router.register("county", OwnCounty, basename="county")
router.register("areas", Areas, basename="area")
router.register("organisations", Organisations, basename="organisation")
router.register("children", Children, basename="child")
router.register("pending-assessments", PendingAssessments, basename="pending-assessment")
router.register("helpers", Helpers, basename="helper")
router.register("concerns", Concerns, basename="concern")
router.register("imports", Imports, basename="import")
router.register("exports", Exports, basename="export")
router.register("schemes", Schemes, basename="scheme")
router.register("runs", Runs, basename="run")
router.register("trials", Trials, basename="trial")
router.register("proposals", Proposals, basename="proposal")
router.register("pairs", Pairs, basename="pair")
router.register("objections", Objections, basename="objection")
router.register("vacancies", Vacancies, basename="vacancy")
router.register("applications", Applications, basename="application")
router.register("offers", Offers, basename="offer")
router.register("pairings", Pairings, basename="pairing")
router.register("duties", Duties, basename="duty")
router.register("talk-classes", TalkClasses, basename="talk-class")
router.register("talk-rounds", TalkRounds, basename="talk-round")
router.register("talk-plans", TalkPlans, basename="talk-plan")
router.register("talk-groups", TalkGroups, basename="talk-group")
router.register("event-days", EventDays, basename="event-day")
router.register("event-day-templates", DayTemplates, basename="event-day-template")
router.register("homes", Homes, basename="home")
router.register("bookings", Bookings, basename="booking")
router.register("feeds", Feeds, basename="feed")
router.register("busy-calendars", BusyCalendars, basename="busy-calendar")
router.register("invitations", Invitations, basename="invitation")
router.register("messages", Messages, basename="message")
router.register("inbox", Inbox, basename="inbox")
router.register("telling-rules", TellingRulesOfCounty, basename="telling-rule")
router.register("message-texts", MessageTexts, basename="message-text")
router.register("summaries", Summaries, basename="summary")
router.register("statements", Statements, basename="statement")
router.register("statement-texts", StatementTexts, basename="statement-text")
router.register("stand-ins", StandIns, basename="stand-in")
router.register("offer-questions", OfferQuestions, basename="offer-question")
router.register("own-details", OwnDetails, basename="own-detail")
router.register("pause", Pauses, basename="pause")
router.register("contact", Contacts, basename="contact")

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api:schema"), name="docs"),
    path("", include(router.urls)),
]
