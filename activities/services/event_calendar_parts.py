"""The rows calendars read of a published day: one for the day, one for each item, one for each part somebody leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from activities.core.day.own_parts import parts_of_person
from activities.models import DayPart, EventDay
from backend.kernel.calendar import moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from activities.core.day.plans import DayPlan
    from activities.core.day.problem import DayProblem

_LONGEST = 200


def write_parts(event: EventDay, *, day: DayProblem, plan: DayPlan, helpers: Mapping[str, int], now: datetime) -> None:
    """
    Bring the calendars' rows up to the plan: ids stay, sequences rise, what fell away is cancelled.

    Args:
        helpers: a person's key in the day -> the helper's row id.
    """
    wanted = _wanted_parts(event, day, plan, helpers)
    if event.published_title not in ("", event.title):
        # The day's title stands in each of them, also in those that were called off.
        event.parts.update(changed_at=now)
    there = {(one.kind, one.segment_key, one.helper_id): one for one in event.parts.all()}
    for key, part in there.items():
        shown = wanted.pop(key, None)
        _change_part(part, shown or {"state": DayPart.State.CANCELLED}, now)
    DayPart.objects.bulk_create(
        [
            DayPart(event=event, kind=kind, segment_key=segment, helper_id=helper_id, created_at=now, changed_at=now,
                    **shown)
            for (kind, segment, helper_id), shown in wanted.items()
        ]
    )  # fmt: skip


def call_parts_off(event: EventDay, now: datetime) -> None:
    """Everything of the day shows as cancelled."""
    for part in event.parts.all():
        _change_part(part, {"state": DayPart.State.CANCELLED}, now)


def _wanted_parts(
    event: EventDay, day: DayProblem, plan: DayPlan, helpers: Mapping[str, int]
) -> dict[tuple[str, str, int | None], dict[str, Any]]:
    """(kind, segment, helper) -> what a calendar shows of it."""
    placed = plan.segments
    if not placed:
        return {}
    places = [post.place for one in placed for post in one.posts if post.place]
    where = day.name_of(places[0]) if places else ""
    start = min([one.start for one in placed])
    whole = _shown(event.date, event.title, start, plan.finish, where)
    wanted: dict[tuple[str, str, int | None], dict[str, Any]] = {(DayPart.Kind.DAY, "", None): whole}
    for one in placed:
        names = "、".join(dict.fromkeys(day.name_of(post.place) for post in one.posts if post.place))
        shown = _shown(event.date, day.name_of(one.key), one.start, one.end, names)
        wanted[DayPart.Kind.SEGMENT, one.key, None] = shown
    for key, helper_id in helpers.items():
        for part in parts_of_person(day, plan, key):
            shown = _shown(event.date, part.name, part.start, part.end, part.place, part.detail)
            wanted[DayPart.Kind.HOST, part.key, helper_id] = shown
    return wanted


def _shown(day: Any, name: str, start: int, end: int, place: str, detail: str = "") -> dict[str, Any]:
    return {
        "name": name[:_LONGEST],
        "detail": detail[:_LONGEST],
        "place_name": place[:_LONGEST],
        "start_at": moment(day, start),
        "end_at": moment(day, end),
        "state": DayPart.State.ON,
    }


def _change_part(part: DayPart, shown: dict[str, Any], now: datetime) -> None:
    differs = {name for name, value in shown.items() if getattr(part, name) != value}
    if not differs:
        return
    for name, value in shown.items():
        setattr(part, name, value)
    part.changed_at = now
    written = [*shown, "changed_at"]
    if differs & {"start_at", "end_at", "place_name", "state"}:
        part.sequence += 1
        written.append("sequence")
        if part.state == DayPart.State.ON:
            # What was agreed to is another time or place now. Of what is off the answer stays: who said no is not told.
            part.answer, part.answered_at = DayPart.Answer.NONE, None
            written += ["answer", "answered_at"]
    # Only these columns: an answer that came a moment ago stands as long as nothing it was about has changed.
    part.save(update_fields=written)
