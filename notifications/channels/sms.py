"""Text messages, through the gateway of this installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.sms.base import SmsNotSent, SmsRefused
from backend.sms.choice import gateway, is_on
from notifications.channels.base import ChannelDown, RecipientRefused

if TYPE_CHECKING:
    from notifications.channels.base import Envelope


def send(envelope: Envelope) -> None:
    """
    Hand one short text to the gateway.

    Raises:
        RecipientRefused: the gateway does not want this number or text.
        ChannelDown: the gateway is in trouble, or texts are switched off.
    """
    if not is_on():
        raise ChannelDown("texts are switched off")
    try:
        gateway().send(phone=envelope.address, text=envelope.short, key=envelope.key)
    except SmsRefused as error:
        raise RecipientRefused from error
    except SmsNotSent as error:
        raise ChannelDown(str(error)) from None
