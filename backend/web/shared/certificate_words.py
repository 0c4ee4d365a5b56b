"""What parts two shortages that would read alike: used by the page of a run, and by nobody else so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from backend.web.shared.words import level_words
from matching.models import ProposedPair

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matching.models import Certificate

_NAMED = 3


def what_parts(certificates: Iterable[Certificate]) -> dict[int, str]:
    """
    Certificate's row id -> what tells it from others of the same draft, place and kind of place.

    Sex first where one is of girls or boys only, then the children's schools, then their villages, then their levels;
    nothing for those that cannot be mistaken.
    """
    alike: dict[tuple[int, str, str], list[int]] = {}
    for one in certificates:
        alike.setdefault((one.proposal_id, one.place_name, one.slot_name), []).append(one.pk)
    groups = [group for group in alike.values() if len(group) > 1]
    facts = _facts([pk for group in groups for pk in group])
    return {pk: words for group in groups for pk, words in _of_group(group, facts).items()}


def _facts(ids: list[int]) -> dict[int, dict[str, set[Any]]]:
    """Row id -> the sexes, schools, villages and levels of the children it is about."""
    columns = ("child__sex", "child__school__name", "child__village__name", "child__need_level")
    rows = (
        ProposedPair.objects.filter(certificate__in=ids).order_by().values_list("certificate_id", *columns).distinct()
    )
    found: dict[int, dict[str, set[Any]]] = {pk: {column: set() for column in columns} for pk in ids}
    for pk, *values in rows:
        for column, value in zip(columns, values, strict=True):
            if value:
                found[pk][column].add(value)
    return found


def _of_group(group: list[int], facts: dict[int, dict[str, set[Any]]]) -> dict[int, str]:
    """Each row by the first trait that sets every row of the group apart from every other."""
    for column in ("child__sex", "child__school__name", "child__village__name", "child__need_level"):
        values = [frozenset(facts[pk][column]) for pk in group]
        if all(values) and len(set(values)) == len(values):
            return {pk: _said(column, facts[pk][column]) for pk in group}
    return {pk: _said("child__school__name", facts[pk]["child__school__name"]) for pk in group}


def _said(column: str, values: set[Any]) -> str:
    if column == "child__sex":
        return _("只有女童") if values == {"F"} else _("只有男童") if values == {"M"} else _("男女都有")
    if column == "child__need_level":
        return level_words(set(values))
    named = _("、").join(sorted(values)[:_NAMED])
    if len(values) <= _NAMED:
        return named
    many = _("%(names)s等 %(n)s 所学校") if column == "child__school__name" else _("%(names)s等 %(n)s 个村")
    return many % {"names": named, "n": len(values)}
