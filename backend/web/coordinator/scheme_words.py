"""A rule book in plain words, for the list of schemes and the page of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from backend.roster.models import HelperRole
from backend.roster.models.assessment import Assessment
from backend.roster.models.people import Sex
from backend.web.shared.words import full_marks, level_words, said_reasons
from matching.models import PlaceRole

if TYPE_CHECKING:
    from matching.models import Scheme, SlotRule


@dataclass(frozen=True)
class ToldPlace:
    """One kind of place, in words."""

    rule: SlotRule
    who: str
    where: str
    conditions: list[str]
    wishes: list[tuple[str, float]]
    full: str


@dataclass(frozen=True)
class ToldBook:
    """A whole rule book, in words."""

    scheme: Scheme
    whom: str
    levels: str
    conditions: list[str]
    places: list[ToldPlace]


def told(scheme: Scheme) -> ToldBook:
    """Say what a scheme's rows mean."""
    rules = sorted(scheme.slot_rules.all(), key=lambda rule: (rule.position, rule.pk))
    levels = level_words(scheme.target_levels)
    return ToldBook(scheme, _whom(scheme, levels), levels, _conditions(scheme), [_place(rule) for rule in rules])


def _whom(scheme: Scheme, levels: str) -> str:
    parts = [_("%(levels)s儿童") % {"levels": levels}, *_target(scheme.target)]
    return _("，").join(parts)


def _target(target: dict[str, Any]) -> list[str]:
    said: list[str] = []
    if "sex" in target:
        said.append(_("女童") if target["sex"] == Sex.FEMALE else _("男童"))
    if "ages" in target:
        said.append(_range(target["ages"], _("%(a)s 到 %(b)s 岁"), _("%(a)s 岁以上"), _("%(b)s 岁以下")))
    if "grades" in target:
        said.append(_range(target["grades"], _("%(a)s 到 %(b)s 年级"), _("%(a)s 年级以上"), _("%(b)s 年级以下")))
    said += [_("、").join(target[name]) for name in ("categories", "needs") if name in target]
    if "guardianship_types" in target:
        words = (str(Assessment.GuardianshipType(one).label) for one in target["guardianship_types"])
        said.append(_("监护情况%(words)s") % {"words": _("、").join(words)})
    if "severities" in target:
        said.append(_("严重程度%(words)s 级") % {"words": _("、").join(str(one) for one in target["severities"])})
    if "is_boarding" in target:
        said.append(_("住校") if target["is_boarding"] else _("不住校"))
    return said


def _range(ends: list[int | None], both: str, low_only: str, high_only: str) -> str:
    low, high = ends
    words = both if low is not None and high is not None else low_only if low is not None else high_only
    return words % {"a": low, "b": high}


def _conditions(scheme: Scheme) -> list[str]:
    said = []
    if scheme.needs_application:
        said.append(_("先申请、再核查、后指派"))
    if scheme.is_bundled:
        said.append(_("必需的名额齐了才算配上，差一个就一个也不配"))
    if scheme.has_woman_for_girl:
        said.append(_("女童的几个名额里至少有一位女性"))
    if scheme.target_per_helper:
        said.append(_("每人应有 %(n)s 名") % {"n": scheme.target_per_helper})
    if not scheme.counts_towards_total:
        said.append(_("不占帮扶人的名额上限"))
    if scheme.lasts == scheme.Lasts.UNTIL_18:
        said.append(_("直到孩子满 18 岁"))
    return said


def _place(rule: SlotRule) -> ToldPlace:
    weights = sorted(rule.weights.items(), key=lambda weight: -weight[1])
    wishes = [(words, points / 10) for words, points in said_reasons(weights) if points]
    return ToldPlace(rule, _who(rule), _where(rule), _place_conditions(rule), wishes, full_marks([rule]))


def _who(rule: SlotRule) -> str:
    words = [str(PlaceRole(role).label) for role in rule.roles]
    kinds = [str(HelperRole.ElderKind(kind).label) for kind in rule.elder_kinds]
    return _("、").join(words) + (_("（只要%(kinds)s）") % {"kinds": _("、").join(kinds)} if kinds else "")


def _where(rule: SlotRule) -> str:
    if not rule.radius_m:
        return str(rule.get_reach_display())
    return _("%(reach)s，%(km)s 公里以内") % {"reach": rule.get_reach_display(), "km": f"{rule.radius_m / 1000:g}"}


def _place_conditions(rule: SlotRule) -> list[str]:
    said = [str(rule.get_sex_rule_display())] if rule.sex_rule != rule.SexRule.NONE else []
    if rule.age_gap_years:
        said.append(_("至少比孩子大 %(n)s 岁") % {"n": rule.age_gap_years})
    if rule.required_skills:
        said.append(_("会%(skills)s") % {"skills": _("、").join(rule.required_skills)})
    if not rule.is_required:
        said.append(_("不是必需"))
    return said
