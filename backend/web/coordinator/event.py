"""One event day: its picture, what the judge says, what the day is made of, and every act on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.event_picture import picture
from activities.event_selectors import event_days_visible_to, host_answers, latest_version
from activities.event_translation import is_rain_ready
from activities.event_words import goal_lines, people_of, rule_lines
from activities.models import DayPart, DaySolve
from activities.services import event_days, event_edits, event_solves
from backend.kernel.errors import DomainError
from backend.web.coordinator.event_fields import LengthField, SpansField, as_time
from backend.web.coordinator.event_part_forms import WORDS
from backend.web.shared.day_words import LEVELS, PROBLEMS, drawn, proof_of, said
from backend.web.shared.forms import version_of
from backend.web.shared.hours import clock, minutes_in
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from activities.models import EventDay
    from backend.roster.access import Reader


def event(request: HttpRequest, event_id: str) -> HttpResponse:
    """The day's page. `?view=rain` shows the plan for rain, `?rows=places` the places as rows."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    is_rain = request.GET.get("view") == "rain" and bool(one.rain_plan)
    rows = "places" if request.GET.get("rows") == "places" else "groups"
    faults = rule_lines(one, one.plan)
    shown = picture(one.draft, one.rain_plan if is_rain else one.plan, () if is_rain else faults)
    solve = event_solves.latest_solve(one)
    is_open = solve is not None and solve.state in ("QUEUED", "SOLVING")
    context = {
        "event": one,
        "is_rain": is_rain,
        "rows": rows,
        "picture": drawn(shown, link=None if is_rain else _linker(one), rows=rows) if shown else "",
        "is_open": is_open,
        "failed": _failed(one, solve),
        "rules": [(LEVELS.get(line.level, ("", "")), said((line.zh, line.en)), line.segments) for line in faults],
        "blockers": sum(line.level != "warn" for line in faults),
        "goals": [(goal, said((goal.zh, goal.en))) for goal in goal_lines(one.answer)],
        "proof": proof_of(one),
        "finish": _finish(one),
        "is_rain_ready": is_rain_ready(one),
        "rain_changes": [said((c["sentence"], c["sentence_en"])) for c in one.rain_answer.get("changes", [])],
        "people": people_of(one.draft),
        "groups": one.draft["groups"],
        "parts": _parts(one),
        "published": latest_version(one),
        "seats": one.seats.filter(state="PLACE").count(),
        "waiting": one.seats.filter(state="WAITING").count(),
        "ungrouped": one.seats.filter(state="PLACE", group_key="").count(),
        "can_undo": not is_open and one.steps.exists(),
        "changes": _changes(one, solve),
        "answers": _answers(one),
    }
    return render(request, "web/coordinator/event.html", context)


def event_of(reader: Reader, event_id: str) -> EventDay:
    """The day among those a coordinator plans, else 404."""
    one: EventDay | None = event_days_visible_to(reader).filter(public_id=event_id).first()
    if one is None:
        raise Http404
    return one


def _linker(one: EventDay) -> Callable[[str], str]:
    return lambda segment: reverse("web:event-place", args=[one.public_id, segment])


def _failed(one: EventDay, solve: DaySolve | None) -> dict[str, Any] | None:
    """Why the latest question has no answer, with the buttons that would mend it; only while the draft is the same."""
    if solve is None or solve.state != DaySolve.State.FAILED or solve.draft_version != one.draft_version:
        return None
    relax = [(said((r["sentence"], r["sentence_en"])), json.dumps(r)) for r in solve.answer.get("relax", [])]
    conflicts = [_named(one, key) for key in solve.answer.get("conflicts", [])]
    return {"words": PROBLEMS.get(solve.problem, ""), "relax": relax, "conflicts": conflicts}


def _answers(one: EventDay) -> list[tuple[str, list[tuple[str, list[DayPart]]]]]:
    """What hosts said, the ones who cannot come first: the words, then each with the parts it is about."""
    by_answer: dict[str, dict[str, list[DayPart]]] = {}
    for part in host_answers(one):
        said_of = by_answer.setdefault(part.answer, {})
        said_of.setdefault(part.helper.name if part.helper else "", []).append(part)
    order = (DayPart.Answer.DECLINED, DayPart.Answer.TENTATIVE, DayPart.Answer.ACCEPTED)
    return [(str(answer.label), list(by_answer[answer].items())) for answer in order if answer in by_answer]


def _finish(one: EventDay) -> str:
    """When the last segment of the plan ends, also where it was planned by the fewest changes or by hand."""
    ends = [minutes_in(row["start"]) + row["minutes"] for row in (one.plan or {}).get("segments", [])]
    return clock(max(ends)) if ends else ""


def _named(one: EventDay, key: str) -> str:
    part = event_edits.found_part(one, "segments", key)
    return (part or {}).get("name") or key


def _changes(one: EventDay, solve: DaySolve | None) -> list[str]:
    """What the latest re-plan changed, as long as it is the latest change."""
    is_latest = (
        solve is not None and solve.state == DaySolve.State.DONE and one.draft_version == solve.draft_version + 1
    )
    found = solve.answer.get("changes", []) if solve is not None and is_latest else []
    return [said((line["sentence"], line["sentence_en"])) for line in found]


def event_solve(request: HttpRequest, event_id: str) -> HttpResponse:
    """Whether the planner is still at it; once it is not, the page is asked to load itself anew."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    solve = event_solves.open_solve(one)
    if solve is None:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "web/coordinator/_event_solve.html", {"event": one, "solve": solve})


def event_act(request: HttpRequest, event_id: str) -> HttpResponse:
    """Everything one button does: the button says what."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    verb = request.POST.get("do", "")
    if verb not in _ACTS:
        raise Http404
    try:
        words = _ACTS[verb](request, one, version_of(request))
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, words)
    back = request.POST.get("back", "")
    return (
        redirect("web:event-place", event_id, back)
        if verb in ("lock", "unlock") and any(row["key"] == back for row in one.draft["segments"])
        else redirect("web:event", event_id)
    )


class NobodyLate(DomainError):
    code = "event_day.nobody_late"
    status = 400
    message = "Choose which groups come late."


class NoSuchTime(DomainError):
    code = "event_day.no_such_time"
    status = 400
    message = "Write the time they come like 09:50."


def _ask(kind: str) -> Callable[[HttpRequest, EventDay, int], str]:
    def act(request: HttpRequest, one: EventDay, _version: int) -> str:
        groups = tuple(request.POST.getlist("groups"))
        minutes = _late_minutes(request.POST.get("at", ""), groups) if kind == "LATE" else 0
        seed = 0
        if kind == "PLAN" and one.answer:
            seed = int(one.answer.get("seed", 0)) + 1
        event_solves.ask(
            event=one, kind=kind, person=request.POST.get("person", ""), groups=groups,
            minutes=minutes, seed=seed, actor=request.user, now=timezone.now(),
        )  # fmt: skip
        return _("正在排，几秒就好。")

    return act


def _late_minutes(text: str, groups: tuple[str, ...]) -> int:
    if not groups:
        raise NobodyLate
    try:
        return minutes_in(as_time(text))
    except ValidationError as error:
        raise NoSuchTime from error


def _undo(request: HttpRequest, one: EventDay, version: int) -> str:
    event_edits.undo(event=one, version=version, actor=request.user, now=timezone.now())
    return _("撤销了最近一次改动。")


def _use_rain(request: HttpRequest, one: EventDay, version: int) -> str:
    event_solves.use_rain_plan(event=one, version=version, actor=request.user, now=timezone.now())
    return _("改用了雨天方案。看一遍，再发布。")


def _dry(request: HttpRequest, one: EventDay, version: int) -> str:
    event_solves.use_dry_day(event=one, version=version, actor=request.user, now=timezone.now())
    return _("正在排，几秒就好。")


def _relax(request: HttpRequest, one: EventDay, version: int) -> str:
    try:
        asked = json.loads(request.POST.get("relaxation", ""))
    except (ValueError, RecursionError) as error:
        raise Http404 from error
    if not isinstance(asked, dict):
        raise Http404
    now = timezone.now()
    changed = event_solves.give_up(event=one, version=version, relaxation=asked, actor=request.user, now=now)
    event_solves.ask(event=changed, kind="PLAN", actor=request.user, now=now)
    return _("放宽了，正在重新排。")


def _relax_all(request: HttpRequest, one: EventDay, version: int) -> str:
    solve = event_solves.latest_solve(one)
    asked = solve.answer.get("relax", []) if solve is not None and solve.draft_version == one.draft_version else []
    now = timezone.now()
    changed = event_solves.give_up_all(event=one, version=version, relaxations=asked, actor=request.user, now=now)
    event_solves.ask(event=changed, kind="PLAN", actor=request.user, now=now)
    return _("放宽了，正在重新排。")


def _lock(*, is_locked: bool) -> Callable[[HttpRequest, EventDay, int], str]:
    def act(request: HttpRequest, one: EventDay, version: int) -> str:
        segment = request.POST.get("back", "")
        event_edits.lock(
            event=one, version=version, segment=segment, is_locked=is_locked, actor=request.user, now=timezone.now()
        )
        return _("锁住了，重新排的时候不动它。") if is_locked else _("解锁了。")

    return act


def _move(step: int) -> Callable[[HttpRequest, EventDay, int], str]:
    def act(request: HttpRequest, one: EventDay, version: int) -> str:
        part, key = request.POST.get("part", ""), request.POST.get("key", "")
        keys = [row["key"] for row in one.draft.get(part, [])] if part in WORDS else []
        if key not in keys:
            raise Http404
        event_edits.move(
            event=one, version=version, part=part, key=key, to=max(0, keys.index(key) + step), actor=request.user,
            now=timezone.now(),
        )  # fmt: skip
        return _("先后改好了。")

    return act


def _template(request: HttpRequest, one: EventDay, _version: int) -> str:
    event_days.keep_as_template(event=one, name=one.title, actor=request.user, now=timezone.now())
    return _("存成了自己的模板，新建活动时可以选。")


_ACTS: dict[str, Callable[[HttpRequest, EventDay, int], str]] = {
    "plan": _ask("PLAN"),
    "around": _ask("AROUND"),
    "rain": _ask("RAIN"),
    "ill": _ask("ILL"),
    "late": _ask("LATE"),
    "use-rain": _use_rain,
    "dry": _dry,
    "relax": _relax,
    "relax-all": _relax_all,
    "undo": _undo,
    "lock": _lock(is_locked=True),
    "unlock": _lock(is_locked=False),
    "up": _move(-1),
    "down": _move(1),
    "template": _template,
}


def _parts(one: EventDay) -> list[dict[str, Any]]:
    """The lists of the day as short rows: name and what matters of it."""
    names = {row["key"]: row.get("name") or row["key"] for part in WORDS for row in one.draft.get(part, [])}
    known = set(one.hosts.values_list("key", flat=True))
    return [
        {
            "part": part,
            "words": WORDS[part],
            "rows": [
                (row["key"], row.get("name") or row["key"], _NOTES[part](row, names, known))
                for row in one.draft.get(part, [])
            ],
        }
        for part in ("segments", "groups", "people", "places", "supplies", "vehicles", "trips", "budget")
    ]


def _note(*pieces: Any) -> str:
    return "·".join(str(piece) for piece in pieces if piece)


def _segment_note(row: dict[str, Any], names: dict[str, str], _known: set[str]) -> str:
    hosts = _("、").join(f"{one['role']} {one.get('count', 1)}" for one in row.get("hosts", []))
    stations = _("、").join(one.get("name") or one["key"] for one in row.get("stations", []))
    places = _("、").join(names.get(key, key) for key in row.get("places", []))
    fixed = _("%(t)s 开始") % {"t": row["start"]} if row.get("start") else ""
    forms = {"plenary": _("大家一起"), "by_group": _("各组分开"), "rotation": _("几站轮流")}
    minutes = _("%(n)s 分") % {"n": LengthField.shown(row["minutes"])}
    return _note(minutes, forms[row.get("form", "plenary")], stations, fixed, places, hosts)


def _group_note(row: dict[str, Any], _names: dict[str, str], _known: set[str]) -> str:
    return _note(_("%(n)s 名孩子") % {"n": row["size"]}, SpansField.shown(row.get("hours")))


def _person_note(row: dict[str, Any], _names: dict[str, str], known: set[str]) -> str:
    hours = row.get("hours")
    away = _("来不了") if hours == [] else SpansField.shown(hours)
    reserve = _("后备") if row.get("is_reserve") else ""
    return _note(_("、").join(row.get("roles", [])), reserve, away, _("在台账里") if row["key"] in known else "")


def _place_note(row: dict[str, Any], _names: dict[str, str], _known: set[str]) -> str:
    capacity = _("容 %(n)s 名") % {"n": row["capacity"]} if row.get("capacity") is not None else ""
    outdoor = "" if row.get("is_indoor", True) else _("室外")
    return _note(row.get("kind", ""), capacity, outdoor, SpansField.shown(row.get("hours")))


def _supply_note(row: dict[str, Any], names: dict[str, str], _known: set[str]) -> str:
    by = row.get("brought_by", "")
    count = _("%(n)s 件") % {"n": row["count"]} if row.get("count") is not None else ""
    return _note(names.get(row.get("segment", ""), ""), count, names.get(by, by) or _("还没有定谁带"))


def _vehicle_note(row: dict[str, Any], names: dict[str, str], _known: set[str]) -> str:
    return _note(_("%(n)s 座") % {"n": row["seats"]}, names.get(row["driver"], ""))


def _trip_note(row: dict[str, Any], names: dict[str, str], _known: set[str]) -> str:
    groups = _("、").join(names.get(key, key) for key in row["groups"])
    return _note(_("返程") if row.get("is_return") else _("去程"), _("%(n)s 分") % {"n": row["minutes"]}, groups)


def _budget_note(row: dict[str, Any], _names: dict[str, str], _known: set[str]) -> str:
    return _note(_("%(n)s 元") % {"n": f"{row['amount_fen'] / 100:,.2f}"}, row.get("payer", ""))


_NOTES: dict[str, Callable[[dict[str, Any], dict[str, str], set[str]], str]] = {
    "segments": _segment_note,
    "groups": _group_note,
    "people": _person_note,
    "places": _place_note,
    "supplies": _supply_note,
    "vehicles": _vehicle_note,
    "trips": _trip_note,
    "budget": _budget_note,
}
