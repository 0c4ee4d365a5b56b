from datetime import timedelta

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "backend.jobs"
    label = "jobs"

    def ready(self) -> None:
        from backend.jobs.registry import recurring

        recurring("backend.jobs.tasks.tidy", queue="work", every=timedelta(hours=6))
