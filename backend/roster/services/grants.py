"""Granting by two administrators: one proposes, another confirms; one alone may take a role back, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Max

from backend.accounts.models import Role, User
from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.roster.models import GrantProposal, Membership
from backend.roster.services.memberships import (
    AccountClosed,
    GrantNeedsReason,
    ask_for_one_factor_again,
    check_grant,
    facts_of,
    grant_membership,
)

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader
    from backend.roster.models import Area, Organisation

State = GrantProposal.State


class SecondAdministratorNeeded(DomainError):
    code = "grant.second_person"
    status = 403
    message = "Another administrator has to confirm this grant."


class GrantProposed(DomainError):
    code = "grant.proposed"
    message = "This grant is proposed already and waits for another administrator."


class GrantAnswered(DomainError):
    code = "grant.answered"
    message = "This proposal has been answered already."


class GrantOverAlready(DomainError):
    code = "grant.over"
    message = "This grant has ended already."


class LastAdministrator(DomainError):
    code = "grant.last_administrator"
    message = "This is the last administrator: nobody could grant roles any more."


def propose_grant(
    *,
    user: User,
    role: str,
    reason: str,
    expires_at: datetime,
    actor: User,
    reader: Reader,
    now: datetime,
    area: Area | None = None,
    organisation: Organisation | None = None,
    body: str = "",
) -> GrantProposal:
    """
    Propose a role for somebody. Where they hold it there already, the new grant begins when the old one ends.

    Raises:
        GrantProposed: the same is waiting for an answer.
        GrantTooLong, GrantOver, GrantWrongPlace, GrantWrongBody, GrantToOneself, GrantNeedsReason: as for a grant.
        AccountClosed: the receiver's account is closed. NotAllowed: no administrator.
    """
    reader.may(Role.ADMIN)
    # With another body it is another grant: it takes the old one's place as soon as it is confirmed.
    held = {"user": user, "role": role, "area": area, "organisation": organisation, "body": body}
    same = Membership.objects.standing_at(now).filter(**held)
    starts_at = same.aggregate(latest=Max("expires_at"))["latest"] or now
    check_grant(
        user=user, role=role, area=area, organisation=organisation,
        starts_at=starts_at, expires_at=expires_at, reason=reason, givers=(actor,), now=now, body=body,
    )  # fmt: skip
    if not user.is_active:
        raise AccountClosed
    try:
        with transaction.atomic():
            row = GrantProposal.objects.create(
                user=user, role=role, area=area, organisation=organisation, body=body, reason=reason.strip()[:200],
                starts_at=starts_at, expires_at=expires_at, proposed_by=actor, proposed_at=now,
            )  # fmt: skip
            record(actor=actor, verb="membership.proposed", subject=row, after=facts_of(row), reason=row.reason)
    except IntegrityError as error:
        raise GrantProposed from error
    return row


def confirm_grant(*, proposal: GrantProposal, actor: User, reader: Reader, now: datetime) -> Membership:
    """
    The second administrator's yes: the role holds from now on, or from the end of the one before.

    Raises:
        SecondAdministratorNeeded: the actor proposed it. GrantToOneself: the actor would receive it.
        GrantAnswered. GrantOver: its time has passed. GrantStands: it was granted meanwhile.
        AccountClosed: the receiver's account was closed. NotAllowed: no administrator.
    """
    reader.may(Role.ADMIN)
    if proposal.proposed_by_id == actor.pk:
        raise SecondAdministratorNeeded
    with transaction.atomic():
        _answer(proposal, State.CONFIRMED, actor, now)
        _end_other_bodies(proposal, actor, now)
        row = grant_membership(
            user=proposal.user, role=proposal.role, area=proposal.area, organisation=proposal.organisation,
            granted_by=proposal.proposed_by, confirmed_by=actor, reason=proposal.reason,
            starts_at=max(now, proposal.starts_at), expires_at=proposal.expires_at, now=now, body=proposal.body,
        )  # fmt: skip
        GrantProposal.objects.filter(pk=proposal.pk).update(membership=row)
    proposal.refresh_from_db()
    return row


def _end_other_bodies(proposal: GrantProposal, actor: User, now: datetime) -> None:
    """Nobody speaks for two bodies: what is confirmed now replaces the same role held for another, or for none."""
    others = Membership.objects.standing_at(now).filter(
        user=proposal.user, role=proposal.role, area=proposal.area, organisation=proposal.organisation
    )
    for one in others.exclude(body=proposal.body):
        ended = Membership.objects.standing_at(now).filter(pk=one.pk)
        if ended.update(revoked_at=now, revoked_by=actor, revoke_reason=proposal.reason):
            record(actor=actor, verb="membership.revoked", subject=one, before=facts_of(one), reason=proposal.reason)


def refuse_grant(*, proposal: GrantProposal, reason: str, actor: User, reader: Reader, now: datetime) -> None:
    """
    An administrator's no; whoever proposed it takes it back the same way.

    Raises:
        GrantNeedsReason: no reason given. GrantAnswered. NotAllowed: no administrator.
    """
    reader.may(Role.ADMIN)
    if not reason.strip():
        raise GrantNeedsReason
    with transaction.atomic():
        _answer(proposal, State.REFUSED, actor, now, reason.strip()[:200])
        record(actor=actor, verb="membership.refused", subject=proposal, after=facts_of(proposal), reason=reason)
    proposal.refresh_from_db()


def _answer(proposal: GrantProposal, state: str, actor: User, now: datetime, reason: str = "") -> None:
    waiting = GrantProposal.objects.filter(pk=proposal.pk, state=State.PROPOSED)
    if waiting.update(state=state, answered_by=actor, answered_at=now, answer_reason=reason) != 1:
        raise GrantAnswered


def revoke_membership(*, membership: Membership, reason: str, actor: User, reader: Reader, now: datetime) -> None:
    """
    End a grant at once: from the next request on it opens nothing. It takes one administrator, so that it is quick.

    Raises:
        GrantNeedsReason: no reason given. GrantOverAlready: ended or revoked before.
        LastAdministrator: nobody else could grant roles. NotAllowed: no administrator.
    """
    reader.may(Role.ADMIN)
    if not reason.strip():
        raise GrantNeedsReason
    with transaction.atomic():
        # Two administrators who revoke each other wait here, and the second finds itself the last. Their logins stay
        # free: whoever grants something at this moment refers to them.
        admins = list(
            Membership.objects.select_for_update(of=("self",))
            .held_at(now)
            .filter(role=Role.ADMIN, user__is_active=True)
        )
        if membership.role == Role.ADMIN and not any(one.user_id != membership.user_id for one in admins):
            raise LastAdministrator
        standing = Membership.objects.standing_at(now).filter(pk=membership.pk)
        if standing.update(revoked_at=now, revoked_by=actor, revoke_reason=reason.strip()[:200]) != 1:
            raise GrantOverAlready
        is_lifted = ask_for_one_factor_again(membership.user, now)
        after = {"needs_second_factor": False} if is_lifted else {}
        record(
            actor=actor,
            verb="membership.revoked",
            subject=membership,
            before=facts_of(membership),
            after=after,
            reason=reason,
        )
    membership.refresh_from_db()
