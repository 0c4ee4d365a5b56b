"""
Codes by text message and mail: handed over beside the request, so that the answer never waits long and never fails
with the other side.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from backend.sms.base import SmsNotSent, SmsRefused
from backend.sms.choice import gateway
from backend.vault.ids import new_public_id

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

logger = logging.getLogger("qianshou.accounts")

# A gateway that hangs holds this many at most; a person who got nothing asks again a minute later.
AT_ONCE = 32
_places = threading.BoundedSemaphore(AT_ONCE)
# The same for mail, which is waited for a moment: mostly it is on its way when the next page says so.
_mail_places = threading.BoundedSemaphore(AT_ONCE)
SECONDS_FOR_MAIL = 5.0


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


def send_mail(mail: EmailMessage) -> None:
    """
    Send a mail about signing in from a thread of its own, and wait for it a few seconds.

    A server in trouble delays the answer by no more than that and breaks no page; the answer is the same for every
    address, known or not. Nothing is kept: whoever got no code asks for another.
    """
    if not _mail_places.acquire(blocking=False):
        logger.warning("No mail was sent: the server is too slow")
        return
    thread = threading.Thread(target=_mail, args=(mail,), daemon=True, name="mail-code")
    thread.start()
    thread.join(SECONDS_FOR_MAIL)


def _mail(mail: EmailMessage) -> None:
    try:
        mail.send()
    except Exception as error:  # noqa: BLE001 - whatever a server does: neither the address nor the code is logged
        logger.warning("Could not send a code by mail: %s", type(error).__name__)
    finally:
        _mail_places.release()
