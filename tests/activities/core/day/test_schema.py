"""docs/day-plan.schema.json says what the reader reads: it takes our days, and refuses what the reader refuses."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from activities.core.day import MalformedDay, day_as_json, read_day, zhuji_day

SCHEMA = json.loads((Path(__file__).parents[4] / "docs" / "day-plan.schema.json").read_text())
JUDGE = Draft202012Validator(SCHEMA)


def test_it_is_a_schema_and_takes_the_built_in_day():
    Draft202012Validator.check_schema(SCHEMA)

    assert list(JUDGE.iter_errors(day_as_json(zhuji_day()))) == []


def known_to_the_reader(change):
    """Field names the reader would take, as its refusal of one it does not know lists them."""
    day = day_as_json(zhuji_day())
    change(day)
    with pytest.raises(MalformedDay, match="nonsense: is not known; use one of ") as refused:
        read_day(day)
    return set(refused.value.remedy.removeprefix("use one of ").split(", "))


WRONG = {"nonsense": 1}
PARTS = {
    "group": lambda day: day["groups"].append(WRONG),
    "place": lambda day: day["places"].append(WRONG),
    "person": lambda day: day["people"].append(WRONG),
    "transfer": lambda day: day["transfers"].append(WRONG),
    "segment": lambda day: day["segments"].append(WRONG),
    "host": lambda day: day["segments"][0]["hosts"].append(WRONG),
    "station": lambda day: day["segments"][1]["stations"].append(WRONG),
    "supply": lambda day: day["supplies"].append(WRONG),
    "vehicle": lambda day: day.setdefault("vehicles", []).append(WRONG),
    "trip": lambda day: day.setdefault("trips", []).append(WRONG),
    "budget_line": lambda day: day.setdefault("budget", []).append(WRONG),
    "lock": lambda day: day.setdefault("locks", []).append(WRONG),
}


def test_both_know_the_same_fields_of_a_day():
    assert known_to_the_reader(lambda day: day.update(WRONG)) == set(SCHEMA["properties"])


@pytest.mark.parametrize("part", PARTS)
def test_both_know_the_same_fields_of_a_part(part):
    assert known_to_the_reader(PARTS[part]) == set(SCHEMA["$defs"][part]["properties"])


def test_both_know_the_same_fields_of_what_comes_before():
    found = known_to_the_reader(lambda day: day["segments"][4].update(after=[WRONG]))
    assert found == set(SCHEMA["$defs"]["after"]["oneOf"][1]["properties"])


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("segments", "minutes", 0),
        ("segments", "form", "dance"),
        ("segments", "colour", "red"),
        ("groups", "size", 0),
        ("people", "is_reserve", "yes"),
        ("places", "hours", [["9", "10:00"]]),
    ],
)
def test_both_refuse(part, field, value):
    day = deepcopy(day_as_json(zhuji_day()))
    day[part][0][field] = value

    assert list(JUDGE.iter_errors(day))
    with pytest.raises(MalformedDay):
        read_day(day)
