"""The second person of an act that needs two: somebody else who answers for the same child."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.accounts.models import User
from backend.kernel.errors import DomainError
from backend.roster.access import children_visible_to, readers_for

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.models import Child


class NoSecondPerson(DomainError):
    code = "second_person.unknown"
    status = 400
    message = "The second person must be another coordinator who answers for this child."


def second_person(*, login: str, child: Child, actor: Any, now: datetime) -> User:
    """
    The coordinator behind a login, if that is somebody else over the same child.

    Raises:
        NoSecondPerson: unknown, no coordinator, the actor, or not over this child: all alike.
    """
    person = User.objects.filter(email__iexact=login.strip(), is_active=True).first()
    if person is None or person == actor:
        raise NoSecondPerson
    own = (reader for reader in readers_for(person, now) if reader.is_coordinator)
    if not any(children_visible_to(reader).filter(pk=child.pk).exists() for reader in own):
        raise NoSecondPerson
    return person
