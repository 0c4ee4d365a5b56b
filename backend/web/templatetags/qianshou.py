"""The small pieces every page is made of: icons, badges, bars, fields, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.roster.levels import LEVEL_WORDS
from matching.plain_names import plain_name
from matching.services.draft_words import draft_name
from matching.services.plain_reasons import plain_reason

if TYPE_CHECKING:
    from datetime import datetime

    from django.forms import BoundField
    from django.utils.safestring import SafeString

register = template.Library()

# state -> (shape of the look, icon, word)
STATES: dict[str, tuple[str, str, Any]] = {
    "OPEN": ("OPEN", "ring", gettext_lazy("空缺")),
    "HALF": ("OPEN", "half", gettext_lazy("只到一半")),
    "PROPOSED": ("PROPOSED", "circle", gettext_lazy("拟配")),
    "SENT": ("SENT", "plane", gettext_lazy("待答复")),
    "SEEN": ("SEEN", "eye", gettext_lazy("已看未答")),
    "ACCEPTED": ("ACCEPTED", "tick", gettext_lazy("已接受")),
    "ACTIVE": ("ACCEPTED", "tick", gettext_lazy("结对中")),
    "DECLINED": ("DECLINED", "cross", gettext_lazy("已谢绝")),
    "LAPSED": ("LAPSED", "clock", gettext_lazy("已失效")),
    "SUSPENDED": ("LAPSED", "clock", gettext_lazy("暂停")),
    "WITHDRAWN": ("WITHDRAWN", "back", gettext_lazy("已撤回")),
    "ENDED": ("WITHDRAWN", "back", gettext_lazy("已结束")),
    "BOUNCED": ("BOUNCED", "return", gettext_lazy("消息退回")),
    "WAITING": ("SENT", "clock", gettext_lazy("等着")),
    "GOING": ("SENT", "run", gettext_lazy("正在进行")),
    "DONE": ("ACCEPTED", "tick", gettext_lazy("已完成")),
    "PUBLISHED": ("ACCEPTED", "tick", gettext_lazy("已发布")),
    "DRAFT": ("PROPOSED", "circle", gettext_lazy("未发布")),
    "PART_SENT": ("SENT", "plane", gettext_lazy("部分已发")),
    "GONE": ("WITHDRAWN", "back", gettext_lazy("已被取代")),
    "STOPPED": ("WITHDRAWN", "stop", gettext_lazy("已取消")),
    "FAILED": ("DECLINED", "cross", gettext_lazy("没有结果")),
}
_FULL_BARS = 4


@register.simple_tag
def icon(name: str) -> SafeString:
    """One icon of the sprite; a word always stands beside it."""
    return format_html(
        '<svg class="i" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("web/icons.svg"),
        name,
    )


@register.simple_tag
def level(value: int | None) -> SafeString:
    """The square badge of a heart level: four bars and a word."""
    if value not in LEVEL_WORDS:
        return format_html('<span class="dim">{}</span>', _("未评"))
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}" rx=".8"{}></rect>',
        (
            (bar * 4, 0, 2.6, 10, "") if bar < value else (bar * 4, 0.5, 2.2, 9, format_html(' class="{}"', "off"))
            for bar in range(_FULL_BARS)
        ),
    )
    return format_html(
        '<span class="qs-lv" data-level="{}"><svg viewBox="0 0 15 10" aria-hidden="true">{}</svg>{}</span>',
        value,
        bars,
        LEVEL_WORDS[value],
    )


@register.simple_tag
def state(key: str, word: Any = "") -> SafeString:
    """The badge of a state: icon, word and shape."""
    shape, name, usual = STATES.get(key, ("PROPOSED", "circle", key))
    return format_html('<span class="qs-st" data-state="{}">{}{}</span>', shape, icon(name), word or usual)


@register.simple_tag
def bar(*parts: Any) -> SafeString:
    """
    A bar of segments: class, amount, class, amount, ...

    The numbers stand beside it in words, so the picture itself is hidden from readers of the page.
    """
    pairs = list(zip(parts[::2], (float(amount or 0) for amount in parts[1::2]), strict=True))
    total = sum(amount for _kind, amount in pairs) or 1
    at, shown = 0.0, []
    for kind, amount in pairs:
        width = 100 * amount / total
        if width > 0:
            shown.append((kind, f"{at:.2f}", f"{width:.2f}"))
        at += width
    rects = format_html_join("", '<rect class="{}" x="{}" y="0" width="{}" height="10"></rect>', shown)
    return format_html(
        '<svg class="qs-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{}</svg>', rects
    )


@register.filter
def number(value: Any) -> str:
    """Thousands by comma; "" for nothing."""
    return f"{value:,}" if isinstance(value, int | float) else str(value if value is not None else "")


@register.filter
def said(reason: str) -> str:
    """A reason as people read it."""
    return plain_reason(reason)


@register.filter
def named(name: str | None) -> str:
    """A scheme's or a place's name in the reader's language, where the service came with it."""
    return plain_name(name or "")


@register.filter
def in_words(values: Any) -> list[str]:
    """Words of the ledger's vocabulary in the reader's language."""
    return [_(value) for value in values or () if value]


@register.filter
def draft(proposal: Any) -> str:
    """How a draft is called within a sentence; where it stands alone, `capfirst` follows."""
    return draft_name(proposal)


@register.filter
def listed(values: Any) -> str:
    """Several things one after the other, parted as the reader's language parts them."""
    return _("、").join(str(value) for value in values)


@register.filter
def lookup(values: Any, key: Any) -> Any:
    """A value of a mapping, or None."""
    return values.get(key) if hasattr(values, "get") else None


@register.filter
def tenths(value: Any) -> str:
    """Points out of a thousand as a score out of a hundred with one place."""
    return f"{float(value or 0) / 10:.1f}"


@register.filter
def hundredths(value: Any) -> str:
    """Points out of a thousand as a whole score out of a hundred."""
    return f"{round(float(value or 0) / 10)}"


@register.filter
def moment(value: datetime | None) -> str:
    """A time as people say it: today 09:58, yesterday 17:20, 11月24日 18:00, 2025年11月24日."""
    if value is None:
        return ""
    local, today = timezone.localtime(value), timezone.localdate()
    days = (today - local.date()).days
    clock = local.strftime("%H:%M")
    if days in (0, 1, -1):
        return {0: _("今天 %(clock)s"), 1: _("昨天 %(clock)s"), -1: _("明天 %(clock)s")}[days] % {"clock": clock}
    if local.year == today.year:
        return f"{date_format(local, _('n月j日'))} {clock}"
    return date_format(local, "Y-m-d")


@register.inclusion_tag("web/shared/_field.html")
def field(bound: BoundField, hint: str = "") -> dict[str, Any]:
    """One field: label above, hint below it, its error beside the control."""
    kind = getattr(bound.field.widget, "input_type", "")
    return {
        "field": bound,
        "hint": hint or bound.help_text,
        "is_tick": kind == "checkbox" and not hasattr(bound.field, "choices"),
        "is_many": kind in {"radio", "checkbox"} and hasattr(bound.field, "choices"),
    }


@register.inclusion_tag("web/shared/_form_errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """The summary above a form, with links to the fields."""
    return {"form": form}
