from datetime import timedelta

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"
    label = "matching"

    def ready(self) -> None:
        from backend.jobs.registry import recurring
        from backend.outbox.registry import subscribe
        from backend.roster.events import (
            ChildLeft,
            ChildMoved,
            ConsentWithdrawn,
            HelperLeft,
            HelperPaused,
            PairExcluded,
        )
        from backend.roster.services import undo_blockers
        from matching.events import (
            ApplicationMoved,
            OfferAccepted,
            OfferDeclined,
            OfferLapsed,
            OfferWithdrawn,
            PairingEnded,
        )
        from matching.selectors import people_with_offers
        from matching.statement_selectors import people_with_signed_statements

        subscribe(ChildLeft, "matching.handlers.on_child_left")
        subscribe(ChildMoved, "matching.handlers.on_child_moved")
        subscribe(PairExcluded, "matching.handlers.on_pair_excluded")
        subscribe(HelperLeft, "matching.handlers.on_helper_left")
        subscribe(HelperPaused, "matching.handlers.on_helper_paused")
        subscribe(ConsentWithdrawn, "matching.handlers.on_consent_withdrawn")
        subscribe(ApplicationMoved, "matching.handlers.on_application_moved")
        for fact in (OfferDeclined, OfferLapsed, OfferWithdrawn):
            subscribe(fact, "matching.handlers.on_offer_over")
        subscribe(OfferAccepted, "matching.handlers.on_offer_accepted")
        subscribe(PairingEnded, "matching.handlers.on_pairing_ended")
        undo_blockers.register(people_with_offers)
        undo_blockers.register(people_with_signed_statements)
        recurring("matching.tasks.fail_stuck_runs", queue="work", every=timedelta(minutes=1))
        recurring("matching.tasks.check_clearances", queue="work", every=timedelta(minutes=15))
        recurring("matching.tasks.lapse_offers", queue="work", every=timedelta(minutes=1))
        recurring("matching.tasks.check_pauses", queue="work", every=timedelta(hours=1))
        recurring("matching.tasks.wake_repairs", queue="work", every=timedelta(minutes=10))
        recurring("matching.tasks.open_terms", queue="work", every=timedelta(days=1))
