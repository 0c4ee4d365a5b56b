from datetime import timedelta

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    label = "notifications"

    def ready(self) -> None:
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

        # With the mail: an import that keeps the other cluster busy must not keep these waiting.
        subscribe(ConcernRaised, "notifications.handlers.on_concern_raised", queue="mail")
        subscribe(ConcernEscalated, "notifications.handlers.on_concern_escalated", queue="mail")
        subscribe(ConsentGiven, "notifications.handlers.on_consent_given")
        subscribe(ConsentWithdrawn, "notifications.handlers.on_consent_withdrawn")
        subscribe(HelperLimitSet, "notifications.handlers.on_helper_limit_set")
        subscribe(ProposalPublished, "notifications.handlers.on_proposal_published")
        subscribe(OfferAccepted, "notifications.handlers.on_offer_accepted")
        subscribe(OfferAsked, "notifications.handlers.on_offer_asked")
        subscribe(OfferExtended, "notifications.handlers.on_offer_extended")
        subscribe(OfferLapsed, "notifications.handlers.on_offer_lapsed")
        subscribe(OfferWithdrawn, "notifications.handlers.on_offer_withdrawn")
        subscribe(PairingEnded, "notifications.handlers.on_pairing_ended")
        subscribe(PairingSuspended, "notifications.handlers.on_pairing_suspended")
        subscribe(PairingResumed, "notifications.handlers.on_pairing_resumed")
        subscribe(StandInBegan, "notifications.handlers.on_stand_in_began")
        subscribe(StandInOver, "notifications.handlers.on_stand_in_over")
        subscribe(DayPublished, "notifications.handlers.on_day_published")
        subscribe(DutyTimedFor, "notifications.handlers.on_duty_timed_for")
        subscribe(DutyChanged, "notifications.feed_handlers.on_duty_changed")
        subscribe(DayPublished, "notifications.feed_handlers.on_day_changed")
        subscribe(DayShown, "notifications.feed_handlers.on_day_changed")
        subscribe(DayListed, "notifications.feed_handlers.on_day_listed")
        subscribe(ChildMoved, "notifications.feed_handlers.on_child_moved")
        subscribe(DutyChanged, "notifications.invitation_handlers.on_duty_changed")
        subscribe(DayPublished, "notifications.invitation_handlers.on_day_published")
        subscribe(HostDeclined, "notifications.handlers.on_host_declined")
        subscribe(DayWordTakenBack, "notifications.handlers.on_word_taken_back")
        subscribe(TalkPlanPublished, "notifications.feed_handlers.on_talks_changed")
        subscribe(TalkPlanReopened, "notifications.feed_handlers.on_talks_changed")
        # The sweep: whatever a lost wake-up left behind goes out half a minute later.
        recurring("notifications.tasks.send_due", queue="mail", every=timedelta(seconds=30))
        recurring("notifications.tasks.remind", queue="work", every=timedelta(minutes=30))
        recurring("notifications.tasks.send_texts", queue="chat", every=timedelta(seconds=30))
        recurring("notifications.tasks.send_to_robots", queue="chat", every=timedelta(seconds=30))
        recurring("notifications.invitation_tasks.send_invitations", queue="mail", every=timedelta(seconds=30))
        recurring("notifications.feed_tasks.turn_week", queue="work", every=timedelta(hours=1))
