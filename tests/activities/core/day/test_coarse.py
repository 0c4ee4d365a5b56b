"""What a coarser model proves: its bounds hold for the day, and say enough."""

from __future__ import annotations

from ortools.sat.python import cp_model

from activities.core.day import plan
from activities.core.day.model_goals import DayModel
from backend.kernel.solving import SolveStatus
from tests.activities.core.day.builders import QUICK, TEACHER, a_day, a_rotation, a_segment

TEACHERS = [{"key": f"t{n}", "roles": ["teacher"]} for n in range(3)]
HALL_AND_ROOM = {
    "places": [{"key": "hall"}, {"key": "room"}],
    "transfers": [{"from": "hall", "to": "room", "minutes": 5}],
    "end": "09:55",
}
GOING_ROUND = a_rotation(round_=10, minutes=25, changes=5, places=["hall"], **TEACHER)


def a_full_day(people):
    """Groups have five minutes to walk after their last round, hosts of a station have none."""
    games = a_segment("games", 30, form="by_group", places=["room", "hall"], after=["r"], **TEACHER)
    return a_day(GOING_ROUND, games, people=people, **HALL_AND_ROOM)


def least_steps(day):
    """What the coarse model proves of the goal "place"."""
    model = DayModel(day, is_coarse=True)
    goal = next(one for one in model.goals() if one.name == "place")
    model.hosts.walk()
    model.hosts.walk()
    model.model.minimize(goal.term)
    solver = cp_model.CpSolver()
    assert solver.solve(model.model) == cp_model.OPTIMAL
    return round(solver.best_objective_bound)


def test_hosts_who_lead_a_station_cannot_be_in_a_far_room_a_moment_later():
    assert least_steps(a_full_day(TEACHERS)) == 1
    assert least_steps(a_full_day([*TEACHERS, {"key": "t3", "roles": ["teacher"]}])) == 0


def test_its_bound_is_what_the_day_can_have():
    for people in (TEACHERS, TEACHERS[:2]):
        result = plan(a_full_day(people), QUICK)
        place = result.goal("place")
        assert (result.status, place.value, place.bound) == (SolveStatus.OPTIMAL, 4 - len(people), 4 - len(people))
