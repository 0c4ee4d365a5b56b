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


@pytest.mark.parametrize("name", sorted(SCHEMA["properties"].keys() - {"$schema"}))
def test_the_reader_knows_every_field_of_the_top(name):
    day = day_as_json(zhuji_day())
    day[name] = {"unlikely": "value"}

    with pytest.raises(MalformedDay) as refused:
        read_day(day)

    assert "is not known" not in str(refused.value) or "unlikely" in str(refused.value)


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
