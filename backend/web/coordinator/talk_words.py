"""A plan of talk groups in plain words: how good it is, how sure that is, and what would help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from backend.roster.models import Helper

if TYPE_CHECKING:
    from activities.models import TalkPlan


# Why a class was not planned with the others of its school.
ROUND_PROBLEMS = {
    "talk_round.no_children": _lazy("监护人都还没同意，没有孩子可以编组。"),
    "talk_round.planned_already": _lazy("这几个月已经有一轮发布了。"),
    "talk_round.failed": _lazy("这个班没有排成，请单独排一次看看。"),
    "talk_plan.draft_exists": _lazy("已经有一份草稿，先发布或删掉。"),
    "talk_plan.no_teacher": _lazy("没有背景核查管到最后一周的任课教师。"),
    "talk_plan.check_ends": _lazy("%(names)s的背景核查管不到最后一周。"),
    "talk_plan.no_weeks": _lazy("这几个月没有可谈的周了。"),
    "talk_plan.teacher_taken": _lazy("排的时候老师被别的班占了那一周，请单独再排。"),
    "talk_plan.changed": _lazy("排的时候有人改了这个班，请单独再排。"),
}


@dataclass(frozen=True)
class ToldPlan:
    """
    What a page says of a plan.

    Args:
        months: the cycle in words; lines: what was reached, goal by goal; proof: how sure that is.
        shortage: the two numbers that prove it; cures: what alone would help.
    """

    months: str
    lines: list[str]
    proof: str
    shortage: str
    cures: list[str]


def told_plan(plan: TalkPlan) -> ToldPlan:
    """Say what a plan's figures mean."""
    goals = {goal["name"]: goal for goal in plan.goals}
    return ToldPlan(months_words(plan), _lines(plan, goals), _proof(plan, goals), *_shortage(plan))


def months_words(plan: TalkPlan) -> str:
    """ "2027年4月、5月"."""
    days = [parse_date(month) for month in plan.months]
    return _("、").join(date_format(day, _("Y年n月")) for day in days if day is not None)


def _lines(plan: TalkPlan, goals: dict[str, Any]) -> list[str]:
    if not goals or plan.mode == plan.Mode.SINGLE:
        return []
    again, wishes = goals["repeats"]["value"], goals["wishes"]["value"]
    lines = [
        _("同组的孩子以前没有同过组。") if not again else _("同组的孩子以前同过组的，合计 %(n)s 次。") % {"n": again}
    ]
    if wishes:
        lines.append(_("有 %(n)s 个“分开坐”或“坐一起”没能照顾到。") % {"n": wishes})
    return lines


def _proof(plan: TalkPlan, goals: dict[str, Any]) -> str:
    if plan.hand_edits:
        if plan.status == "OPTIMAL":
            return _("求解时最优，之后手改了 %(n)s 处。") % {"n": plan.hand_edits}
        return _("之后手改了 %(n)s 处。") % {"n": plan.hand_edits}
    if not goals:
        return ""
    if plan.status == "OPTIMAL":
        return _("已证明：按现在的老师、周次和心愿，没有更好的排法。")
    again = goals["repeats"]["value"] - goals["repeats"]["bound"]
    if again:
        return _("时间到，已存下当时最好的排法：重复最多还能少 %(n)s 次。") % {"n": again}
    return _("重复已证明不能再少；男女搭配也许还能再匀一点。")


def _shortage(plan: TalkPlan) -> tuple[str, list[str]]:
    short = plan.shortage
    if not short:
        return "", []
    sentence = _("还要谈的孩子至少要分 %(needed)s 组，老师们一共只能带 %(places)s 组。") % short
    ids = {pk for one in short["remedies"] for pk in one["teachers"]}
    names = dict(Helper.objects.filter(pk__in=ids).values_list("pk", "name"))
    return sentence, [_cure(one, names) for one in short["remedies"]]


def _cure(remedy: dict[str, Any], names: dict[int, str]) -> str:
    facts = {
        "n": remedy["amount"],
        "k": remedy["children"],
        "who": _("、").join(names[pk] for pk in remedy["teachers"] if pk in names),
    }
    if remedy["kind"] == "LIMIT":
        return _("%(who)s一共再多带 %(n)s 组：多谈到 %(k)s 名") % facts
    if remedy["kind"] == "WEEKS":
        return _("再多排 %(n)s 周：多谈到 %(k)s 名") % facts
    return _("再请一位任课教师带 %(n)s 组：多谈到 %(k)s 名") % facts
