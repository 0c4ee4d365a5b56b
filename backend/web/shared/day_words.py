"""An event day in words and as a picture; used by the coordinator's pages and by the helper's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from activities.event_words import time_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.utils.safestring import SafeString

    from activities.event_picture import Block, Lane, Picture

LEVELS = {
    "forbid": ("hard", gettext_lazy("不可以")),
    "block_release": ("block", gettext_lazy("阻止发布")),
    "warn": ("soft", gettext_lazy("提醒")),
}
PROBLEMS = {
    "event_day.infeasible": gettext_lazy("排不下。"),
    "event_day.circle": gettext_lazy("有几个环节互相等着对方先做，排不出先后。请改“在谁之后”。"),
    "event_day.timed_out": gettext_lazy("时间内没有得到可靠的结果，什么都没改。请再试一次。"),
    "event_day.faulty_plan": gettext_lazy("排出来的没有通过复核，没有采用。请再试一次；还是这样就告诉管理员。"),
    "event_day.malformed": gettext_lazy("要排的人或小组已经不在活动里了。请看一遍，再排一次。"),
    "event_day.changed": gettext_lazy("排的时候有人改过活动，这次的结果没有用上。请再排一次。"),
    "event_day.cancelled": gettext_lazy("这个活动已经取消，什么都没改。"),
}
_LABEL, _WIDTH, _ROW, _AXIS, _GAP = 150, 1180, 46, 26, 26
_LINE, _LETTER = 14, 12.5


def said(pair: tuple[str, str] | list[str]) -> str:
    """A sentence that has both languages, in the reader's."""
    return pair[1] if (get_language() or "").startswith("en") else pair[0]


def said_line(line: dict[str, str]) -> str:
    """The same of a stored sentence."""
    return said((line["zh"], line["en"]))


def drawn(picture: Picture, *, link: Callable[[str], str] | None = None, rows: str = "groups") -> SafeString:
    """
    The day as one SVG: groups and hosts over time, or places.

    Args:
        link: segment key -> address of the page that changes it; without it nothing is a link.
        rows: "groups" for groups and hosts, "places".
    """
    parts = [picture.groups, picture.hosts] if rows == "groups" else [picture.places]
    parts = [part for part in parts if part]
    height = _AXIS + sum(len(part) * _ROW for part in parts) + _GAP * (len(parts) - 1)
    scale = (_WIDTH - _LABEL) / max(1, picture.end - picture.begin)
    body, top = [], _AXIS
    for number, lanes in enumerate(parts):
        if number:
            body.append(format_html('<text class="h" x="8" y="{}">{}</text>', top + 17, _("主持人")))
            top += _GAP
        body += [_lane(lane, top + at * _ROW, picture, scale, link) for at, lane in enumerate(lanes)]
        top += len(lanes) * _ROW
    return format_html(
        '<svg class="qs-day" viewBox="0 0 {} {}" role="{}" aria-label="{}">{}{}{}</svg>',
        _WIDTH,
        height,
        "img" if link is None else "group",  # what is a picture to a screen reader has no links in it
        _("当天安排的图，同样的内容在下面的表里。"),
        _axis(picture, scale, height),
        mark_safe("".join(body)),  # noqa: S308 - each piece came from format_html
        format_html('<rect class="frame" x=".5" y=".5" width="{}" height="{}" rx="8"></rect>', _WIDTH - 1, height - 1),
    )


def _axis(picture: Picture, scale: float, height: int) -> SafeString:
    """Times along the top: where something begins, as far as there is room."""
    shown: list[tuple[str, str, str]] = []
    last = -99.0
    for minutes in picture.marks:
        x = _LABEL + (minutes - picture.begin) * scale
        if x - last >= 40:  # noqa: PLR2004 - a time is as wide as that
            shown.append((f"{x:.1f}", str(height), time_words(minutes)))
            last = x
    return format_html_join(
        "",
        '<line class="tick" x1="{0}" x2="{0}" y1="20" y2="{1}"></line><text class="ax" x="{0}" y="16">{2}</text>',
        shown,
    )


def _lane(lane: Lane, top: int, picture: Picture, scale: float, link: Callable[[str], str] | None) -> SafeString:
    boxes = [_box(block, top, picture, scale, link) for block in lane.blocks]
    name, note = _short(lane.name, 9), _short(lane.note, 10)
    return format_html(
        '<line class="row" x1="0" x2="{}" y1="{}" y2="{}"></line><text class="n" x="10" y="{}">{}</text>'
        '<text class="d" x="10" y="{}">{}</text>{}',
        _WIDTH,
        top,
        top,
        top + 20,
        name,
        top + 36,
        note,
        mark_safe("".join(boxes)),  # noqa: S308 - each piece came from format_html
    )


def _box(block: Block, top: int, picture: Picture, scale: float, link: Callable[[str], str] | None) -> SafeString:
    x = _LABEL + (block.start - picture.begin) * scale
    width = max(4.0, (block.end - block.start) * scale - 2)
    height = block.lanes * _ROW - 6
    title = f"{time_words(block.start)}–{time_words(block.end)} {block.title} {block.note}".strip()
    box = format_html(
        '<g class="b s{}{}"><title>{}</title><rect x="{}" y="{}" width="{}" height="{}" rx="5"></rect>{}</g>',
        block.shade,
        f" {block.look}" if block.look else "",
        title,
        f"{x + 1:.1f}",
        top + 3,
        f"{width:.1f}",
        height,
        _words(block, x + 1, top + 3, width, height),
    )
    if link is None or not block.segment:
        return box
    return format_html('<a href="{}" aria-label="{}">{}</a>', link(block.segment), title, box)


def _words(block: Block, x: float, top: float, width: float, height: float) -> SafeString:
    """Title and note, broken to the width, as many lines as there is room for."""
    fit = max(1, int((width - 6) / _LETTER))
    room = max(1, int((height - 4) / _LINE))
    mark = "🔒" if block.is_locked and fit > 2 else ""  # noqa: PLR2004
    lines = [(piece, "t") for piece in _broken(mark + block.title, fit)][:room]
    if block.note and fit > 3:  # noqa: PLR2004 - a note of three letters says nothing
        lines += [(piece, "m") for piece in _broken(block.note, fit + 1)][: room - len(lines)]
    first = top + height / 2 - (len(lines) - 1) * _LINE / 2 + 4
    return format_html_join(
        "",
        '<text class="{}" x="{}" y="{}">{}</text>',
        ((kind, f"{x + width / 2:.1f}", f"{first + number * _LINE:.1f}", piece)
         for number, (piece, kind) in enumerate(lines)),
    )  # fmt: skip


def _broken(text: str, fit: int) -> list[str]:
    return [text[at : at + fit] for at in range(0, len(text), fit)]


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def proof_of(event: Any) -> str:
    """How sure it is that the plan is the best, in words."""
    status = event.answer.get("status")
    if not event.plan or not status:
        return ""
    if event.hand_edits:
        return _("排好以后改过 %(n)s 处") % {"n": event.hand_edits}
    if status == "OPTIMAL" and any(goal["name"] == "changes" for goal in event.answer.get("goals", [])):
        return _("已证明改得最少")
    return _("已证明最好") if status == "OPTIMAL" else _("时间到，已存下最好的结果")
