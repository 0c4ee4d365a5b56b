"""
The judge of day plans: states every rule again, without the solver and without the model's own functions.

`check` is used by the editor while somebody drags, by the importer, by tests, and on every answer of the solver before
anybody sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from activities.core.day import judge_hosts, judge_order, judge_places, judge_rounds, judge_shape, judge_trips
from activities.core.day.rules import Level
from activities.core.day.sentences import said

if TYPE_CHECKING:
    from activities.core.day.plans import DayPlan
    from activities.core.day.problem import DayProblem
    from activities.core.day.sentences import Breach, Violation

_JUDGES = (
    *judge_shape.JUDGES,
    *judge_order.JUDGES,
    *judge_rounds.JUDGES,
    *judge_hosts.JUDGES,
    *judge_places.JUDGES,
    *judge_trips.JUDGES,
)


def check(day: DayProblem, plan: DayPlan) -> tuple[Violation, ...]:
    """
    Every rule the plan breaks, remarks included; rules the day ignores are left out.

    A plan whose shape is wrong (it names what is not there, or names something twice, or leaves something out) is
    judged by the other rules as far as it makes sense.
    """
    return tuple(said(day, breach) for breach in breaches_of(day, plan))


def breaches_of(day: DayProblem, plan: DayPlan) -> tuple[Breach, ...]:
    """`check` before it is put into words."""
    found = (breach for judge in _JUDGES for breach in judge(day, plan))
    return tuple(one for one in found if day.level(one.rule) is not Level.IGNORE)


def violations_of(day: DayProblem, plan: DayPlan) -> tuple[Violation, ...]:
    """What keeps the plan from being released: `check` without its remarks."""
    return tuple(one for one in check(day, plan) if one.level is not Level.WARN)
