"""Granting roles. The grant is the approval the law asks for: who gave it, why, and when it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.accounts.models import NEEDS_SECOND_FACTOR, ApiToken, Role, User
from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.roster.models import Area, Membership, Organisation
from backend.roster.models.membership import LONGEST_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from backend.roster.models import GrantProposal

LONGEST = timedelta(days=LONGEST_DAYS)

# Role -> the kinds of place it is granted over; () stands for no place at all. Helpers and guardians are no members:
# what they may do follows from the roster.
PLACES: Mapping[str, tuple[str, ...]] = {
    Role.ADMIN: (),
    Role.AUDITOR: (),
    Role.COUNTY_COORDINATOR: (Area.Kind.COUNTY,),
    Role.TOWNSHIP_COORDINATOR: (Area.Kind.TOWNSHIP,),
    Role.SCHOOL_COORDINATOR: (Organisation.Kind.SCHOOL,),
    Role.VILLAGE_DIRECTOR: (Area.Kind.VILLAGE,),
    Role.API_CLIENT: tuple(Area.Kind),
}


class GrantTooLong(DomainError):
    code = "membership.too_long"
    status = 400
    message = "A role is granted for twelve months at most."


class GrantOver(DomainError):
    code = "membership.over"
    status = 400
    message = "A role ends after it begins, and not in the past."


class GrantWrongPlace(DomainError):
    code = "membership.wrong_place"
    status = 400
    message = "This role is not granted over such a place."


class GrantWrongBody(DomainError):
    code = "membership.wrong_body"
    status = 400
    message = "Only coordinators of a county speak for a body that checks applications."


class GrantToOneself(DomainError):
    code = "membership.to_oneself"
    status = 403
    message = "Nobody grants a role to themselves."


class GrantNeedsReason(DomainError):
    code = "membership.needs_reason"
    status = 400
    message = "Say why this role is granted."


class AccountClosed(DomainError):
    code = "membership.account_closed"
    message = "This account is closed."


class GrantStands(DomainError):
    code = "membership.stands"
    message = "This person holds this role there already at that time."


def grant_membership(  # noqa: PLR0913 - each is a line of the grant
    *,
    user: User,
    role: str,
    granted_by: User | None,
    reason: str,
    starts_at: datetime,
    expires_at: datetime,
    now: datetime,
    area: Area | None = None,
    organisation: Organisation | None = None,
    confirmed_by: User | None = None,
    body: str = "",
) -> Membership:
    """
    Grant a role over a place.

    Args:
        granted_by: None for the person at the machine itself, who makes a county.
        confirmed_by: the second administrator, where the grant came from a proposal (`services.grants`).
        body: the one of `CheckingBody` in whose name the person checks applications, if any.

    Raises:
        GrantTooLong: more than 366 days.
        GrantOver: it ends before it begins, or has ended.
        GrantWrongPlace: the role is not held over such a place, or is no role that is granted.
        GrantWrongBody: only a county's coordinators speak for a body.
        GrantToOneself: giver and receiver are one person.
        GrantNeedsReason: no reason given.
        AccountClosed: the receiver's account is closed.
        GrantStands: the same role over the same place overlaps.
    """
    check_grant(
        user=user, role=role, area=area, organisation=organisation,
        starts_at=starts_at, expires_at=expires_at, reason=reason, body=body,
        givers=(granted_by, confirmed_by), now=now,
    )  # fmt: skip
    with transaction.atomic():
        # The row lock lets two who grant at once see each other.
        held = User.objects.select_for_update().get(pk=user.pk)
        if not held.is_active:
            raise AccountClosed
        same = Membership.objects.filter(user=user, role=role, area=area, organisation=organisation)
        if same.filter(starts_at__lt=expires_at, expires_at__gt=starts_at, revoked_at=None).exists():
            raise GrantStands
        row = Membership.objects.create(
            user=user,
            role=role,
            area=area,
            organisation=organisation,
            body=body,
            granted_by=granted_by,
            confirmed_by=confirmed_by,
            reason=reason.strip()[:200],
            starts_at=starts_at,
            expires_at=expires_at,
        )
        if role in NEEDS_SECOND_FACTOR:
            _ask_for_second_factor(user, now)
        giver = confirmed_by or granted_by
        record(actor=giver, verb="membership.granted", subject=row, after=facts_of(row), reason=row.reason)
    return row


def _ask_for_second_factor(user: User, now: datetime) -> None:
    """From here on the account signs in with two factors; tokens made with one do not carry the new role."""
    if User.objects.filter(pk=user.pk, needs_second_factor=False).update(needs_second_factor=True):
        ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)


def ask_for_one_factor_again(user: User, now: datetime) -> bool:
    """
    Lift the duty of two factors when no role of the account asks for it any more; answers whether it was lifted.

    Whoever has a second factor keeps signing in with it; they may now take it off. Inside the caller's transaction.
    """
    # The row lock a grant takes as well: one that is being made is waited for, and seen.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    kept = Membership.objects.filter(user=user, role__in=NEEDS_SECOND_FACTOR, revoked_at=None, expires_at__gt=now)
    if kept.exists():
        return False
    return bool(User.objects.filter(pk=user.pk, needs_second_factor=True).update(needs_second_factor=False))


def check_grant(
    *,
    user: User,
    role: str,
    area: Area | None,
    organisation: Organisation | None,
    starts_at: datetime,
    expires_at: datetime,
    reason: str,
    givers: Iterable[User | None],
    now: datetime,
    body: str = "",
) -> None:
    """
    Whether such a grant may be: its time, its place, its reason, and that nobody gives it to themselves.

    Raises:
        GrantTooLong, GrantOver, GrantWrongPlace, GrantWrongBody, GrantToOneself, GrantNeedsReason: as
            `grant_membership`.
    """
    _check_time(starts_at, expires_at, now)
    _check_place(role, area, organisation)
    if body and role != Role.COUNTY_COORDINATOR:
        raise GrantWrongBody
    if any(giver is not None and giver.pk == user.pk for giver in givers):
        raise GrantToOneself
    if not reason.strip():
        raise GrantNeedsReason


def _check_time(starts_at: datetime, expires_at: datetime, now: datetime) -> None:
    if expires_at <= max(starts_at, now):
        raise GrantOver
    if expires_at - starts_at > LONGEST:
        raise GrantTooLong


def _check_place(role: str, area: Area | None, organisation: Organisation | None) -> None:
    kinds = PLACES.get(role)
    given = [place.kind for place in (area, organisation) if place is not None]
    fits = len(given) == 1 and given[0] in kinds if kinds else not given
    if kinds is None or not fits:
        raise GrantWrongPlace


def facts_of(row: Membership | GrantProposal) -> dict[str, Any]:
    """What the audit keeps of a grant or of a proposal."""
    place = row.area.code if row.area else row.organisation.public_id if row.organisation else ""
    return {
        "user": row.user.public_id,
        "role": str(row.role),
        "place": place,
        "body": str(row.body),
        "starts_at": row.starts_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
    }
