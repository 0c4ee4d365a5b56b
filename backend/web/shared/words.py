"""Words for codes that the domain keeps in both languages, and short words for what stands in the way of a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from backend.roster.levels import LEVEL_WORDS
from matching.selectors import reason_words, rule_sentences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matching.models import ProposedPair, SlotRule

BROKEN = {
    "consent": _("监护人现在不同意，或孩子已离开"),
    "helper_left": _("帮扶人已离开或暂停"),
    "objected": _("乡镇或学校有异议，等县里定"),
    "other_half": _("同一个孩子的另一个名额发不出去"),
    "not_applied": _("还没有核查通过的申请"),
    "no_leader": _("本班没有可以带领的老师"),
    "role": _("身份不合"),
    "clearance": _("背景核查管不到期末"),
    "offers": _("缺少要求的专长"),
    "reach": _("不在结对范围内"),
    "radius": _("住得太远"),
    "excluded": _("登记为不可结对，或已在别的项目里"),
    "sex": _("性别不合规定"),
    "age_gap": _("年龄差不合规定"),
    "limit": _("名额已满"),
    "scheme_cap": _("本项目名额已满"),
    "same_person": _("已担任这个孩子的另一个名额"),
    "woman_for_girl": _("女童的几个名额里没有一位女性"),
    "stands": _("这个名额已经定下或锁住，先解开才能换人"),
    "one_per_slot": _("同一个名额锁了两位"),
}
HINT_WORDS = {
    "objected": _("有异议"),
    "half": _("另一个名额空着"),
    "man": _("女童没有女性"),
    "far": _("不在一个乡镇"),
    "low": _("契合不到 20 分"),
}
LEFT_OUT = {
    "NO_CONSENT": _("监护人还没同意"),
    "NO_SCHOOL": _("台账里没有学校"),
    "NOT_APPLIED": _("还没有核查通过的申请"),
}
AUDIENCES = {
    "HELPER": _("帮扶人"),
    "GUARDIAN": _("监护人"),
    "COORDINATOR": _("协调员"),
    "ANYBODY": _("每个人"),
}
ROLE_PLACES = {"CADRE": _("干部"), "TEACHER": _("教师"), "ELDER": _("五老"), "VOLUNTEER": _("志愿者")}


def _in_language(words: tuple[str, str]) -> str:
    return words[1] if (get_language() or "").startswith("en") else words[0]


def reason_in_words(code: str) -> str:
    """One reason's words."""
    return _in_language(reason_words()[code])


def said_reasons(reasons: Iterable[Any]) -> list[tuple[str, int]]:
    """(words, points) of a pair's reasons, the weightiest first."""
    words = reason_words()
    return [(_in_language(words[code]), points) for code, points in reasons if code in words]


def broken_sentence(pair: ProposedPair, code: str) -> str:
    """Why one pair may not be offered, with the names of the two."""
    return rule_sentence(code, helper=pair.helper.name if pair.helper else "", child=pair.child.name)


def rule_sentence(code: str, *, helper: str, child: str) -> str:
    """Why a rule forbids a pair, with the names of the two."""
    names = {"helper": helper, "child": child}
    sentences = rule_sentences()
    if code in sentences:
        return _in_language(sentences[code]).format(**names)
    return gettext("%(helper)s 与 %(child)s：%(why)s") % (names | {"why": str(BROKEN.get(code, code))})


def full_marks(rules: Iterable[SlotRule]) -> str:
    """The most points a pair can have: 100 only where the weights of every kind of place sum to that."""
    tops = sorted({_top(rule) for rule in rules})
    if not tops or tops == [100]:
        return gettext("满分 100")
    if len(tops) == 1:
        return gettext("最高 %(n)s 分") % {"n": tops[0]}
    return gettext("各种名额最高 %(a)s 到 %(b)s 分") % {"a": tops[0], "b": tops[-1]}


def _top(rule: SlotRule) -> int:
    """The sum of a place's weights as pages show them; distances in metres stand beside them."""
    return sum(points for name, points in rule.weights.items() if not name.endswith("_m")) // 10


def level_words(levels: Iterable[int]) -> str:
    """ "四级" or "四级、三级"."""
    if set(levels := list(levels)) == {1, 2, 3, 4}:
        return gettext("各级")
    return gettext("、").join(str(words) for level, words in LEVEL_WORDS.items() if level in levels)
