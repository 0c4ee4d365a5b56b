"""Who asked for whom, and who is not to be paired with whom; of one pair it is the one or the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.audit.services import record
from backend.kernel.errors import DomainError, InvalidMove
from backend.outbox.services import publish
from backend.roster.events import PairExcluded
from backend.roster.models import Exclusion, PairWish

if TYPE_CHECKING:
    from backend.roster.models import Child, Helper


class PairIsExcluded(DomainError):
    code = "wish.pair_is_excluded"
    message = "These two are not to be paired; lift that first, if it no longer holds."


def wish_for_pair(*, child: Child, helper: Helper, asked_by: str, actor: Any) -> PairWish:
    """
    Write down that a pair was asked for; saying it twice changes nothing.

    Raises:
        PairIsExcluded: the two are not to be paired.
    """
    with transaction.atomic():
        if Exclusion.objects.filter(child=child, helper=helper).exists():
            raise PairIsExcluded
        row, is_new = PairWish.objects.get_or_create(
            child=child, helper=helper, defaults={"asked_by": asked_by, "recorded_by": actor}
        )
        if is_new:
            after = {"helper": helper.public_id, "asked_by": asked_by}
            record(actor=actor, verb="wish.recorded", subject=child, after=after)
    return row


def withdraw_wish(*, wish: PairWish, actor: Any) -> None:
    """
    The wish no longer holds.

    Raises:
        InvalidMove: it was withdrawn meanwhile.
    """
    with transaction.atomic():
        _delete_once(wish)
        record(actor=actor, verb="wish.withdrawn", subject=wish.child, before={"helper": wish.helper.public_id})


def exclude_pair(*, child: Child, helper: Helper, reason: str, actor: Any) -> Exclusion:
    """Say that a helper is not to be paired with a child; a wish for the pair goes. Twice changes nothing."""
    with transaction.atomic():
        PairWish.objects.filter(child=child, helper=helper).delete()
        row, is_new = Exclusion.objects.get_or_create(
            child=child, helper=helper, defaults={"reason": reason, "recorded_by": actor}
        )
        if is_new:
            record(actor=actor, verb="exclusion.recorded", subject=child, after={"helper": helper.public_id})
            publish(PairExcluded(child_id=child.pk, helper_id=helper.pk))
    return row


def lift_exclusion(*, exclusion: Exclusion, actor: Any) -> None:
    """
    The two may be paired again, from the next run on.

    Raises:
        InvalidMove: it was lifted meanwhile.
    """
    with transaction.atomic():
        _delete_once(exclusion)
        before = {"helper": exclusion.helper.public_id, "reason": exclusion.reason}
        record(actor=actor, verb="exclusion.lifted", subject=exclusion.child, before=before)


def _delete_once(row: PairWish | Exclusion) -> None:
    same: Any = (PairWish if isinstance(row, PairWish) else Exclusion).objects.filter(pk=row.pk)
    if same.delete()[0] != 1:
        raise InvalidMove(state="WITHDRAWN")
