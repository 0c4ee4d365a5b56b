"""What did not arrive: those who coordinate for that person are told, and see it among the lost messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from backend.roster.models import Area
from notifications.kinds import EMAIL
from notifications.kinds.desk import CHANNEL_TEST
from notifications.models import Message
from notifications.recipients import coordinators_for, of_account, of_message
from notifications.telling import tell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from backend.accounts.models import User
    from backend.roster.models import Helper


def tell_of_loss(message: Message, now: datetime) -> None:
    """Tell whoever coordinates for that person: once a day each. Inside the caller's transaction."""
    fact = f"{timezone.localdate(now):%Y%m%d}"
    told = [(of_account(user), None) for user in _answering(message, now)]
    tell(kind="MESSAGES_LOST", recipients=told, fact=fact, now=now)
    # A later loss of the same day makes the line new again.
    keys = [f"MESSAGES_LOST:{recipient.key}:{fact}" for recipient, _none in told]
    Message.objects.filter(fact__in=keys, read_at__isnull=False).update(read_at=None)


def record_loss(
    *, key: str, kind: str, helper: Helper, about: Mapping[str, Any], state: str, now: datetime
) -> None:  # fmt: skip
    """
    Put what another sender lost among the lost messages, once per key: seen there, and sent again from there.

    Args:
        state: RETURNED or DEAD.
    """
    row = Message(
        key=f"{key}:{EMAIL}", fact=key, kind=kind, channel=EMAIL, helper=helper, account=helper.user, about=dict(about),
        state=state, created_at=now, due_at=now, dead_at=now, problem="address refused",
    )  # fmt: skip
    if state == Message.State.DEAD:
        row.problem = "not delivered in time"
    Message.objects.bulk_create([row], ignore_conflicts=True)
    tell_of_loss(row, now)


def _answering(message: Message, now: datetime) -> list[User]:
    if message.helper is not None:
        return coordinators_for(area=message.helper.township, organisation_id=message.helper.unit_id, now=now)
    if message.guardian is not None:
        child = message.guardian.child
        return coordinators_for(area=child.village, organisation_id=child.school_id, now=now)
    if message.kind == CHANNEL_TEST.code:
        return []  # whoever tried sees it on the page they tried it from
    # A coordinator who is not reached does not read that either: the others of the county are told.
    county = Area.objects.filter(kind=Area.Kind.COUNTY, code=of_message(message).county_code).first()
    others = coordinators_for(area=county, organisation_id=None, now=now) if county is not None else []
    return [user for user in others if user.pk != message.account_id]
