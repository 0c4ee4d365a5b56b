"""What the messages, feeds and invitations listen to, and what is done again and again; said once, at the start."""

from __future__ import annotations

from datetime import timedelta

from activities.events import (
    DayListed,
    DayPublished,
    DayShown,
    DayWordTakenBack,
    DutyChanged,
    DutyTimedFor,
    HostDeclined,
    TalkPlanPublished,
    TalkPlanReopened,
)
from backend.jobs.registry import recurring
from backend.outbox.registry import subscribe
from backend.roster.events import (
    ChildMoved,
    ConcernEscalated,
    ConcernRaised,
    ConsentGiven,
    ConsentWithdrawn,
    HelperLimitSet,
)
from matching.events import (
    OfferAccepted,
    OfferAsked,
    OfferExtended,
    OfferLapsed,
    OfferWithdrawn,
    PairingEnded,
    PairingResumed,
    PairingSuspended,
    ProposalPublished,
    StandInBegan,
    StandInOver,
)


def begin() -> None:
    """Tell the outbox and the clusters; saying it twice changes nothing."""
    _hear_of_people()
    _hear_of_offers()
    _hear_of_pairings()
    _hear_of_days()
    _keep_feeds_fresh()
    _keep_invitations_right()
    _do_again_and_again()


def _hear_of_people() -> None:
    # With the mail: an import that keeps the other cluster busy must not keep these waiting.
    subscribe(ConcernRaised, "notifications.handlers.on_concern_raised", queue="mail")
    subscribe(ConcernEscalated, "notifications.handlers.on_concern_escalated", queue="mail")
    subscribe(ConsentGiven, "notifications.handlers.on_consent_given")
    subscribe(ConsentWithdrawn, "notifications.handlers.on_consent_withdrawn")
    subscribe(HelperLimitSet, "notifications.handlers.on_helper_limit_set")


def _hear_of_offers() -> None:
    subscribe(ProposalPublished, "notifications.handlers.on_proposal_published")
    subscribe(OfferAccepted, "notifications.handlers.on_offer_accepted")
    subscribe(OfferAsked, "notifications.handlers.on_offer_asked")
    subscribe(OfferExtended, "notifications.handlers.on_offer_extended")
    subscribe(OfferLapsed, "notifications.handlers.on_offer_lapsed")
    subscribe(OfferWithdrawn, "notifications.handlers.on_offer_withdrawn")


def _hear_of_pairings() -> None:
    subscribe(PairingEnded, "notifications.handlers.on_pairing_ended")
    subscribe(PairingSuspended, "notifications.handlers.on_pairing_suspended")
    subscribe(PairingResumed, "notifications.handlers.on_pairing_resumed")
    subscribe(StandInBegan, "notifications.handlers.on_stand_in_began")
    subscribe(StandInOver, "notifications.handlers.on_stand_in_over")


def _hear_of_days() -> None:
    subscribe(DayPublished, "notifications.handlers.on_day_published")
    subscribe(DutyTimedFor, "notifications.handlers.on_duty_timed_for")
    subscribe(HostDeclined, "notifications.handlers.on_host_declined")
    subscribe(DayWordTakenBack, "notifications.handlers.on_word_taken_back")


def _keep_feeds_fresh() -> None:
    subscribe(DutyChanged, "notifications.feed_handlers.on_duty_changed")
    subscribe(DayPublished, "notifications.feed_handlers.on_day_changed")
    subscribe(DayShown, "notifications.feed_handlers.on_day_changed")
    subscribe(DayListed, "notifications.feed_handlers.on_day_listed")
    subscribe(ChildMoved, "notifications.feed_handlers.on_child_moved")
    subscribe(TalkPlanPublished, "notifications.feed_handlers.on_talks_changed")
    subscribe(TalkPlanReopened, "notifications.feed_handlers.on_talks_changed")


def _keep_invitations_right() -> None:
    subscribe(DutyChanged, "notifications.invitation_handlers.on_duty_changed")
    subscribe(DayPublished, "notifications.invitation_handlers.on_day_published")


def _do_again_and_again() -> None:
    # The sweep: whatever a lost wake-up left behind goes out half a minute later.
    recurring("notifications.tasks.send_due", queue="mail", every=timedelta(seconds=30))
    recurring("notifications.tasks.remind", queue="work", every=timedelta(minutes=30))
    recurring("notifications.tasks.send_texts", queue="chat", every=timedelta(seconds=30))
    recurring("notifications.tasks.send_to_robots", queue="chat", every=timedelta(seconds=30))
    recurring("notifications.invitation_tasks.send_invitations", queue="mail", every=timedelta(seconds=30))
    recurring("notifications.feed_tasks.turn_week", queue="work", every=timedelta(hours=1))
