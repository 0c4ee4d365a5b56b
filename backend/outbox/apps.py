from datetime import timedelta

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "backend.outbox"
    label = "outbox"

    def ready(self) -> None:
        from backend.jobs.registry import check_each_beat, recurring

        check_each_beat("backend.outbox.sweeper.ring_when_due")
        recurring("backend.outbox.tasks.tidy", queue="work", every=timedelta(hours=6))
