"""What everybody would read if a draft went out now, on its preview: by text, with the counts, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.models import Role
from backend.roster.access import county_of
from backend.web.shared.listing import page_of
from matching.services.deadlines import deadline_after
from notifications.kinds import EMAIL, INBOX, ROBOT, SMS
from notifications.models import LANGUAGES
from notifications.previews import written
from notifications.rules import rules_for

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from notifications.previews import Letters

_A_PAGE = 10
_MOST_DAYS = 7
_CHANNELS = {
    EMAIL: gettext_lazy("邮件"),
    SMS: gettext_lazy("短信"),
    ROBOT: gettext_lazy("群机器人"),
    INBOX: gettext_lazy("站内消息"),
}


@dataclass(frozen=True)
class Reach:
    """How many people are reached by mail, by text alone, and only on paper."""

    by_mail: int
    by_text: int
    by_paper: int


def reach_of(letters: list[Letters]) -> Reach:
    """A robot speaks to a group and the inbox waits to be opened: who has only those gets the link on paper."""
    ways = {one.helper.pk: one.channels for group in letters for one in group.asked}
    by_mail = sum(EMAIL in channels for channels in ways.values())
    by_text = sum(SMS in channels and EMAIL not in channels for channels in ways.values())
    return Reach(by_mail, by_text, len(ways) - by_mail - by_text)


def days_of(request: HttpRequest, usual: int) -> int:
    """The days for an answer a preview is asked for, by `?days=`."""
    wanted = request.GET.get("days", "")
    return int(wanted) if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= _MOST_DAYS else usual


def letters_context(request: HttpRequest, letters: list[Letters], days: int, now: datetime) -> dict[str, Any]:
    """Every text with its counts, and one page of the finished letters of the chosen one."""
    if not letters:
        return {"letters": []}
    chosen = next((one for one in letters if one.key == request.GET.get("letters")), letters[0])
    page = page_of(request, list(chosen.asked), _A_PAGE)
    deadline = deadline_after(now, days=days)
    shown = written(chosen, list(page.object_list), deadline=deadline, now=now)
    county = county_of(request.reader)  # type: ignore[attr-defined]
    rules = rules_for(county) if county is not None else None
    return {
        "letters": [(one, dict(LANGUAGES)[one.language], _said(one.counts), one is chosen) for one in letters],
        "chosen": chosen,
        "page": page,
        "shown": [(letter, _said(dict.fromkeys(letter.asked.channels, 0))) for letter in shown],
        "deadline": deadline,
        "days": days,
        "quiet": rules,
        "may_word": request.reader.role == Role.COUNTY_COORDINATOR,  # type: ignore[attr-defined]
        "waiting": sum(one.waiting for one in letters),
        "waits_until": max((one.waits_until for one in letters if one.waits_until), default=None),
        "at_once": sum(sum(one.counts.values()) for one in letters) - sum(one.waiting for one in letters),
    }


def _said(counts: dict[str, int]) -> str:
    """Channels in words, with how many messages where that is meant."""
    return _("、").join(
        f"{words} {counts[channel]:,}" if counts[channel] else str(words)
        for channel, words in _CHANNELS.items()
        if channel in counts
    )
