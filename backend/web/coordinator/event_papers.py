"""The papers of a day: run sheet, sheets of hosts, sign-in, name tags, signs for places, supplies, the picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.event_picture import picture
from activities.event_selectors import latest_version, missing_consents
from activities.event_sheets import own_sheets_of_groups, own_sheets_of_hosts, run_sheet, supply_list
from activities.event_words import called_on_the_spot
from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.roster.services.exports import MOST_ROWS
from backend.roster.sheets.workbook import table_xlsx
from backend.web.coordinator.event import event_of
from backend.web.shared.day_seats import by_group, named_seats, where_from
from backend.web.shared.day_words import drawn
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from django.http import HttpRequest

    from activities.models import DayVersion, EventDay
    from backend.roster.access import Reader

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


@dataclass(frozen=True)
class Source:
    """What papers are made from: the day as it was published last, else the draft; `group` narrows lists of names."""

    event: EventDay
    version: DayVersion | None
    reader: Reader
    group: str = ""

    @property
    def day(self) -> dict[str, Any]:
        return self.version.day if self.version is not None else self.event.draft

    @property
    def plan(self) -> dict[str, Any]:
        return (self.version.plan if self.version is not None else self.event.plan) or {}

    @property
    def title(self) -> str:
        return self.day.get("title") or self.event.title

    @property
    def date(self) -> date:
        return self.version.date if self.version is not None else self.event.date

    def by_group(self) -> list[tuple[str, list[Any]]]:
        """Children under the names of their groups, as they stood when the day was published."""
        seats = named_seats(self.reader, self.event, self.version)
        return by_group(self.day, [seat for seat in seats if self.group in ("", seat.group_key)])


class TooManyNames(DomainError):
    code = "event_day.too_many_names"
    message = "More than %(most)s names at once need a second coordinator; print them group by group."


def event_papers(request: HttpRequest, event_id: str) -> HttpResponse:
    """Every paper there is, to open or to take along as a spreadsheet."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    version = latest_version(one)
    groups = [(row["key"], row.get("name") or row["key"]) for row in (version.day if version else one.draft)["groups"]]
    context = {"event": one, "kinds": KINDS.items(), "published": version, "groups": groups, "named": _WITH_CHILDREN}
    return render(request, "web/coordinator/event_papers.html", context)


def event_paper(request: HttpRequest, event_id: str, kind: str) -> HttpResponse:
    """One paper for the printer. What names children is noted, as every print of names is."""
    source = _source(request, event_id, kind)
    try:
        paper = _made(request, source, kind)
    except TooManyNames as error:
        return _refused(request, source, error)
    context = {
        "event": source.event,
        "title": source.title,
        "date": source.date,
        "kind": kind,
        "words": KINDS[kind],
        "paper": paper,
        "version": source.version,
        "has_names": kind in _WITH_CHILDREN,
        "printed_at": timezone.now(),
    }
    return render(request, "web/coordinator/event_paper.html", context)


def event_paper_file(request: HttpRequest, event_id: str, kind: str) -> HttpResponse:
    """The same as a spreadsheet."""
    source = _source(request, event_id, kind)
    if kind == "picture":
        raise Http404
    try:
        paper = _made(request, source, kind)
    except TooManyNames as error:
        return _refused(request, source, error)
    headings, rows = _as_table(paper)
    note = _("%(who)s %(when)s 打印") % {
        "who": request.user.display_name,  # type: ignore[union-attr]
        "when": date_format(timezone.localtime(), "Y-m-d H:i"),
    }
    content = table_xlsx(str(KINDS[kind]), headings, rows, note)
    return HttpResponse(
        content,
        content_type=_XLSX,
        headers={"Content-Disposition": f'attachment; filename="{kind}-{source.date:%Y%m%d}.xlsx"'},
    )


def _as_table(paper: Paper) -> tuple[list[str], list[list[str]]]:
    """Tables below each other, each row led by its section; cards as three columns."""
    if paper.cards:
        return [_("大字"), _("小字"), _("说明")], [list(card) for card in paper.cards]
    headings = [_("单子"), *(paper.sections[0].headings if paper.sections else [])]
    return headings, [[section.title, *row] for section in paper.sections for row in section.rows]


def _source(request: HttpRequest, event_id: str, kind: str) -> Source:
    reader = request.reader  # type: ignore[attr-defined]
    one = event_of(reader, event_id)
    source = Source(one, latest_version(one), reader, request.GET.get("group", ""))
    if kind not in KINDS or not source.plan:
        raise Http404
    return source


def _made(request: HttpRequest, source: Source, kind: str) -> Paper:
    """
    The paper. Names leave an entry with their number, and not more of them at once than an export gives.

    Raises:
        TooManyNames: nothing was printed.
    """
    paper = _MAKERS[kind](source)
    if kind in _WITH_CHILDREN:
        names = len(paper.cards) or sum(len(section.rows) for section in paper.sections)
        if names > MOST_ROWS:
            raise TooManyNames(most=MOST_ROWS)
        after = {"paper": kind, "rows": names}
        record(actor=request.user, verb="event_day.printed", subject=source.event, reason=kind, after=after)
    return paper


def _refused(request: HttpRequest, source: Source, error: TooManyNames) -> HttpResponse:
    messages.warning(request, sentence_of(error))
    return redirect("web:event-papers", source.event.public_id)


def _run(source: Source) -> Paper:
    """By the minute: what happens at once in one segment stands in one row, a line for each group."""
    rows: dict[tuple[str, str, str], tuple[list[str], list[str]]] = {}
    for line in run_sheet(source.day, source.plan):
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


def _hosts(source: Source) -> Paper:
    headings = [_("时间"), _("环节"), _("带谁"), _("场地")]
    sections = [
        Section(
            sheet.name, sheet.note, headings,
            [[f"{one.start}–{one.end}", one.name, one.detail, one.place] for one in sheet.lines],
            _("请带上：") + "、".join(sheet.brings) if sheet.brings else "",
        )
        for sheet in own_sheets_of_hosts(source.day, source.plan)
    ]  # fmt: skip
    return Paper(sections, is_paged=True)


def _groups(source: Source) -> Paper:
    headings = [_("时间"), _("环节"), _("哪一站"), _("场地")]
    sections = [
        Section(
            sheet.name, _("%(n)s 名孩子") % {"n": sheet.note}, headings,
            [[f"{one.start}–{one.end}", one.name, one.detail, one.place] for one in sheet.lines],
        )
        for sheet in own_sheets_of_groups(source.day, source.plan)
    ]  # fmt: skip
    return Paper(sections, is_paged=True)


def _sign_in(source: Source) -> Paper:
    missing = {pk: _("、").join(words) for pk, words in missing_consents(source.event).items()}
    headings = [_("序号"), _("姓名"), _("来自"), _("没有同意的"), _("来的时候签字"), _("接走的人签字"), _("接走的时间")]
    sections = [
        Section(
            name, _("%(n)s 名孩子") % {"n": len(seats)}, headings,
            [
                [str(n), seat.name, where_from(seat), missing.get(seat.pk, ""), "", "", ""]  # type: ignore[attr-defined]
                for n, seat in enumerate(seats, 1)
            ],
        )
        for name, seats in source.by_group()
    ]  # fmt: skip
    return Paper(sections, is_paged=True)


def _tags(source: Source) -> Paper:
    """What a child wears in a crowd says what it is called, not its whole name."""
    groups = source.by_group()
    called = called_on_the_spot([seat for _name, seats in groups for seat in seats], now=timezone.now())
    return Paper(
        cards=[(called[seat.pk], name, _tag_note(source.title, seat)) for name, seats in groups for seat in seats]
    )


def _tag_note(title: str, seat: Any) -> str:
    """Whoever has a camera sees it on the child."""
    return _("%(title)s · 不拍照") % {"title": title} if seat.is_without_photos else title


def _signs(source: Source) -> Paper:
    """A big sign for each station and place in use."""
    cards: dict[tuple[str, str, str], None] = {}
    for line in run_sheet(source.day, source.plan):
        if line.post:
            cards[line.post, line.place, line.segment] = None
    places = [place.get("name") or place["key"] for place in source.day.get("places", [])]
    return Paper(cards=[*cards, *((name, source.title, "") for name in places)])


def _supplies(source: Source) -> Paper:
    rows = [
        [one["when"], one["name"], one["count"], one["segment"], one["who"] or _("还没有定"), ""]
        for one in supply_list(source.day, source.plan)
    ]
    headings = [_("几点用"), _("东西"), _("几件"), _("哪个环节用"), _("谁带来"), _("到了打勾")]
    return Paper([Section("", "", headings, rows)])


def _picture(source: Source) -> Paper:
    shown = picture(source.day, source.plan)
    return Paper(drawing=drawn(shown) if shown else "")


_MAKERS: dict[str, Callable[[Source], Paper]] = {
    "run": _run,
    "hosts": _hosts,
    "groups": _groups,
    "sign-in": _sign_in,
    "tags": _tags,
    "signs": _signs,
    "supplies": _supplies,
    "picture": _picture,
}
