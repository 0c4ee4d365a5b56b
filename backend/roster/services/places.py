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
MOST_BY_THEMSELVES = 20


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


class OwnLimitWrong(DomainError):
    code = "county.own_limit_wrong"
    status = 400
    message = "Helpers can be let go up to a number from 1 to %(most)s, or not at all."


def let_helpers_raise(*, county: Area, most: int | None, actor: Any) -> None:
    """
    Say up to how many children helpers may take on without asking anybody; None: they can only go down by themselves.

    Raises:
        NotAllowed: the area is no county. OwnLimitWrong: not a number anybody can mean.
    """
    if county.kind != Area.Kind.COUNTY:
        raise NotAllowed
    if most is not None and not 1 <= most <= MOST_BY_THEMSELVES:
        raise OwnLimitWrong(most=MOST_BY_THEMSELVES)
    with transaction.atomic():
        before = Area.objects.select_for_update().values_list("own_limit_most", flat=True).get(pk=county.pk)
        if before == most:
            return
        Area.objects.filter(pk=county.pk).update(own_limit_most=most)
        said, was = {"own_limit_most": most}, {"own_limit_most": before}
        record(actor=actor, verb="county.own_limit_set", subject=county, before=was, after=said)


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
