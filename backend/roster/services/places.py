"""What a county decides about itself."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from backend.audit.services import record
from backend.kernel.errors import NotAllowed
from backend.roster.models import Area


def let_townships_publish(*, county: Area, is_on: bool, actor: Any) -> None:
    """
    Say whether townships and schools may publish proposals inside their own scope; saying it twice changes nothing.

    Raises:
        NotAllowed: the area is no county.
    """
    if county.kind != Area.Kind.COUNTY:
        raise NotAllowed
    with transaction.atomic():
        changed = Area.objects.filter(pk=county.pk, townships_may_publish=not is_on)
        if changed.update(townships_may_publish=is_on):
            record(
                actor=actor,
                verb="county.publishing_set",
                subject=county,
                before={"townships_may_publish": not is_on},
                after={"townships_may_publish": is_on},
            )
