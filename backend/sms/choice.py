"""Which gateway this installation uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from backend.sms.console import ConsoleGateway
from backend.sms.http import HttpGateway

if TYPE_CHECKING:
    from backend.sms.base import SmsGateway


def is_on() -> bool:
    """Whether texts can be sent at all."""
    return bool(settings.SMS_BACKEND != "OFF")


def gateway() -> SmsGateway:
    """
    The gateway of the settings.

    Raises:
        RuntimeError: texts are switched off; ask `is_on` first.
    """
    if settings.SMS_BACKEND == "HTTP":
        return HttpGateway(settings.SMS_URL, settings.SMS_TOKEN, settings.SMS_TIMEOUT_SECONDS)
    if settings.SMS_BACKEND == "CONSOLE":
        return ConsoleGateway()
    raise RuntimeError("Texts are switched off (SMS_BACKEND).")
