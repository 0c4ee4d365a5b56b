"""The program: one line of JSON, exit codes, a file only for a plan the judge lets pass."""

from __future__ import annotations

import json

import pytest

from activities.core.__main__ import main
from activities.core.day import day_as_json, plan_as_json, zhuji_day, zhuji_paper_plan

SMALL = {
    "horizon": 300,
    "resources": {"r1": 12},
    "segments": [
        {"key": "s0", "minutes": 5, "needs": {"r1": 9}},
        {"key": "s1", "minutes": 8, "after": ["s0"], "needs": {"r1": 4}},
        {"key": "s2", "minutes": 4, "needs": {"r1": 9}},
    ],
    "goal": "finish_early",
}


@pytest.fixture
def run(tmp_path, capsys):
    def run_program(command, *nodes, options=()):
        paths = []
        for number, node in enumerate(nodes):
            paths.append(tmp_path / f"{number}.json")
            paths[-1].write_text(node if isinstance(node, str) else json.dumps(node), encoding="utf-8")
        out = ["--out", str(tmp_path / "plan.json"), "--workers", "1"] if command == "plan" else []
        code = main([command, *map(str, paths), *out, *options])
        written = tmp_path / "plan.json"
        plan = json.loads(written.read_text(encoding="utf-8")) if written.exists() else None
        return code, json.loads(capsys.readouterr().out), plan

    return run_program


def test_a_day_is_planned_and_its_plan_passes_check(run):
    code, line, plan = run("plan", day_as_json(zhuji_day()), options=["--seconds", "10", "--seed", "4"])

    assert (code, line["status"]) == (0, "OPTIMAL")
    assert {"name": "finish", "value": 690, "bound": 690} in line["goals"]
    assert {"goals", "seconds"} <= set(line)
    assert run("check", day_as_json(zhuji_day()), plan)[:2] == (0, {"valid": True, "violations": [], "remarks": []})


def test_a_broken_plan_is_refused_by_name(run):
    plan = plan_as_json(zhuji_paper_plan())
    plan["segments"][0]["start"] = "09:01"
    code, line, _ = run("check", day_as_json(zhuji_day()), plan)

    assert (code, line["valid"]) == (1, False)
    assert {"group_twice", "host_twice"} == {one["rule"] for one in line["violations"]}
    assert {"rule", "level", "keys", "sentence"} <= set(line["violations"][0])


def test_an_impossible_day_gives_no_file_but_what_to_give_up(run):
    code, line, plan = run("plan", day_as_json(zhuji_day()) | {"end": "11:00"})

    assert (code, line["status"], plan) == (5, "INFEASIBLE", None)
    assert line["relax"][0]["sentence"] == "活动延长到11:30结束。"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"begin": 9}, "begin"),
        ({"segments": [{"key": "a", "minutes": "ten"}]}, "segments[0].minutes"),
        ({"segments": [{"key": "a", "minutes": True}]}, "segments[0].minutes"),
        ({"segments": [{"key": "a", "minutes": 5, "after": ["b"]}]}, "segments[0].after"),
        ({"segments": [{"key": "a", "minutes": 5, "color": "red"}]}, "segments[0].color"),
        ({"groups": []}, "groups"),
        ({"rules": {"known": "ignore"}}, "rules.known"),
        ({"transfers": [{"from": "hall", "to": "moon", "minutes": 1}]}, "transfers[0]"),
    ],
)  # fmt: skip
def test_a_malformed_day_is_refused_with_its_place(run, change, place):
    code, line, plan = run("plan", day_as_json(zhuji_day()) | change)

    assert (code, line["status"], plan) == (2, "MALFORMED", None)
    assert line["error"].startswith(place)
    assert ";" in line["error"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1, "a": 2}', '{"begin": NaN}', "[" * 100_000, '"\ud800"'.encode("utf-16", "surrogatepass").decode("latin-1")])  # fmt: skip
def test_what_is_no_day_is_refused(run, text):
    assert run("plan", text)[0] == 2


def test_the_smallest_form(run):
    code, line, plan = run("plan", SMALL, options=["--seconds", "5"])

    assert (code, line["status"], line["finish"], line["bound"]) == (0, "OPTIMAL", 17, 17)
    assert plan == line
    assert run("check", SMALL, plan)[1]["valid"]
    plan["starts"]["s2"] = plan["starts"]["s0"] + 1
    assert run("check", SMALL, plan)[:1] == (1,)


def test_the_smallest_form_that_cannot_be(run):
    short = run("plan", SMALL | {"horizon": 12})
    assert (short[0], short[1]["status"], short[2]) == (5, "INFEASIBLE", None)
    assert short[1]["bound"] == 13
    tight = run("plan", SMALL | {"horizon": 16}, options=["--seconds", "5"])
    assert (tight[0], tight[1]["bound"]) == (5, 17)
    large = [*SMALL["segments"][:2], {"key": "s2", "minutes": 4, "needs": {"r1": 13}}]
    assert run("plan", SMALL | {"segments": large})[:2][0] == 3
    circle = [{"key": "a", "minutes": 1, "after": ["b"]}, {"key": "b", "minutes": 1, "after": ["a"]}]
    code, line, _ = run("plan", SMALL | {"segments": circle})
    assert (code, line["status"], sorted(line["conflicts"])) == (3, "INVALID", ["a", "b"])


def test_useless_limits_are_refused(run):
    assert run("plan", SMALL, options=["--seconds", "0"])[0] == 2


def test_what_is_read_is_not_overwritten(run, tmp_path):
    code, line, plan = run("plan", SMALL, options=["--out", str(tmp_path / "0.json")])

    assert (code, plan) == (2, None)
    assert "would be overwritten" in line["error"]
    assert json.loads((tmp_path / "0.json").read_text(encoding="utf-8")) == SMALL


def test_a_base_of_the_smallest_form_is_refused_and_not_passed_over(run, tmp_path):
    base = tmp_path / "base.json"
    base.write_text("{}", encoding="utf-8")
    code, line, plan = run("plan", SMALL, options=["--base", str(base)])

    assert (code, plan) == (2, None)
    assert "--base is for whole days" in line["error"]
