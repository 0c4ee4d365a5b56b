"""Saying a domain error to a person, in their language."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backend.web.shared.words import BROKEN, HINT_WORDS

if TYPE_CHECKING:
    from backend.kernel.errors import DomainError

# Words for the states that errors name.
STATE_WORDS = {
    "SENT": _("待答复"),
    "ACCEPTED": _("已接受"),
    "DECLINED": _("已谢绝"),
    "LAPSED": _("已失效"),
    "WITHDRAWN": _("已撤回"),
    "ACTIVE": _("进行中"),
    "SUSPENDED": _("暂停"),
    "ENDED": _("已结束"),
    "OPEN": _("未完成"),
    "DONE": _("已完成"),
    "CANCELLED": _("已取消"),
    "FAILED": _("没有结果"),
    "QUEUED": _("排队中"),
    "SOLVING": _("正在求解"),
    "PUBLISHED": _("已发布"),
    "SUPERSEDED": _("已被取代"),
    "READING": _("正在读取"),
    "READY": _("等待确认"),
    "CONFIRMED": _("已导入"),
    "REFUSED": _("没有导入"),
    "UNDONE": _("已撤销"),
    "MOVED": _("已迁出"),
    "CLOSED": _("已结案"),
    "DECEASED": _("已去世"),
}


# Words for the reasons the service itself gives when it ends or pauses a pairing, or takes an offer back.
REASON_WORDS = {
    "clearance": _("背景核查到期"),
    "rested.too_long": _("暂停太久，没有说哪天恢复"),
    "child.left": _("孩子不再需要结对"),
    "child.moved": _("孩子迁走了"),
    "child.closed": _("孩子满 18 岁或已结案"),
    "child.deceased": _("孩子去世"),
    "child.moved_house": _("孩子搬了家或转了学"),
    "helper.left": _("帮扶人离开了"),
    "consent.withdrawn": _("监护人撤回了同意"),
    "pair.excluded": _("登记为不可结对"),
    "slot.filled": _("这个名额已经有人了"),
    "application.withdrawn": _("申请撤回了"),
    "handed_over": _("交接给别人"),
    "helper.paused": _("帮扶人请假"),
    "renewal.ends:child_left": _("学期结束：孩子不在册了"),
    "renewal.ends:no_place": _("学期结束：下学期没有这个名额"),
    "renewal.ends:not_targeted": _("学期结束：下学期不再是这个项目的对象"),
    "renewal.ends:no_consent": _("学期结束：没有监护人同意"),
    "renewal.ends:not_applied": _("学期结束：没有核查过的申请"),
    "renewal.ends:taken": _("学期结束：下学期的名额已经有别人"),
    "renewal.changes:helper_left": _("学期结束：帮扶人离开了，另请人"),
    "renewal.changes:not_cleared": _("学期结束：背景核查到不了学期末，另请人"),
    "renewal.changes:excluded": _("学期结束：登记为不可结对，另请人"),
    "renewal.changes:role": _("学期结束：身份不合这个名额，另请人"),
    "renewal.changes:limit": _("学期结束：名额满了，另请人"),
}


def reason_words(reason: str) -> str:
    """A reason as people read it: the service's own in words, anybody else's as it was typed."""
    return str(REASON_WORDS.get(reason, reason))


def sentence_of(error: DomainError) -> str:
    """The error as one sentence in the active language, its facts said as people say them."""
    text = gettext(error.message)
    return text % {name: _said(value) for name, value in error.facts.items()} if error.facts else text


def _said(value: Any) -> str:
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "n月j日 H:i")
    if isinstance(value, date):
        return date_format(value, "Y-m-d")
    if isinstance(value, list | tuple):
        return "、".join(_said(one) for one in value)
    said = str(value)
    return str(STATE_WORDS.get(said) or BROKEN.get(said) or HINT_WORDS.get(said) or said)
