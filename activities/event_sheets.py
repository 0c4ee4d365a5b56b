"""A planned day as lines for sheets of paper: by the minute, by host, by group, by what is brought. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.core.day.clock import clock
from activities.core.day.own_parts import parts_of_group, parts_of_person
from activities.core.day.plan_files import read_plan
from activities.core.day.plans import sessions_of
from activities.core.day.reading import read_day

if TYPE_CHECKING:
    from activities.core.day.own_parts import OwnPart


@dataclass(frozen=True)
class SheetLine:
    """One line of the run sheet: who is where with whom and what."""

    start: str
    end: str
    segment: str
    post: str
    groups: str
    place: str
    hosts: str
    supplies: str = ""
    text: str = ""
    is_first: bool = True


@dataclass(frozen=True)
class PartLine:
    """One line of somebody's own sheet."""

    start: str
    end: str
    name: str
    detail: str
    place: str
    starts_at: int
    ends_at: int


@dataclass(frozen=True)
class OwnSheet:
    """What one host or group does."""

    key: str
    name: str
    note: str
    lines: tuple[PartLine, ...]
    brings: tuple[str, ...] = ()


def run_sheet(draft: dict[str, Any], plan: dict[str, Any]) -> tuple[SheetLine, ...]:
    """The day by the minute: one line for each gathering, for a rotation one line a visit."""
    day, found = read_day(draft), read_plan(plan)
    segments = {segment.key: segment for segment in day.segments}
    lines, seen = [], set()
    everybody = {group.key for group in day.groups}
    for one in sessions_of(day, found):
        segment = segments[one.segment]
        groups = "" if set(one.groups) == everybody else "、".join(day.name_of(key) for key in one.groups)
        supplies = "、".join(
            supply.name + (f"×{supply.count}" if supply.count else "")
            for supply in day.supplies
            if supply.segment == segment.key
        )
        lines.append(
            SheetLine(
                clock(one.start), clock(one.end), day.name_of(segment.key),
                day.post_name(segment.key, one.post) if segment.rotation else "", groups,
                day.name_of(one.place) if one.place else "", "、".join(day.name_of(key) for key in one.hosts),
                supplies if segment.key not in seen else "", segment.text if segment.key not in seen else "",
                segment.key not in seen,
            )
        )  # fmt: skip
        seen.add(segment.key)
    trips = {trip.key: trip for trip in day.trips}
    for placed in found.trips:
        trip = trips.get(placed.key)
        if trip is not None:
            lines.append(
                SheetLine(clock(placed.start), clock(placed.start + trip.minutes), trip.name or trip.key, "",
                          "、".join(day.name_of(key) for key in trip.groups), day.name_of(placed.vehicle),
                          "、".join(day.name_of(one.driver) for one in day.vehicles if one.key == placed.vehicle))
            )  # fmt: skip
    return tuple(sorted(lines, key=lambda one: (one.start, one.end)))


def own_sheets_of_hosts(draft: dict[str, Any], plan: dict[str, Any]) -> tuple[OwnSheet, ...]:
    """A sheet for everybody who leads or drives something, with what each has to bring."""
    day, found = read_day(draft), read_plan(plan)
    sheets = []
    for person in day.people:
        parts = parts_of_person(day, found, person.key)
        brings = tuple(
            supply.name + (f"×{supply.count}" if supply.count else "")
            for supply in day.supplies
            if supply.brought_by == person.key
        )
        if parts or brings:
            note = "、".join(person.roles)
            sheets.append(OwnSheet(person.key, person.name or person.key, note, _lines(parts), brings))
    return tuple(sheets)


def own_sheets_of_groups(draft: dict[str, Any], plan: dict[str, Any]) -> tuple[OwnSheet, ...]:
    """What each group does, by time."""
    day, found = read_day(draft), read_plan(plan)
    return tuple(
        OwnSheet(group.key, group.name or group.key, str(group.size), _lines(parts_of_group(day, found, group.key)))
        for group in day.groups
    )


def _lines(parts: tuple[OwnPart, ...]) -> tuple[PartLine, ...]:
    return tuple(
        PartLine(clock(one.start), clock(one.end), one.name, one.detail, one.place, one.start, one.end) for one in parts
    )


def supply_list(draft: dict[str, Any], plan: dict[str, Any] | None) -> list[dict[str, str]]:
    """What is brought by whom for what, with the time it is needed at."""
    day = read_day(draft)
    found = read_plan(plan) if plan else None
    rows = []
    for supply in day.supplies:
        placed = found.segment(supply.segment) if found and supply.segment else None
        rows.append(
            {
                "name": supply.name or supply.key,
                "count": "" if supply.count is None else str(supply.count),
                "who": day.name_of(supply.brought_by) if supply.brought_by else "",
                "segment": day.name_of(supply.segment) if supply.segment else "",
                "when": clock(placed.start) if placed else "",
            }
        )
    return sorted(rows, key=lambda one: (one["when"] or "99", one["name"]))
