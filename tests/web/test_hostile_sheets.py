"""Texts that mean harm, in any name, break no spreadsheet the service writes, and no page they are fetched from."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
import time_machine
from defusedxml.ElementTree import fromstring
from python_calamine import CalamineWorkbook

from activities.core.day import plan_as_json, zhuji_paper_plan
from activities.models import DayHost, DaySeat, EventDay
from backend.roster.models import Child, Helper
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.checking import FORMULA_SIGNS
from backend.roster.sheets.template import template
from backend.roster.sheets.workbook import table_xlsx, to_csv, to_xlsx
from backend.web.coordinator.event_papers import KINDS
from tests.factories.events import an_event_day, published, with_children, with_hosts
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper
from tests.notifications.test_hostile import NEVER_OUT, TEXTS, storable

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = TEXTS | {
    "no character": "水\ufffe狮\uffff坝",
    "hidden formula": "\x00=cmd|' /C calc'!A0",
    "emoji, many": "👨‍👩‍👧‍👦" * 5_000,
    **{f"formula {sign}": f"{sign}1+1" for sign in ("=", "+", "-", "@", "\t=", "\r=", "＝", "－")},
}
PAPERS = [kind for kind in KINDS if kind != "picture"]


def cells_of(content: bytes) -> list[str]:
    """Every cell of every tab, read by another program than the one that wrote it; and each part is XML."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            if name.endswith((".xml", ".rels", ".vml")):
                fromstring(parts.read(name))
            assert b"<f>" not in parts.read(name) or b"=TRUE" in parts.read(name) or name.endswith(".vml")
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    tabs = [book.get_sheet_by_index(n).to_python() for n in range(len(book.sheet_names))]
    return [str(cell) for tab in tabs for row in tab for cell in row if cell != ""]


def check(cells: list[str]) -> None:
    assert cells
    assert not [cell for cell in cells if cell.startswith(FORMULA_SIGNS)]
    assert not NEVER_OUT & set("".join(cells))
    assert max(map(len, cells)) <= 32_001


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_table_holds_it_anywhere(text):
    cells = cells_of(table_xlsx(text, [text, "好"], [[text, "一"], ["二", text]], note=text))
    check(cells)
    assert {"好", "一", "二"} <= set(cells)


@pytest.mark.parametrize("kind", SHEETS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_roster_holds_it_in_every_column_note_and_mark(kind, text):
    sheet = SHEETS[kind]
    row = [text] * len(sheet.columns)
    content = to_xlsx(sheet, [row, ["一"] * len(row)], note=text, marks={(1, 0): text}, title=text)
    check(cells_of(content))
    assert cells_of(content).count("一") == len(row)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_comma_separated_file_holds_it(text):
    content = to_csv([text], [[text], ["好"]])
    check([cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row])


@pytest.mark.parametrize("kind", SHEETS)
def test_a_template_is_fit_to_be_read_too(kind):
    assert cells_of(template(kind))


def test_spreadsheets_are_written_in_one_place():
    """Who writes one elsewhere has to be tested here as well."""
    files = [path for folder in ("backend", "matching", "activities", "notifications")
             for path in (ROOT / folder).rglob("*.py")]  # fmt: skip
    writers = {
        path.name
        for path in files
        if re.search(
            r"import (xlsxwriter|openpyxl)|from (xlsxwriter|openpyxl)\.?\S* import (?!Format|Worksheet)",
            path.read_text(),
        )
    }
    assert writers == {"workbook.py"}


# --- through the doors -------------------------------------------------------------------------------------------


def a_hostile_day(text: str) -> EventDay:
    """A day as an old version of the service, or somebody at the database, may have left it."""
    bad = storable(text)
    event = an_event_day()
    # The paper's own plan: nothing here depends on which plan it is, and solving takes its time.
    EventDay.objects.filter(pk=event.pk).update(plan=plan_as_json(zhuji_paper_plan()))
    children = with_children(event, 8)
    with_hosts(event, "palace1")
    published(event)
    draft = EventDay.objects.get(pk=event.pk).draft
    for part in ("groups", "people", "places", "segments", "supplies"):
        draft[part][0]["name"] = bad[:1900]
    EventDay.objects.filter(pk=event.pk).update(draft=draft, title=bad[:80], published_title=bad[:80])
    event.versions.update(day=draft)
    Child.objects.filter(pk=children[0].pk).update(name=bad[:60] or "水")
    DaySeat.objects.create(event=event, guest_name=bad, from_place=bad[:60], signed_at=NOW)
    Helper.objects.filter(pk__in=DayHost.objects.values("helper_id")).update(name=bad[:60])
    return event


@pytest.mark.django_db
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_paper_and_page_of_a_day_of_that_name_opens(visitor, text):
    with time_machine.travel(NOW, tick=False):
        event, client = a_hostile_day(text), visitor(a_coordinator(a_county()))
        url = f"/days/{event.public_id}/"
        for path in ("", "publish/", "versions/", "versions/1/", "seats/", "groups/", "papers/", "ticks/", "call-off/"):
            page = client.get(f"{url}{path}")
            assert page.status_code == 200, path
            assert b"<script>{{7*7}}" not in page.content
        for kind in PAPERS:
            assert client.get(f"{url}papers/{kind}/").status_code == 200
            file = client.get(f"{url}papers/{kind}/file/")
            check(cells_of(file.content))
            assert not re.search(r"[\r\n]", file["Content-Disposition"])


@pytest.mark.django_db
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_an_export_of_people_of_that_name_opens(visitor, text):
    with time_machine.travel(NOW, tick=False):
        bad = storable(text)[:60]
        a_child(bad)
        a_helper(bad)
        client = visitor(a_coordinator(a_county()))
        for kind in ("CHILDREN", "HELPERS"):
            asked = {"reason": "下乡走访要用的名单，走访完删除"}
            book = client.post(f"/export/?kind={kind}", asked | {"form": "xlsx"})
            lines = client.post(f"/export/?kind={kind}", asked | {"form": "csv"})
            assert all("attachment" in file["Content-Disposition"] for file in (book, lines))
            check(cells_of(book.content))
            rows = csv.reader(io.StringIO(lines.content.decode("utf-8-sig"), newline=""))
            check([cell for row in rows for cell in row])
