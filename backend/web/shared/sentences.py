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


def sentence_of(error: DomainError) -> str:
    """The error as one sentence in the active language, its facts said as people say them."""
    text = gettext(error.message)
    return text % {name: _said(value) for name, value in error.facts.items()} if error.facts else text


def _said(value: Any) -> str:
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), str(_("n月j日 H:i")))
    if isinstance(value, date):
        return date_format(value, "Y-m-d")
    if isinstance(value, list | tuple):
        return str(_("、")).join(_said(one) for one in value)
    said = str(value)
    return str(STATE_WORDS.get(said) or BROKEN.get(said) or HINT_WORDS.get(said) or said)
