"""How many groups of what size, and which teacher takes one in which week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ortools.sat.python import cp_model

if TYPE_CHECKING:
    from activities.core.term.problem import TalkProblem, TalkTeacher, TeacherKey

Place = tuple[int, "TeacherKey"]
"""A week and a teacher."""


def held_count(problem: TalkProblem, teacher: TeacherKey) -> int:
    """Groups this teacher has held in the cycle."""
    return sum(group.teacher == teacher for group in problem.held)


def open_weeks(problem: TalkProblem, teacher: TalkTeacher) -> list[int]:
    """Weeks in which this teacher could still take a group."""
    taken = teacher.away | {group.week for group in problem.held if group.teacher == teacher.key}
    return [week for week in problem.weeks if week not in taken]


def room_of(problem: TalkProblem, teacher: TalkTeacher) -> int:
    """
    How many more groups this teacher can take.

    A week has no limit of its own, so the places of the class are the sum over its teachers.
    """
    limit = max(0, teacher.most - held_count(problem, teacher.key))
    return min(limit, len(open_weeks(problem, teacher)))


def group_sizes(problem: TalkProblem, places: int) -> list[int]:
    """
    Sizes of the groups still to be held, within one of each other, the larger first.

    The count of groups is the one that comes nearest to the wished size among those with every group in
    `smallest` .. `largest`; one group of all where fewer than `smallest` children are left. Where places are short,
    as many children as fit are met in full groups.
    """
    children = min(len(problem.to_meet), places * problem.largest)
    if not children or not places:
        return []
    fewest = -(-children // problem.largest)
    most = max(fewest, min(places, children // problem.smallest))
    # |children / groups - size| as whole numbers: two counts are compared by cross-multiplying.
    count = fewest
    for other in range(fewest + 1, most + 1):
        if abs(children - problem.size * other) * count < abs(children - problem.size * count) * other:
            count = other
    low, larger = divmod(children, count)
    return [low + 1] * larger + [low] * (count - larger)


def fair_loads(problem: TalkProblem, groups: int) -> dict[TeacherKey, int]:
    """
    How many of the groups each teacher takes, the sum of squares of their loads as small as it can be.

    Each group goes to whoever then has least: the cost of one more group rises with the load, so no other sharing
    is better.
    """
    load = {teacher.key: held_count(problem, teacher.key) for teacher in problem.teachers}
    more = dict.fromkeys(load, 0)
    room = {teacher.key: room_of(problem, teacher) for teacher in problem.teachers}
    for _ in range(groups):
        key = min((key for key in room if more[key] < room[key]), key=lambda key: (load[key], key))
        load[key] += 1
        more[key] += 1
    return more


def even_weeks(problem: TalkProblem, loads: dict[TeacherKey, int], seed: int, seconds: float) -> list[Place]:
    """A week for every group: never two of one teacher, the weeks as evenly filled as possible, early ones first."""
    model = cp_model.CpModel()
    takes = {
        (week, teacher.key): model.new_bool_var(f"{week}_{teacher.key}")
        for teacher in problem.teachers
        for week in open_weeks(problem, teacher)
    }
    for key, load in loads.items():
        model.add(sum(var for (_week, who), var in takes.items() if who == key) == load)
    model.minimize(_unevenness(model, problem, takes))
    solver = cp_model.CpSolver()
    settle(solver, seed, seconds)
    if solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return sorted(place for place, var in takes.items() if solver.value(var))
    return _first_weeks(problem, loads)


def settle(solver: cp_model.CpSolver, seed: int, seconds: float) -> None:
    """One worker and one seed: the same model gives the same answer, unless the clock cuts it short."""
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_time_in_seconds = max(seconds, 0.01)


def _unevenness(model: cp_model.CpModel, problem: TalkProblem, takes: dict[Place, cp_model.IntVar]) -> Any:
    """Squares of the weeks' counts, held groups among them; then a little for every week that is later."""
    most = len(problem.teachers) + len(problem.held)
    later: list[Any] = []
    parts: list[Any] = []
    weight = 1 + sum(range(len(problem.weeks))) * (most + 1)
    for index, week in enumerate(problem.weeks):
        count = model.new_int_var(0, most, f"count_{week}")
        new = [var for (when, _who), var in takes.items() if when == week]
        model.add(count == sum(new, start=sum(group.week == week for group in problem.held)))
        square = model.new_int_var(0, most * most, f"square_{week}")
        model.add_multiplication_equality(square, [count, count])
        parts.append(square)
        later.append(index * count)
    return weight * sum(parts) + sum(later)


def _first_weeks(problem: TalkProblem, loads: dict[TeacherKey, int]) -> list[Place]:
    return sorted(
        (week, teacher.key)
        for teacher in problem.teachers
        for week in open_weeks(problem, teacher)[: loads[teacher.key]]
    )
