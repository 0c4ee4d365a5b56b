"""The papers of a day: run sheet, sheets of hosts, sign-in, name tags, signs for places, supplies, the picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.event_selectors import latest_version
from activities.event_views import (
    guest_called,
    own_sheets_of_groups,
    own_sheets_of_hosts,
    picture,
    run_sheet,
    supply_list,
)
from backend.audit.services import record
from backend.roster.presenting import names_for_day_host
from backend.roster.sheets.workbook import table_xlsx
from backend.web.coordinator.event import event_of
from backend.web.coordinator.event_groups import named_seats
from backend.web.shared.day_words import drawn

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from activities.models import DaySeat, EventDay

KINDS: dict[str, Any] = {
    "run": gettext_lazy("流程单"),
    "hosts": gettext_lazy("每位主持人的单子"),
    "groups": gettext_lazy("每组的单子"),
    "sign-in": gettext_lazy("签到表"),
    "tags": gettext_lazy("姓名牌"),
    "signs": gettext_lazy("场地牌"),
    "supplies": gettext_lazy("物资清单"),
    "picture": gettext_lazy("一天的图"),
}
_WITH_CHILDREN = ("sign-in", "tags")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Section:
    """One table of a paper; each begins on a page of its own where the paper says so."""

    title: str
    note: str
    headings: list[str]
    rows: list[list[str]]
    foot: str = ""


@dataclass(frozen=True)
class Paper:
    """One paper: tables, or big words on cards."""

    sections: list[Section] = field(default_factory=list)
    cards: list[tuple[str, str, str]] = field(default_factory=list)
    is_paged: bool = False
    drawing: Any = ""


def event_papers(request: HttpRequest, event_id: str) -> HttpResponse:
    """Every paper there is, to open or to take along as a spreadsheet."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    context = {"event": one, "kinds": KINDS.items(), "published": latest_version(one)}
    return render(request, "web/coordinator/event_papers.html", context)


def event_paper(request: HttpRequest, event_id: str, kind: str) -> HttpResponse:
    """One paper for the printer. What names children is noted, as every print of names is."""
    one, paper = _made(request, event_id, kind)
    now = timezone.now()
    version = latest_version(one)
    context = {
        "event": one,
        "kind": kind,
        "words": KINDS[kind],
        "paper": paper,
        "version": version,
        "has_names": kind in _WITH_CHILDREN,
        "printed_at": now,
    }
    return render(request, "web/coordinator/event_paper.html", context)


def event_paper_file(request: HttpRequest, event_id: str, kind: str) -> HttpResponse:
    """The same as a spreadsheet."""
    one, paper = _made(request, event_id, kind)
    if kind == "picture":
        raise Http404
    headings, rows = _as_table(paper)
    note = _("%(who)s %(when)s 打印") % {
        "who": request.user.display_name,  # type: ignore[union-attr]
        "when": date_format(timezone.localtime(), "Y-m-d H:i"),
    }
    content = table_xlsx(str(KINDS[kind]), headings, rows, note)
    return HttpResponse(
        content,
        content_type=_XLSX,
        headers={"Content-Disposition": f'attachment; filename="{kind}-{one.shown_date:%Y%m%d}.xlsx"'},
    )


def _as_table(paper: Paper) -> tuple[list[str], list[list[str]]]:
    """Tables below each other, each row led by its section; cards as three columns."""
    if paper.cards:
        return [_("大字"), _("小字"), _("说明")], [list(card) for card in paper.cards]
    headings = [_("单子"), *(paper.sections[0].headings if paper.sections else [])]
    return headings, [[section.title, *row] for section in paper.sections for row in section.rows]


def _made(request: HttpRequest, event_id: str, kind: str) -> tuple[EventDay, Paper]:
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    version = latest_version(one)
    draft, plan = (version.day, version.plan) if version is not None else (one.draft, one.plan)
    if kind not in KINDS or plan is None:
        raise Http404
    if kind in _WITH_CHILDREN:
        record(actor=request.user, verb="event_day.printed", subject=one, reason=kind)
    return one, _MAKERS[kind](request, one, draft, plan)


def _run(_request: HttpRequest, _one: EventDay, draft: dict[str, Any], plan: dict[str, Any]) -> Paper:
    """By the minute: what happens at once in one segment stands in one row, a line for each group."""
    rows: dict[tuple[str, str, str], tuple[list[str], list[str]]] = {}
    for line in run_sheet(draft, plan):
        who, more = rows.setdefault((line.start, line.end, line.segment), ([], []))
        where = " ".join(filter(None, [line.post, line.place]))
        who.append("｜".join(filter(None, [line.groups or _("全体"), where, line.hosts])))
        more += filter(None, [line.text, _("要用：%(what)s") % {"what": line.supplies} if line.supplies else ""])
    headings = [_("时间"), _("环节"), _("谁、在哪里、谁主持"), _("做什么")]
    table = [
        [f"{start}–{end}", segment, "\n".join(who), "\n".join(more)]
        for (start, end, segment), (who, more) in rows.items()
    ]
    return Paper([Section("", "", headings, table)])


def _hosts(_request: HttpRequest, _one: EventDay, draft: dict[str, Any], plan: dict[str, Any]) -> Paper:
    headings = [_("时间"), _("环节"), _("带谁"), _("场地")]
    sections = [
        Section(
            sheet.name, sheet.note, headings,
            [[f"{one.start}–{one.end}", one.name, one.detail, one.place] for one in sheet.lines],
            _("请带上：") + "、".join(sheet.brings) if sheet.brings else "",
        )
        for sheet in own_sheets_of_hosts(draft, plan)
    ]  # fmt: skip
    return Paper(sections, is_paged=True)


def _groups(_request: HttpRequest, _one: EventDay, draft: dict[str, Any], plan: dict[str, Any]) -> Paper:
    headings = [_("时间"), _("环节"), _("哪一站"), _("场地")]
    sections = [
        Section(
            sheet.name, _("%(n)s 名孩子") % {"n": sheet.note}, headings,
            [[f"{one.start}–{one.end}", one.name, one.detail, one.place] for one in sheet.lines],
        )
        for sheet in own_sheets_of_groups(draft, plan)
    ]  # fmt: skip
    return Paper(sections, is_paged=True)


def _by_group(request: HttpRequest, one: EventDay) -> list[tuple[str, list[DaySeat]]]:
    seats = named_seats(request, one)
    groups = [(g.get("name") or g["key"], [s for s in seats if s.group_key == g["key"]]) for g in one.draft["groups"]]
    return [*[(name, rows) for name, rows in groups if rows], *_rest(seats)]


def _rest(seats: list[DaySeat]) -> list[tuple[str, list[DaySeat]]]:
    loose = [seat for seat in seats if not seat.group_key]
    return [(_("还没有组"), loose)] if loose else []


def _sign_in(request: HttpRequest, one: EventDay, _draft: dict[str, Any], _plan: dict[str, Any]) -> Paper:
    headings = [_("序号"), _("姓名"), _("来自"), _("来的时候签字"), _("接走的人签字"), _("接走的时间")]
    sections = [
        Section(
            name, _("%(n)s 名孩子") % {"n": len(seats)}, headings,
            [[str(n), seat.name, where_from(seat), "", "", ""] for n, seat in enumerate(seats, 1)],  # type: ignore[attr-defined]
        )
        for name, seats in _by_group(request, one)
    ]  # fmt: skip
    return Paper(sections, is_paged=True)


def where_from(seat: DaySeat) -> str:
    """School of a child on file, or the place a guest comes from."""
    if seat.child is None:
        return seat.from_place or (seat.school.name if seat.school else "")
    return seat.child.school.name if seat.child.school else seat.child.village.name


def _tags(request: HttpRequest, one: EventDay, _draft: dict[str, Any], _plan: dict[str, Any]) -> Paper:
    """What a child wears in a crowd says what it is called, not its whole name."""
    groups = _by_group(request, one)
    called = names_for_day_host([s.child for _name, seats in groups for s in seats if s.child], now=timezone.now())
    cards = [
        (called[seat.child_id] if seat.child_id else guest_called(seat), name, one.title)
        for name, seats in groups
        for seat in seats
    ]
    return Paper(cards=cards)


def _signs(_request: HttpRequest, one: EventDay, draft: dict[str, Any], plan: dict[str, Any]) -> Paper:
    """A big sign for each station and place in use."""
    cards: dict[tuple[str, str, str], None] = {}
    for line in run_sheet(draft, plan):
        if line.post:
            cards[line.post, line.place, line.segment] = None
    places = [place.get("name") or place["key"] for place in draft.get("places", [])]
    return Paper(cards=[*cards, *((name, one.title, "") for name in places)])


def _supplies(_request: HttpRequest, _one: EventDay, draft: dict[str, Any], plan: dict[str, Any]) -> Paper:
    rows = [
        [one["when"], one["name"], one["count"], one["segment"], one["who"] or _("还没有定"), ""]
        for one in supply_list(draft, plan)
    ]
    headings = [_("几点用"), _("东西"), _("几件"), _("哪个环节用"), _("谁带来"), _("到了打勾")]
    return Paper([Section("", "", headings, rows)])


def _picture(_request: HttpRequest, _one: EventDay, draft: dict[str, Any], plan: dict[str, Any]) -> Paper:
    shown = picture(draft, plan)
    return Paper(drawing=drawn(shown) if shown else "")


_MAKERS: dict[str, Callable[[HttpRequest, EventDay, dict[str, Any], dict[str, Any]], Paper]] = {
    "run": _run,
    "hosts": _hosts,
    "groups": _groups,
    "sign-in": _sign_in,
    "tags": _tags,
    "signs": _signs,
    "supplies": _supplies,
    "picture": _picture,
}
