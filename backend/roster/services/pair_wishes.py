"""Who asked for whom, and who is not to be paired with whom; of one pair it is the one or the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.audit.services import record
from backend.kernel.errors import DomainError, InvalidMove
from backend.outbox.services import publish
from backend.roster.events import PairExcluded
from backend.roster.models import Child, Exclusion, PairWish

if TYPE_CHECKING:
    from backend.roster.models import Helper


class PairIsExcluded(DomainError):
    code = "wish.pair_is_excluded"
    message = "These two are not to be paired; lift that first, if it no longer holds."


def wish_for_pair(*, child: Child, helper: Helper, asked_by: str, actor: Any) -> PairWish:
    """
    Write down that a pair was asked for, or that it was somebody else who asked; the same twice changes nothing.

    Raises:
        PairIsExcluded: the two are not to be paired.
    """
    with transaction.atomic():
        _hold(child)
        if Exclusion.objects.filter(child=child, helper=helper).exists():
            raise PairIsExcluded
        if same := PairWish.objects.filter(child=child, helper=helper, asked_by=asked_by).first():
            return same
        row, _is_new = PairWish.objects.update_or_create(
            child=child, helper=helper, defaults={"asked_by": asked_by, "recorded_by": actor}
        )
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
        _record_withdrawal(wish, actor)


def _record_withdrawal(wish: PairWish, actor: Any) -> None:
    record(actor=actor, verb="wish.withdrawn", subject=wish.child, before={"helper": wish.helper.public_id})


def exclude_pair(*, child: Child, helper: Helper, reason: str, actor: Any) -> Exclusion:
    """
    Say that a helper is not to be paired with a child, or give another reason; the same twice changes nothing.

    A wish for the pair goes, and open offers of the two are withdrawn by the fact told. A pairing that stands goes on
    until somebody ends it: that is a decision of its own.
    """
    with transaction.atomic():
        _hold(child)
        if same := Exclusion.objects.filter(child=child, helper=helper, reason=reason).first():
            return same
        drop_wish(child_id=child.pk, helper_id=helper.pk, actor=actor)
        row, is_new = Exclusion.objects.update_or_create(
            child=child, helper=helper, defaults={"reason": reason, "recorded_by": actor}
        )
        after = {"helper": helper.public_id, "reason": reason}
        record(actor=actor, verb="exclusion.recorded", subject=child, after=after)
        if is_new:
            publish(PairExcluded(child_id=child.pk, helper_id=helper.pk))
    return row


def drop_wish(*, child_id: int, helper_id: int, actor: Any) -> None:
    """
    Take back a wish that what just happened has answered with no; part of the caller's transaction.

    Somebody who withdraws it in the same moment has done it already: no reason to refuse the caller.
    """
    for wish in PairWish.objects.filter(child_id=child_id, helper_id=helper_id).select_related("child", "helper"):
        if wish.delete()[0]:
            _record_withdrawal(wish, actor)


def _hold(child: Child) -> None:
    """Let one word at a time be said of a child: of a pair it is a wish or an exclusion, never both."""
    Child.objects.select_for_update().filter(pk=child.pk).first()


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
