"""
Every built-in scheme, started by a coordinator's clicks and by a program's calls, on the invented people.

The demo township by default; with E2E_DATA=<folder> a copy of a folder that `manage.py demo` filled under the tests'
own keys. E2E_TABLE=<file> keeps the table.
"""

from __future__ import annotations

import json
import os
import re
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from matching.services.presets import PRESETS
from tests.e2e.conftest import one_time_code

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_SECONDS = 120
_GROUP = 3
_APPLIED = 40
_HEAD = ("scheme", "by", "places", "filled", "status", "proofs", "seconds")


class Program:
    """Calls the API with a coordinator's token."""

    def __init__(self, served, role="COUNTY_COORDINATOR", number=0):
        self.url = f"{served.url}/api/v1/"
        self.token = served.account(role, number)["api_token"]

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def every(self, path):
        return self.ask(path + ("&" if "?" in path else "?") + "page_size=200")["results"]


@pytest.fixture(scope="module")
def program(served):
    return Program(served)


@pytest.fixture(scope="module")
def desk(browser, served):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    page = context.new_page()
    account = served.account("COUNTY_COORDINATOR")
    page.goto(f"{served.url}/accounts/login/")
    page.fill("input[name=login]", account["login"])
    page.fill("input[name=password]", account["password"])
    page.get_by_role("button", name="登录", exact=True).click()
    page.fill("input[name=code]", one_time_code(account["totp_secret"]))
    page.locator("form:has(input[name=code]) button").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("今天")
    yield page
    context.close()


def applied_and_checked(served, scheme):
    """Some children of a township are applied for, and both bodies agree."""
    township = Program(served, "TOWNSHIP_COORDINATOR")
    for child in township.every("children/?state=ACTIVE")[:_APPLIED]:
        asked = {"child": child["id"], "scheme": scheme["id"], "reason": "家里一时照看不过来"}
        made = township.ask("applications/", asked)
        for number, body in enumerate(("ASSOCIATION", "BUREAU")):
            said = {"body": body, "is_fine": True}
            Program(served, number=number).ask(f"applications/{made['id']}/check/", said)


def row_of(scheme, by, run):
    counts, proofs = run["counts"], run["proofs"]
    kinds = "/".join(str(proofs.get(kind, 0)) for kind in ("duals", "bound", "search"))
    places, filled = counts.get("slots", 0), counts.get("filled", 0)
    return (scheme["name"], by, places, filled, run["solver_status"], kinds, round(sum(run["seconds"].values()), 2))


def test_every_scheme_is_solved_and_proven_by_page_and_by_program(served, program, desk):
    table = [_HEAD]
    schemes = program.every("schemes/")
    assert len({one["key"] for one in schemes}) >= len(PRESETS)
    for one in schemes:
        if not one["is_active"]:
            program.ask(f"schemes/{one['id']}/switch/", {"is_on": True})
        if one["needs_application"]:
            applied_and_checked(served, one)
    for scheme in schemes:
        made = program.ask("runs/", {"scheme": scheme["id"], "seed": 7})
        run = solved(served, program, made["id"])
        table.append(row_of(scheme, "program", run))

        desk.goto(f"{served.url}/runs/new/?scheme={scheme['id']}")
        desk.locator("details:has(input[name=seed]) summary").click()
        desk.fill("input[name=seed]", "7")
        desk.get_by_role("button", name="开始匹配").click()
        run_id = re.search(r"/runs/(\w+)/", desk.url).group(1)
        by_page = solved(served, program, run_id)
        table.append(row_of(scheme, "page", by_page))
        desk.goto(f"{served.url}/runs/{run_id}/")
        expect(desk.locator("main")).to_contain_text("已证明" if by_page["counts"].get("slots") else "没有")
        assert by_page["counts"] == run["counts"], scheme["name"]
    if "E2E_TABLE" in os.environ:
        Path(os.environ["E2E_TABLE"]).write_text("\n".join(" | ".join(map(str, row)) for row in table), "utf-8")
    assert all(row[_HEAD.index("places")] for row in table[1:])
    assert {row[_HEAD.index("status")] for row in table[1:]} == {"OPTIMAL"}


def solved(served, program, run_id):
    """The run once it is done."""

    def is_done():
        run = program.ask(f"runs/{run_id}/")
        assert run["state"] not in {"FAILED", "CANCELLED"}, run["problem"]
        return run["state"] == "DONE"

    served.wait_for(is_done, _SECONDS, "solved")
    return program.ask(f"runs/{run_id}/")


def test_talk_groups_are_dealt_by_page_and_by_program(served, program, desk):
    files = (program.ask(f"talk-classes/{one['id']}/") for one in program.every("talk-classes/"))
    ready = (one for one in files if len(one["agreed"]) >= _GROUP and one["teachers"])
    first, second = next(ready), next(ready)

    desk.goto(f"{served.url}/talks/classes/{first['id']}/new/")
    desk.get_by_role("button", name="排出来看看").click()
    expect(desk.locator("body")).to_contain_text("排好了")

    teachers = [{"teacher": one, "most_groups": 4} for one in second["teachers"]]
    months = second["months"][:1]
    plan = program.ask("talk-plans/", {"school_class": second["id"], "months": months, "teachers": teachers})
    assert plan["status"] == "OPTIMAL"
