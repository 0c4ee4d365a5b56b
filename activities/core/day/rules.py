"""
The rules of an event day as data: one list drives the judge, the model, the explanation and the help page.

`zh` and `en` say what is wrong when a rule is broken; `cure_zh` and `cure_en` say what to give up where a day cannot be
planned, and stand only at rules that can be given up. `weight` is what giving up costs: the less, the sooner proposed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """What a broken rule means: no plan; a draft, but no release; a remark; nothing."""

    FORBID = "forbid"
    BLOCK_RELEASE = "block_release"
    WARN = "warn"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One named rule.

    Args:
        code: stable; `scope`: what it looks at: plan, time, group, host, place, supply, trip.
        level: unless the day says otherwise. Rules of the `plan` scope keep theirs: they say what a plan is.
        weight: of giving it up, > 0, or 0 for one that cannot be given up.
    """

    code: str
    scope: str
    level: Level
    weight: int
    zh: str
    en: str
    cure_zh: str = ""
    cure_en: str = ""


_FORBID, _BLOCK, _WARN = Level.FORBID, Level.BLOCK_RELEASE, Level.WARN

RULES: tuple[Rule, ...] = (
    Rule("known", "plan", _FORBID, 0, "方案里的“{name}”在当天的安排中不存在。",
         "The plan names {name}, which the day does not have."),
    Rule("once", "plan", _FORBID, 0, "“{segment}”在方案里出现了不止一次（{name}）。",
         "{segment} stands in the plan more than once ({name})."),
    Rule("complete", "plan", _FORBID, 0, "“{segment}”缺少{name}的安排。", "{segment} has nothing for {name}."),
    Rule("length", "time", _FORBID, 20, "“{segment}”排了{minutes}分钟，应为{shortest}到{longest}分钟。",
         "{segment} takes {minutes} minutes instead of {shortest} to {longest}.",
         "“{segment}”缩短到{minutes}分钟。", "Shorten {segment} to {minutes} minutes."),
    Rule("day_bounds", "time", _FORBID, 10, "“{segment}”排在{start}至{end}，超出当天的时间{begin}至{finish}。",
         "{segment} from {start} to {end} lies outside the day, {begin} to {finish}.",
         "活动延长到{end}结束。", "Let the day last until {end}."),
    Rule("window", "time", _FORBID, 12, "“{segment}”排在{start}至{end}，不在规定的时间{window}。",
         "{segment} from {start} to {end} is not at its time, {window}.",
         "“{segment}”不再限定在{window}。", "Do not hold {segment} to {window}."),
    Rule("after", "time", _FORBID, 14, "“{segment}”{start}开始，应在“{other}”结束至少{least}分钟之后。",
         "{segment} begins at {start} and not {least} minutes or more after the end of {other}.",
         "“{segment}”不必排在“{other}”之后。", "Let {segment} come before {other} has ended."),
    Rule("gap_most", "time", _FORBID, 8, "“{segment}”{start}开始，离“{other}”结束超过{most}分钟。",
         "{segment} begins at {start}, more than {most} minutes after the end of {other}.",
         "“{segment}”可以离“{other}”更久。", "Allow more time between {other} and {segment}."),
    Rule("placed", "time", _FORBID, 60, "必须有的“{segment}”没有排上。",
         "{segment} must take place and is not in the plan.",
         "不办“{segment}”。", "Leave out {segment}."),
    Rule("rounds", "time", _FORBID, 6, "“{segment}”各轮不一样长，或不在同一时刻换站（{name}）。",
         "The rounds of {segment} differ in length or do not change together ({name}).",
         "“{segment}”各轮不必一样长、同时换站。",
         "Let the rounds of {segment} differ in length and change one by one."),
    Rule("inside", "time", _FORBID, 0, "{group}在“{station}”的一轮超出了“{segment}”的时间。",
         "The visit of {group} to {station} leaves the time of {segment}."),
    Rule("round_length",
         "time", _FORBID, 16, "{group}在“{station}”排了{minutes}分钟，应为{shortest}到{longest}分钟。",
         "{group} stays {minutes} minutes at {station} instead of {shortest} to {longest}.",
         "“{segment}”每轮缩短到{minutes}分钟。", "Shorten the rounds of {segment} to {minutes} minutes."),
    Rule("locked", "time", _FORBID, 18, "已锁定的“{segment}”被改动了（{name}）。",
         "{segment} is locked and was changed ({name}).",
         "解除“{segment}”的锁定（{name}）。", "Unlock {segment} ({name})."),
    Rule("group_twice", "group", _FORBID, 0, "{group}同时在“{segment}”和“{other}”。",
         "{group} is in {segment} and {other} at once."),
    Rule("station_twice", "group", _FORBID, 0, "“{station}”同时来了{group}和{other}。",
         "{station} has {group} and {other} at once."),
    Rule("visits_overlap", "group", _FORBID, 0, "{group}同时在“{station}”和“{other}”。",
         "{group} is at {station} and {other} at once."),
    Rule("group_hours", "group", _FORBID, 15, "{group}在{start}至{end}还没到或已离开，不能参加“{segment}”。",
         "{group} is not there from {start} to {end} for {segment}.",
         "{group}在{start}至{end}也要在场（提前接来或晚些送回）。", "Have {group} there from {start} to {end}."),
    Rule("transfer",
         "group", _FORBID, 9, "{group}从“{place}”到“{to}”需要{minutes}分钟，只留了{gap}分钟（“{segment}”之前）。",
         "{group} needs {minutes} minutes from {place} to {to} and has {gap} before {segment}.",
         "从“{place}”到“{to}”只留{gap}分钟。", "Allow {gap} minutes for the way from {place} to {to}."),
    Rule("host_count", "host", _FORBID, 11, "“{segment}”{name}需要{count}位{role}，只排了{found}位。",
         "{segment} {name} needs {count} of {role} and has {found}.",
         "再请{count}位{role}。", "Find {count} more of {role}."),
    Rule("host_fits", "host", _FORBID, 0, "{host}不能担任“{segment}”{name}的主持人。",
         "{host} cannot host {segment} {name}."),
    Rule("host_twice", "host", _FORBID, 0, "{host}同时被排在“{segment}”和“{other}”。",
         "{host} is needed in {segment} and {other} at once."),
    Rule("host_hours", "host", _FORBID, 13, "{host}在{start}至{end}不在场，不能主持“{segment}”。",
         "{host} is not there from {start} to {end} for {segment}.",
         "请{host}在{start}至{end}也到场。", "Ask {host} to be there from {start} to {end}."),
    Rule("host_free", "host", _WARN, 5, "{host}平常在{start}至{end}没空，排了“{segment}”。",
         "{host} is not usually free from {start} to {end}, and leads {segment}.",
         "请{host}在{start}至{end}破例来一次。", "Ask {host} to come from {start} to {end} for once."),
    Rule("host_load", "host", _BLOCK, 7, "{host}当天主持{minutes}分钟，超过上限{most}分钟。",
         "{host} leads {minutes} minutes that day, above the limit of {most}.",
         "{host}当天的上限放宽到{minutes}分钟。", "Raise the limit of {host} to {minutes} minutes."),
    Rule("host_transfer",
         "host", _FORBID, 9, "{host}从“{place}”赶到“{to}”需要{minutes}分钟，只留了{gap}分钟（“{segment}”之前）。",
         "{host} needs {minutes} minutes from {place} to {to} and has {gap} before {segment}.",
         "从“{place}”到“{to}”只留{gap}分钟。", "Allow {gap} minutes for the way from {place} to {to}."),
    Rule("place_fits", "place", _FORBID, 17, "“{segment}”{name}不能在“{place}”进行。",
         "{segment} {name} cannot take place at {place}.",
         "“{segment}”{name}改在“{place}”进行。", "Hold {segment} {name} at {place}."),
    Rule("place_hours", "place", _FORBID, 14, "“{place}”在{start}至{end}不开放，不能办“{segment}”。",
         "{place} is not open from {start} to {end} for {segment}.",
         "请“{place}”在{start}至{end}也开放。", "Have {place} open from {start} to {end}."),
    Rule("capacity", "place", _FORBID, 19, "“{place}”在{start}有{count}名学生，最多容{most}名。",
         "{place} holds {count} children at {start} and takes {most}.",
         "“{place}”容纳的人数放宽到{count}名。", "Let {place} hold {count} children."),
    Rule("at_once", "place", _FORBID, 17, "“{place}”在{start}同时有{count}处活动，最多{most}处。",
         "{place} has {count} gatherings at {start} and takes {most}.",
         "“{place}”允许同时有{count}处活动。", "Let {place} hold {count} gatherings at once."),
    Rule("rain", "place", _FORBID, 0, "下雨天“{segment}”{name}不能在露天的“{place}”。",
         "In the rain {segment} {name} cannot be at {place}."),
    Rule("roof", "place", _FORBID, 12, "“{segment}”{name}要在室内，“{place}”是露天的。",
         "{segment} {name} belongs under a roof, and {place} has none.",
         "“{segment}”{name}可以在露天的“{place}”。", "Let {segment} {name} be in the open, at {place}."),
    Rule("open_air", "place", _WARN, 1, "“{segment}”{name}本想在户外，排在了室内的“{place}”。",
         "{segment} {name} was meant for the open air and is at {place}.",
         "“{segment}”{name}改在室内的“{place}”。", "Hold {segment} {name} indoors, at {place}."),
    Rule("equipment", "place", _FORBID, 13, "{start}同时要用{count}件“{name}”，只有{most}件（“{segment}”）。",
         "{count} of {name} are needed at {start}, and there are {most} ({segment}).",
         "“{name}”备足{count}件。", "Have {count} of {name}."),
    Rule("supply_nobody", "supply", _WARN, 1, "“{name}”还没有人负责带来。", "Nobody has agreed to bring {name}.",
         "“{name}”先不定谁带。", "Leave open who brings {name}."),
    Rule("supply_late", "supply", _BLOCK, 6, "“{segment}”{start}要用“{name}”，{host}那时还没到。",
         "{segment} needs {name} at {start}, before {host} arrives with it.",
         "“{name}”请别人先带来。", "Have somebody else bring {name} in time."),
    Rule("trip_missing", "trip", _FORBID, 25, "“{trip}”没有安排车。", "{trip} has no vehicle.",
         "“{trip}”另找车。", "Find another vehicle for {trip}."),
    Rule("trip_fits", "trip", _FORBID, 0, "“{name}”不能跑“{trip}”。", "{name} cannot do {trip}."),
    Rule("seats", "trip", _FORBID, 0, "“{trip}”有{count}人，“{name}”只有{most}座。",
         "{trip} has {count} riders and {name} {most} seats."),
    Rule("driver_hours", "trip", _FORBID, 13, "司机{host}在{start}至{end}不当班，不能开“{trip}”。",
         "{host} does not drive from {start} to {end} for {trip}.",
         "请司机{host}在{start}至{end}也当班。", "Ask {host} to drive from {start} to {end}."),
    Rule("vehicle_twice", "trip", _FORBID, 0, "“{name}”的“{trip}”和“{other}”挨得太近或重叠。",
         "{name} does {trip} and {other} too close together."),
    Rule("trip_window", "trip", _FORBID, 12, "“{trip}”排在{start}至{end}，不在规定的时间{window}。",
         "{trip} from {start} to {end} is not at its time, {window}.",
         "“{trip}”不再限定在{window}。", "Do not hold {trip} to {window}."),
    Rule("trip_late", "trip", _FORBID, 0, "“{trip}”{start}至{end}，赶不上{group}的“{segment}”。",
         "{trip} from {start} to {end} does not fit {segment} of {group}."),
)  # fmt: skip

BY_CODE: dict[str, Rule] = {rule.code: rule for rule in RULES}
