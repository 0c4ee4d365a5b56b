"""Background entry: sending invitations that are due."""

from __future__ import annotations

import time
from typing import Any

from django.utils import timezone

from notifications.invitations import claim_due_invitation, send_invitation, wake_sender

# A worker that does not beat for longer counts as hung.
_SECONDS_A_JOB = 8


def send_invitations(*, job: Any) -> None:  # noqa: ARG001 - the runner's signature
    """Send due invitations for a few seconds; what is left is the next job's."""
    stop_at = time.monotonic() + _SECONDS_A_JOB
    while time.monotonic() < stop_at:
        one = claim_due_invitation(now=timezone.now())
        if one is None:
            return
        if not send_invitation(one, now=timezone.now()):
            return  # the next sweep tries one again
    wake_sender(timezone.now())
