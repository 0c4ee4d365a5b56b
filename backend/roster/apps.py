from datetime import timedelta

from django.apps import AppConfig


class RosterConfig(AppConfig):
    name = "backend.roster"
    label = "roster"

    def ready(self) -> None:
        from backend.jobs.registry import recurring

        recurring("backend.roster.tasks.close_grown_up", queue="work", every=timedelta(hours=6))
        recurring("backend.roster.tasks.turn_pauses", queue="work", every=timedelta(hours=1))
        recurring("backend.roster.tasks.expire_exports", queue="work", every=timedelta(hours=1))
