from datetime import timedelta

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"
    label = "activities"

    def ready(self) -> None:
        from activities.event_selectors import people_in_days
        from activities.events import DaySeatsChanged
        from activities.selectors import people_in_talks
        from backend.jobs.registry import recurring
        from backend.outbox.registry import subscribe
        from backend.roster.events import ChildLeft, ChildMoved, ConsentGiven, ConsentWithdrawn
        from backend.roster.services import undo_blockers
        from matching.events import (
            OfferAccepted,
            PairingEnded,
            PairingResumed,
            PairingSuspended,
            StandInBegan,
            StandInOver,
        )

        subscribe(OfferAccepted, "activities.handlers.on_offer_accepted")
        subscribe(ChildLeft, "activities.handlers.on_child_left")
        subscribe(ChildMoved, "activities.handlers.on_child_moved")
        subscribe(ConsentGiven, "activities.handlers.on_consent_given")
        subscribe(ConsentWithdrawn, "activities.handlers.on_consent_withdrawn")
        subscribe(DaySeatsChanged, "activities.handlers.on_seats_changed")
        subscribe(PairingEnded, "activities.handlers.on_pairing_over")
        subscribe(PairingResumed, "activities.handlers.on_pairing_resumed")
        subscribe(PairingSuspended, "activities.handlers.on_pairing_over")
        subscribe(StandInBegan, "activities.handlers.on_stand_in_began")
        subscribe(StandInOver, "activities.handlers.on_stand_in_over")
        undo_blockers.register(people_in_talks)
        undo_blockers.register(people_in_days)
        recurring("activities.tasks.read_calendar_links", queue="work", every=timedelta(minutes=5))
        recurring("activities.tasks.fail_stuck", queue="work", every=timedelta(minutes=1))
        recurring("activities.tasks.stop_unwanted_visits", queue="work", every=timedelta(days=1))
        recurring("activities.tasks.list_days", queue="work", every=timedelta(days=1))
