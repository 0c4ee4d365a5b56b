"""Making a county, and what it decides about itself."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction

from backend.audit.services import record
from backend.kernel.errors import DomainError, NotAllowed
from backend.roster.models import Area

_COUNTY_CODE = re.compile(r"[1-9][0-9]{5}")
_LONGEST_NAME = 60


class WrongCounty(DomainError):
    code = "county.wrong"
    status = 400
    message = "A county has a division code of six digits and a name of at most 60 characters."


class CountyExists(DomainError):
    code = "county.exists"
    message = "The county %(code)s is there already."


def make_county(*, code: str, name: str, actor: Any) -> Area:
    """
    Make a county; its townships and villages come with the sheets.

    Raises:
        WrongCounty: no division code of a county, or no name.
        CountyExists: there is one with this code.
    """
    name = name.strip()
    if not _COUNTY_CODE.fullmatch(code) or not 0 < len(name) <= _LONGEST_NAME:
        raise WrongCounty
    with transaction.atomic():
        county, is_new = Area.objects.get_or_create(code=code, defaults={"name": name, "kind": Area.Kind.COUNTY})
        if not is_new:
            raise CountyExists(code=code)
        record(actor=actor, verb="county.made", subject=county, after={"code": code, "name": name})
    return county


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
