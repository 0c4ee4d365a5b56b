from datetime import timedelta

from django.apps import AppConfig


class RosterConfig(AppConfig):
    name = "backend.roster"
    label = "roster"

    def ready(self) -> None:
        from backend.jobs.registry import recurring
        from backend.roster.services import undo_blockers
        from backend.roster.services.concerns import people_in_concerns

        undo_blockers.register(people_in_concerns)
        recurring("backend.roster.tasks.close_grown_up", queue="work", every=timedelta(hours=6))
        recurring("backend.roster.tasks.turn_pauses", queue="work", every=timedelta(hours=1))
        recurring("backend.roster.tasks.expire_exports", queue="work", every=timedelta(hours=1))
        # With the mail: what waits behind an import or an export must not be this.
        recurring("backend.roster.tasks.escalate_concerns", queue="mail", every=timedelta(minutes=1))
