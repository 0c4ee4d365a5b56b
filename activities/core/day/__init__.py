"""
Event days: a day in, a plan out, and a judge that shares no code with the planner.

`read_day`, `day_as_json`, `read_plan`, `plan_as_json` for files; `check` judges, `plan` plans, `replan` changes as
little as possible, `relax` says what to give up and `apply_relaxation` does; `divide` makes groups. Knows no framework,
no clock and no names of people.
"""

from activities.core.day.changes import Change, changes_between
from activities.core.day.errors import MalformedDay
from activities.core.day.goals import GOALS, GoalValue, measure
from activities.core.day.grouping import divide
from activities.core.day.groups import (
    GROUP_GOALS,
    Effect,
    GroupingProblem,
    GroupingResult,
    Pupil,
    check_groups,
    effect_of_move,
    worth,
)
from activities.core.day.judge import check, violations_of
from activities.core.day.plan_files import plan_as_json, read_plan
from activities.core.day.planner import plan
from activities.core.day.plans import DayPlan, PlacedPost, PlacedSegment, PlacedTrip, Session, Visit, sessions_of
from activities.core.day.problem import DayProblem
from activities.core.day.reading import read_day
from activities.core.day.relaxations import Relaxation, apply_relaxation, read_relaxation
from activities.core.day.relaxing import Explanation, relax
from activities.core.day.replanner import arriving_late, in_the_rain, replan, with_lock, without_host
from activities.core.day.result import DayResult, FaultyPlan
from activities.core.day.rules import RULES, Level, Rule
from activities.core.day.sentences import Violation
from activities.core.day.writing import day_as_json
from activities.core.day.zhuji import zhuji_day, zhuji_paper_plan

__all__ = [
    "GOALS",
    "GROUP_GOALS",
    "RULES",
    "Change",
    "DayPlan",
    "DayProblem",
    "DayResult",
    "Effect",
    "Explanation",
    "FaultyPlan",
    "GoalValue",
    "GroupingProblem",
    "GroupingResult",
    "Level",
    "MalformedDay",
    "PlacedPost",
    "PlacedSegment",
    "PlacedTrip",
    "Pupil",
    "Relaxation",
    "Rule",
    "Session",
    "Violation",
    "Visit",
    "apply_relaxation",
    "arriving_late",
    "changes_between",
    "check",
    "check_groups",
    "day_as_json",
    "divide",
    "effect_of_move",
    "in_the_rain",
    "measure",
    "plan",
    "plan_as_json",
    "read_day",
    "read_plan",
    "read_relaxation",
    "relax",
    "replan",
    "sessions_of",
    "violations_of",
    "with_lock",
    "without_host",
    "worth",
    "zhuji_day",
    "zhuji_paper_plan",
]
