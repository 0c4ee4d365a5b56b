"""Scheduling with resources: lists, bounds and proofs against every order there is, and what each status promises."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from activities.core.day.resource_bounds import least_finish, paths_of
from activities.core.day.resource_exact import Exact
from activities.core.day.resource_judge import check_starts
from activities.core.day.resource_planner import plan_resources
from activities.core.day.resource_race import Race
from activities.core.day.resource_search import Search
from activities.core.day.resource_serial import Serial
from activities.core.day.resources import ResourceProblem, Task
from activities.core.day.stages import new_solver
from backend.kernel.solving import SolveLimits

ALONE, TOGETHER, FOUR = (SolveLimits(seconds=20, workers=workers) for workers in (1, 2, 4))
WIDE = 10**6


def a_problem(tasks: int, seed: int, *, names=2, longest=6, horizon=WIDE) -> ResourceProblem:
    """Some tasks take no time, some need nothing, some resources are not there at all."""
    rng = random.Random(seed)
    most = {f"r{name}": rng.randint(0 if name else 3, 6) for name in range(names)}
    listed = []
    for number in range(tasks):
        after = rng.sample(range(number), min(number, rng.choice((0, 0, 1, 1, 2))))
        needs = {name: rng.randint(0, there) for name, there in most.items() if rng.random() < 0.8}
        minutes = 0 if rng.random() < 0.1 else rng.randint(1, longest)
        listed.append(Task(f"s{number}", minutes, tuple(f"s{one}" for one in after), needs))
    rng.shuffle(listed)
    return ResourceProblem(horizon, most, tuple(listed))


def minute_by_minute(problem: ResourceProblem, order: tuple[Task, ...]) -> dict[str, int]:
    """Each task in turn at its first possible minute; nothing here is packed or clever."""
    starts, ends, use = {}, {}, {}
    for task in order:
        start = max((ends[key] for key in task.after), default=0)
        while any(
            use.get((name, at), 0) + need > problem.resources[name]
            for at in range(start, start + task.minutes)
            for name, need in task.needs.items()
        ):
            start += 1
        for at in range(start, start + task.minutes):
            for name, need in task.needs.items():
                use[name, at] = use.get((name, at), 0) + need
        starts[task.key], ends[task.key] = start, start + task.minutes
    return starts


def is_in_order(order: tuple[Task, ...]) -> bool:
    seen: set[str] = set()
    return all(seen.issuperset(task.after) and not seen.add(task.key) for task in order)


def finish_of(problem: ResourceProblem, starts: dict[str, int]) -> int:
    return max((starts[task.key] + task.minutes for task in problem.tasks), default=0)


def optimum(problem: ResourceProblem) -> int:
    """Some list gives the best schedule, so all of them are tried."""
    lists = filter(is_in_order, permutations(problem.tasks))
    return min(finish_of(problem, minute_by_minute(problem, order)) for order in lists)


@pytest.mark.parametrize("seed", range(40))
def test_a_small_problem_ends_when_the_best_of_all_orders_does(seed):
    problem = a_problem(6, seed)
    best = optimum(problem)

    assert least_finish(problem, paths_of(problem)) <= best
    for limits in (ALONE, TOGETHER, FOUR):
        result = plan_resources(problem, limits)
        assert (str(result.status), result.finish, result.bound) == ("OPTIMAL", best, best)
        assert (finish_of(problem, result.starts), check_starts(problem, result.starts)) == (best, ())


@pytest.mark.parametrize("seed", range(10))
def test_the_bound_is_below_what_is_best_and_the_finish_above_when_the_time_is_short(seed):
    problem = a_problem(16, seed, names=3)
    best = plan_resources(problem, TOGETHER)
    short = plan_resources(problem, SolveLimits(seconds=0.02, workers=1 + seed % 2, seed=seed))

    assert best.status == "OPTIMAL"
    assert short.bound <= best.finish <= short.finish
    assert check_starts(problem, short.starts) == ()


@pytest.mark.parametrize("seed", range(20))
def test_a_list_gives_the_same_schedule_as_minute_by_minute(seed):
    problem = a_problem(15, seed, names=1 + seed % 4)
    serial, tasks = Serial(problem), {task.key: task for task in problem.tasks}
    order = list(range(15))

    found = serial.starts_of(serial.forward(order))

    assert found == minute_by_minute(problem, tuple(tasks[serial.keys[number]] for number in order))


@pytest.mark.parametrize("seed", range(20))
def test_pushing_breaks_no_rule_and_never_ends_later(seed):
    problem = a_problem(20, seed, names=3)
    serial = Serial(problem)
    ends = serial.forward(range(20))

    pushed = serial.pushed(ends)

    assert max(pushed) <= max(ends)
    assert check_starts(problem, serial.starts_of(pushed)) == ()


def test_every_list_of_the_search_keeps_the_order_and_the_best_never_worsens():
    problem = a_problem(20, 3, names=3)
    serial = Serial(problem)
    search = Search(serial, [1] * 20, seed=5)
    finishes = [search.best.finish]
    for _turn in range(300):
        is_better = search.turn()
        finishes.append(search.best.finish)
        assert is_better == (finishes[-1] < finishes[-2])

    assert finishes == sorted(finishes, reverse=True)
    for one in search.parents:
        assert check_starts(problem, serial.starts_of(one.ends)) == ()
        assert all(one.order.index(a) < one.order.index(task) for task in range(20) for a in serial.before[task])


def test_one_seed_gives_one_course_of_the_search():
    problem = a_problem(20, 3, names=3)

    def course(seed):
        search = Search(Serial(problem), [1] * 20, seed)
        for _turn in range(100):
            search.turn()
        return [one.order for one in search.parents]

    assert course(1) == course(1) != course(2)


@pytest.mark.parametrize("limits", [ALONE, TOGETHER])
def test_a_horizon_one_minute_below_the_best_is_proven_too_short(limits):
    problem = a_problem(12, 8)
    best = plan_resources(problem, limits).finish

    short = plan_resources(ResourceProblem(best - 1, problem.resources, problem.tasks), limits)
    just = plan_resources(ResourceProblem(best, problem.resources, problem.tasks), limits)

    assert (str(short.status), short.finish, short.bound, dict(short.starts)) == ("INFEASIBLE", None, best, {})
    assert (str(just.status), just.finish) == ("OPTIMAL", best)


@pytest.mark.parametrize("workers", [1, 2])
def test_neither_a_schedule_within_the_horizon_nor_a_proof_is_timed_out(workers):
    problem = a_problem(120, 4, names=4)
    least = least_finish(problem, paths_of(problem))

    result = plan_resources(
        ResourceProblem(least, problem.resources, problem.tasks), SolveLimits(seconds=0.001, workers=workers)
    )

    assert (str(result.status), result.finish, dict(result.starts)) == ("TIMED_OUT", None, {})
    assert result.bound <= least


@pytest.mark.parametrize("limits", [ALONE, TOGETHER])
def test_nothing_to_do_ends_at_once(limits):
    assert plan_resources(ResourceProblem(0, {}, ()), limits).finish == 0
    idle = ResourceProblem(0, {"r": 0}, (Task("a", 0, (), {"r": 0}), Task("b", 0, ("a",))))
    assert (plan_resources(idle, limits).status, plan_resources(idle, limits).finish) == ("OPTIMAL", 0)


@pytest.mark.parametrize("seed", range(6))
def test_tasks_that_last_for_hours_are_proven_like_those_of_minutes(seed):
    problem = a_problem(9, seed, longest=600)

    result = plan_resources(problem, TOGETHER)

    assert (result.status, result.finish) == ("OPTIMAL", result.bound)


@pytest.mark.parametrize("step", [1, 7, 40])
def test_the_bound_rises_to_the_best_and_no_further_whatever_the_step(step):
    problem = a_problem(12, 8)
    best = plan_resources(problem, TOGETHER)
    paths, first = paths_of(problem), Serial(problem)
    race = Race(problem, least_finish(problem, paths), first.starts_of(first.forward(range(12))))

    Exact(problem, paths, race, new_solver(ALONE, 20), step=step).run()

    assert best.status == "OPTIMAL"
    assert best.finish - step < race.least <= best.finish <= race.finish
