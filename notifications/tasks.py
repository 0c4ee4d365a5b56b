"""Background entry: sending what is due."""

from __future__ import annotations

import time
from typing import Any

from django.utils import timezone

from notifications.services import claim_due_message, send_message, wake_sender

# A worker that does not beat for longer counts as hung.
_SECONDS_A_JOB = 8


def send_due(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """Send due messages for a few seconds; what is left is the next job's."""
    stop_at = time.monotonic() + _SECONDS_A_JOB
    while time.monotonic() < stop_at:
        message = claim_due_message(now=timezone.now())
        if message is None:
            return
        send_message(message, now=timezone.now())
    wake_sender(timezone.now())
