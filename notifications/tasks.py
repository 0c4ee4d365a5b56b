"""Background entries: sending what is due."""

from __future__ import annotations

import time
from typing import Any

from django.utils import timezone

from backend.jobs.services import beat
from notifications.kinds import EMAIL, ROBOT, SMS
from notifications.reminders import remind_everybody
from notifications.sending import claim_due_message, robot_kind_of, send_message
from notifications.telling import wake_sender

# A worker that does not beat for longer counts as hung.
_SECONDS_A_JOB = 8


def send_due(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """Send due mail for a few seconds; what is left is the next job's."""
    _send_for_a_while(EMAIL)


def send_texts(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """The same for text messages."""
    _send_for_a_while(SMS)


def send_to_robots(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """The same for group robots; a make that does not answer is left alone until the next job."""
    _send_for_a_while(ROBOT)


def remind(*, job: Any) -> None:
    """Remind, escalate and digest: whatever time brought since the last look."""
    remind_everybody(now=timezone.now(), beat=lambda: beat(job))


def _send_for_a_while(channel: str) -> None:
    stop_at = time.monotonic() + _SECONDS_A_JOB
    silent: set[str] = set()
    while time.monotonic() < stop_at:
        message = claim_due_message(now=timezone.now(), channel=channel, avoid=silent)
        if message is None:
            return
        if not send_message(message, now=timezone.now()):
            if channel != ROBOT:
                return  # the next sweep tries one message again
            silent.add(robot_kind_of(message))
    wake_sender(timezone.now(), channel)
