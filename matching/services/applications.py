"""Applying for a child, the joint check, and what pairings do to an application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from backend.accounts.models import Role
from backend.audit.services import record
from backend.kernel.errors import DomainError, InvalidMove
from backend.outbox.services import publish
from backend.roster.models import Child
from matching.events import ApplicationMoved
from matching.models import Application, ApplicationCheck, Pairing
from matching.models.pairings import OPEN_STATES

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader
    from matching.models import Scheme

APPLICANTS = frozenset({Role.VILLAGE_DIRECTOR, Role.TOWNSHIP_COORDINATOR, Role.SCHOOL_COORDINATOR})
_BODIES = len(ApplicationCheck.Body.values)


class NothingToApplyFor(DomainError):
    """The scheme is off, takes no applications, or the child is no longer on file."""

    code = "application.not_asked"
    message = "This child cannot be applied for in this scheme."


class AppliedAlready(DomainError):
    """An application of this child for this scheme is open."""

    code = "application.open"
    message = "This child has been applied for already."


class OwnApplication(DomainError):
    """Whoever applies does not check."""

    code = "application.own"
    message = "Somebody else has to check what you applied for."


class NotTheirBody(DomainError):
    """The grant does not say that this person speaks for this body."""

    code = "application.not_their_body"
    status = 403
    message = "You do not speak for this body: an administrator says in your grant for which one you check."


class CheckedAlready(DomainError):
    """This body, or this person, has checked it."""

    code = "application.checked"
    message = "This body or you yourself have checked this application already."


def apply_for(*, child: Child, scheme: Scheme, reason: str, actor: Any, reader: Reader, now: datetime) -> Application:
    """
    Put a child forward; the child comes from what the reader may see.

    Raises:
        NotAllowed: only villages, schools and townships apply.
        NothingToApplyFor, AppliedAlready: see there.
    """
    reader.may(*APPLICANTS)
    takes_them = scheme.needs_application and scheme.is_active
    if not takes_them or child.state != Child.State.ACTIVE or not child.village.code.startswith(scheme.county.code):
        raise NothingToApplyFor
    try:
        with transaction.atomic():
            made = Application.objects.create(
                child=child, scheme=scheme, reason=reason[:200], applied_by=actor, applied_at=now
            )
            record(actor=actor, verb="application.made", subject=made, reason=reason)
            publish(ApplicationMoved(application_id=made.pk, state=made.state))
    except IntegrityError as error:
        raise AppliedAlready from error
    return made


def bodies_for(application: Application, reader: Reader) -> list[str]:
    """In whose name the reader may check: what is said for one county holds in no other."""
    return [body for area, body in reader.bodies if application.child.village.code.startswith(area)]


def check_application(
    *, application: Application, body: str, is_fine: bool, note: str, actor: Any, reader: Reader, now: datetime
) -> Application:
    """
    Say yes or no for one body. One no refuses; the yes of both, by two people, lets the child be assigned somebody.

    Raises:
        NotAllowed: the county's people check. NotTheirBody: this one speaks for another body, or for none.
        OwnApplication, CheckedAlready: see there.
        InvalidMove: it is not waiting for a check.
    """
    reader.may(Role.COUNTY_COORDINATOR)
    if body not in bodies_for(application, reader):
        raise NotTheirBody
    if application.applied_by_id == actor.pk:
        raise OwnApplication
    try:
        with transaction.atomic():
            # The row is held first, so that of two checks at once the second sees the first.
            _move(application, (Application.State.APPLIED,), Application.State.APPLIED)
            ApplicationCheck.objects.create(
                application=application, body=body, is_fine=is_fine, note=note[:200], checked_by=actor, checked_at=now
            )
            record(actor=actor, verb="application.checked", subject=application, reason=note, after={"body": body})
            _settle(application, now, is_fine=is_fine)
    except IntegrityError as error:
        raise CheckedAlready from error
    return Application.objects.get(pk=application.pk)


def _settle(application: Application, now: datetime, *, is_fine: bool) -> None:
    # Asked of the table: the caller may hold checks read before this one.
    if is_fine and ApplicationCheck.objects.filter(application=application).count() < _BODIES:
        return
    state = Application.State.CHECKED if is_fine else Application.State.REFUSED
    _move(application, (Application.State.APPLIED,), state, settled_at=now)
    publish(ApplicationMoved(application_id=application.pk, state=state))


def withdraw_application(*, application: Application, actor: Any, reader: Reader, now: datetime) -> None:
    """
    Take an application back before somebody is assigned.

    Raises:
        NotAllowed: only villages, schools and townships, whose child it is.
        InvalidMove: refused, withdrawn or assigned already.
    """
    reader.may(*APPLICANTS)
    with transaction.atomic():
        before = (Application.State.APPLIED, Application.State.CHECKED)
        _move(application, before, Application.State.WITHDRAWN, settled_at=now)
        record(actor=actor, verb="application.withdrawn", subject=application)
        publish(ApplicationMoved(application_id=application.pk, state=Application.State.WITHDRAWN))


def _move(application: Application, from_states: tuple[str, ...], to_state: str, **columns: Any) -> None:
    if Application.objects.filter(pk=application.pk, state__in=from_states).update(state=to_state, **columns) != 1:
        raise InvalidMove(state=Application.objects.values_list("state", flat=True).get(pk=application.pk))


def claim_application(*, child_id: int, scheme: Scheme) -> bool:
    """
    Note that somebody accepted; False where the scheme asks for an application and none is checked any more. Inside
    the caller's transaction.
    """
    if not scheme.needs_application:
        return True
    mine = Application.objects.filter(child_id=child_id, scheme=scheme)
    # A child with two places is assigned twice; holding the row keeps a withdrawal out until this is done.
    held = mine.filter(state__in=(Application.State.CHECKED, Application.State.ASSIGNED))
    return held.update(state=Application.State.ASSIGNED) == 1


def release_application(*, child_id: int, scheme: Scheme) -> None:
    """Put the child back among those to be assigned when the last pairing ends. Inside the caller's transaction."""
    assigned = Application.objects.filter(child_id=child_id, scheme=scheme, state=Application.State.ASSIGNED)
    # Holding the row first: of two pairings that end at once, the second sees that the first has ended.
    assigned.update(state=Application.State.ASSIGNED)
    if not Pairing.objects.filter(child_id=child_id, slot__rule__scheme=scheme, state__in=OPEN_STATES).exists():
        assigned.update(state=Application.State.CHECKED)
