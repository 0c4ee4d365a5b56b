"""
Tried cures in plain words: what it takes, and what it buys.

Used by the pages of a run and of one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from backend.roster.access import helpers_visible_to
from backend.roster.models import Area
from backend.web.shared.words import level_words
from matching.models import SlotRule
from matching.services.remedying import UNANSWERED, UNTRIED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backend.roster.access import Reader
    from matching.models import Certificate

_NAMED = 3
_OF_PEOPLE = frozenset({"limit", "clearance"})
"""Kinds that touch the named people only; the others change a rule for the whole township."""


def told_remedies(certificates: Iterable[Certificate], reader: Reader) -> dict[int, list[str]]:
    """
    Certificate's row id -> its cures as sentences, best first; nothing for those not tried.

    People outside the reader's scope are counted, not named.
    """
    shown = [one for one in certificates if one.remedies]
    ids = {
        helper for one in shown for head in one.remedies or [] for cure in with_also(head) for helper in cure["helpers"]
    }
    names = dict(helpers_visible_to(reader).filter(pk__in=ids).values_list("pk", "name"))
    places = dict(SlotRule.objects.filter(pk__in=_ids_of("place", shown)).values_list("pk", "name"))
    areas = dict(Area.objects.filter(pk__in=_ids_of("area", shown)).values_list("pk", "name"))
    return {one.pk: [_sentence(remedy, names, places, areas) for remedy in one.remedies or []] for one in shown}


def tried_words(certificate: Certificate) -> str:
    """What was tried where nothing helped, by the rules of the scheme; kinds that do not apply are not claimed."""
    scheme = certificate.proposal.scheme
    rules = list(scheme.slot_rules.all())
    asked = [
        # Where nobody may come at all there is nobody to take one more.
        (certificate.kind != certificate.Kind.NOBODY and certificate.helpers > 0, _("能来的人各多带一名")),
        (scheme.limit_per_helper is not None, _("本项目每人多一名")),
        (True, _("没过核查的人补好核查")),
        (any(rule.reach != SlotRule.Reach.COUNTY for rule in rules), _("放宽范围")),
        (any(rule.radius_m for rule in rules), _("放宽远近")),
        (any(rule.sex_rule != SlotRule.SexRule.NONE for rule in rules), _("不限性别")),
        (scheme.has_woman_for_girl, _("女童不要求有女性")),
    ]
    tried = _("、").join(words for applies, words in asked if applies)
    return _("一样一样试过：%(tried)s。单独哪一样都补不上；几样一起改也许行，可以到“试一试”里试。") % {"tried": tried}


def _ids_of(column: str, certificates: Iterable[Certificate]) -> set[int]:
    return {remedy[column] for one in certificates for remedy in one.remedies or [] if column in remedy}


def _sentence(remedy: dict[str, Any], names: dict[int, str], places: dict[int, str], areas: dict[int, str]) -> str:
    if remedy["kind"] in (UNTRIED, UNANSWERED):
        return _untold(remedy, areas)
    takes = _takes(remedy, names, places)
    buys = _bought(remedy["filled"], remedy["complete"])
    if "area" in remedy:
        buys = _("在%(area)s%(buys)s") % {"area": areas.get(remedy["area"], ""), "buys": buys}
    elif remedy["kind"] not in _OF_PEOPLE:
        buys = _("全乡镇%(buys)s") % {"buys": buys}
    costs = _("，要动 %(n)s 对") % {"n": remedy["moves"]} if remedy["moves"] else ""
    if remedy["kind"] == "reach" and remedy["farther_m"]:
        costs += _("，平均相距 %(km)s 公里") % {"km": f"{remedy['farther_m'] / 1000:.1f}"}
    words = _("%(takes)s：%(buys)s%(costs)s") % {"takes": takes, "buys": buys, "costs": costs}
    others = [_also(one, remedy, names, places) for one in with_also(remedy)[1:]]
    return words + _("（或者%(others)s）") % {"others": _("；").join(others)} if others else words


def with_also(remedy: dict[str, Any]) -> list[dict[str, Any]]:
    """A cure and those nearly the same as it."""
    return [remedy, *remedy.get("also", [])]


def _also(remedy: dict[str, Any], head: dict[str, Any], names: dict[int, str], places: dict[int, str]) -> str:
    """What is nearly the same: whom it takes, and what it buys where that differs."""
    takes = _takes(remedy, names, places)
    if (remedy["filled"], remedy["complete"]) == (head["filled"], head["complete"]):
        return takes
    return _("%(takes)s，%(buys)s") % {"takes": takes, "buys": _bought(remedy["filled"], remedy["complete"])}


def _untold(remedy: dict[str, Any], areas: dict[int, str]) -> str:
    area = areas.get(remedy.get("area", 0), "") or _("这一处")
    if remedy["kind"] == UNTRIED:
        return _("%(area)s名额太多，没有逐样试。可以到“试一试”里挑一样试。") % {"area": area}
    return _("%(area)s还有办法在时间内没试出结果。可以到“试一试”里再试。") % {"area": area}


def _bought(filled: dict[str, int], complete: int) -> str:
    """Places more, and children more who have everybody; one number where each child lacked a single place."""
    whole = _("多配齐 %(n)s 名") % {"n": complete}
    if complete <= 0:
        return _places_more(filled)
    if sum(filled.values()) == complete and min(filled.values(), default=0) >= 0:
        return whole
    return _("%(places)s，%(whole)s") % {"places": _places_more(filled), "whole": whole}


def _places_more(filled: dict[str, int]) -> str:
    """Places more in all; level by level where the greater need gains what a lesser one loses."""
    if min(filled.values(), default=0) >= 0:
        return _("多配上 %(n)s 个名额") % {"n": sum(filled.values())}
    words = [
        (_("%(level)s多配 %(n)s 个") if n > 0 else _("%(level)s少配 %(n)s 个"))
        % {"level": level_words([int(level)]), "n": abs(n)}
        for level, n in sorted(filled.items(), reverse=True)
        if n
    ]
    return _("、").join(words)


def _takes(remedy: dict[str, Any], names: dict[int, str], places: dict[int, str]) -> str:
    people = _people(remedy["helpers"], names)
    place = places.get(remedy.get("place", 0), "")
    said = remedy.get("said", {})
    if remedy["kind"] == "limit":
        words = _("%(people)s各多带一名") if len(remedy["helpers"]) > 1 else _("%(people)s多带一名")
        return words % {"people": people}
    if remedy["kind"] == "clearance":
        return _("%(people)s的背景核查补好") % {"people": people}
    if remedy["kind"] == "scheme_cap":
        return _("本项目每人最多 %(n)s 名") % {"n": remedy["limit"]}
    if remedy["kind"] == "reach":
        return _("%(place)s放宽到%(reach)s") % {"place": place, "reach": SlotRule.Reach(said["reach"]).label}
    if remedy["kind"] == "radius":
        return _("%(place)s放宽到 %(km)s 公里") % {"place": place, "km": f"{said['radius_m'] / 1000:g}"}
    return _("女童不要求有女性") if remedy["kind"] == "woman" else _("%(place)s不限性别") % {"place": place}


def _people(helpers: list[int], names: dict[int, str]) -> str:
    known = [names[helper] for helper in helpers if helper in names]
    if not known:
        return _("%(n)s 位别处的帮扶人") % {"n": len(helpers)}
    if len(helpers) <= _NAMED and len(known) == len(helpers):
        return _("、").join(known)
    return _("%(names)s等 %(n)s 人") % {"names": _("、").join(known[:_NAMED]), "n": len(helpers)}
