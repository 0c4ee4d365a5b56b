"""A difference between two drafts as the API says it: by what-if and by why-not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from backend.roster.access import helpers_visible_to
from matching.selectors import pairs_visible_to
from matching.services.trials import SOMEBODY_MORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backend.roster.access import Reader
    from matching.models import ProposedPair


_BROKEN = ("conflicts", "forbidden")


class MoveRow(serializers.Serializer):
    """One place that changes hands; null = open, "new" = who was only supposed, "elsewhere" = out of scope."""

    pair = serializers.CharField()
    child = serializers.CharField()
    place = serializers.CharField()
    old = serializers.CharField(allow_null=True)
    new = serializers.CharField(allow_null=True)


class ConflictRow(serializers.Serializer):
    """A rule, and the pairs in the reader's scope it is about."""

    rule = serializers.CharField()
    pairs = serializers.ListField(child=serializers.CharField())
    helpers = serializers.ListField(child=serializers.CharField())


class DifferenceRow(serializers.Serializer):
    """
    [before, after] of each count; fit and squares are sums.

    Everything is empty but for `status`, `conflicts` and `forbidden` where the solve came to no answer.
    """

    status = serializers.CharField()
    conflicts = ConflictRow(many=True, help_text="locked places that cannot all stand")
    forbidden = ConflictRow(many=True, help_text="rules against the one pair that was asked for")
    filled = serializers.DictField(child=serializers.ListField(child=serializers.IntegerField()))
    complete = serializers.ListField(child=serializers.IntegerField())
    fit = serializers.ListField(child=serializers.IntegerField())
    squares = serializers.ListField(child=serializers.IntegerField())
    moves = MoveRow(many=True)


def difference_body(result: dict[str, Any], reader: Reader) -> dict[str, Any]:
    """A trial's result with public ids; moves of children outside the reader's scope are left out."""
    return difference_bodies([result], reader)[0]


def difference_bodies(results: Sequence[dict[str, Any]], reader: Reader) -> list[dict[str, Any]]:
    """Several results as `difference_body`, with as many queries as for one."""
    moves = [move for result in results for move in result["moves"]]
    conflicts = [one for result in results for name in _BROKEN for one in result.get(name, [])]
    asked = {move[0] for move in moves} | {pair for one in conflicts for pair in one["pairs"]}
    visible = pairs_visible_to(reader).in_bulk(sorted(asked))
    ids = {one for _pair, old, new in moves for one in (old, new) if one}
    ids |= {helper for one in conflicts for helper in one["helpers"] if helper}
    people: dict[int | None, str | None] = dict.fromkeys(ids, "elsewhere")
    people |= dict(helpers_visible_to(reader).filter(pk__in=ids).values_list("pk", "public_id"))
    people |= {None: None, SOMEBODY_MORE: "new"}
    return [_body(result, visible, people) for result in results]


def _body(
    result: dict[str, Any], visible: dict[int, ProposedPair], people: dict[int | None, str | None]
) -> dict[str, Any]:
    broken = {
        name: [
            {
                "rule": one["rule"],
                "pairs": [visible[pair].public_id for pair in one["pairs"] if pair in visible],
                "helpers": [people.get(helper) for helper in one["helpers"]],
            }
            for one in result.get(name, [])
        ]
        for name in _BROKEN
    }
    moves = [
        {
            "pair": visible[pair].public_id,
            "child": visible[pair].child.public_id,
            "place": visible[pair].slot.rule.key,
            "old": people.get(old),
            "new": people.get(new),
        }
        for pair, old, new in result["moves"]
        if pair in visible
    ]
    return result | broken | {"moves": moves}
