"""Codes by text message: handed to the gateway beside the request, so that the answer never waits for it."""

from __future__ import annotations

import logging
import threading

from backend.sms.base import SmsNotSent, SmsRefused
from backend.sms.choice import gateway
from backend.vault.ids import new_public_id

logger = logging.getLogger("qianshou.accounts")

# A gateway that hangs holds this many at most; a person who got nothing asks again a minute later.
AT_ONCE = 32
_places = threading.BoundedSemaphore(AT_ONCE)


def send_code(phone: str, text: str) -> None:
    """
    Send a text from a thread of its own.

    Nothing is kept of it: a code lives for three minutes and whoever did not get one asks for another. The answer to
    the person takes the same time for every number, known or not, whatever the gateway does.
    """
    if not _places.acquire(blocking=False):
        logger.warning("No text was sent: the gateway is too slow")
        return
    threading.Thread(target=_send, args=(phone, text), daemon=True, name="sms-code").start()


def _send(phone: str, text: str) -> None:
    try:
        gateway().send(phone=phone, text=text, key=new_public_id())
    except (SmsNotSent, SmsRefused) as error:
        # Neither the number nor the code: what the gateway said is enough to mend it.
        logger.warning("Could not send a code: %s", error)
    finally:
        _places.release()
