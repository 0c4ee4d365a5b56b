"""The front door for spreadsheets, through the API: upload, preview, mend, confirm, undo, export."""

from __future__ import annotations

import io
from datetime import date

import pytest
from python_calamine import CalamineWorkbook
from rest_framework.test import APIClient
from xlsxwriter import Workbook

from backend.accounts.models import Role
from backend.roster.models import Child, Clearance
from backend.roster.sheets.catalogue import SHEETS
from tests.factories.roster import a_coordinator, a_county, a_member, a_token, an_id_number
from tests.scenarios.background import do_background_work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def coordinator():
    return client_of(a_coordinator(a_county("529981")))


def client_of(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


def a_file(rows, kind="CHILDREN"):
    """An xlsx with the sheet's headings and the given {column key: text} rows."""
    buffer = io.BytesIO()
    book = Workbook(buffer)
    tab = book.add_worksheet()
    columns = SHEETS[kind].columns
    for at, column in enumerate(columns):
        tab.write_string(0, at, column.heading)
        for number, row in enumerate(rows, start=1):
            tab.write_string(number, at, row.get(column.key, ""))
    book.close()
    buffer.seek(0)
    buffer.name = "儿童台账.xlsx"
    return buffer


def the_sample(kind="CHILDREN"):
    """The template's own example as {column key: text}, of somebody else: the example itself is never imported."""
    row = {column.key: column.example for column in SHEETS[kind].columns}
    birth = date.fromisoformat(row["birth_date"])
    return row | {"name": "冉小麦", "id_number": an_id_number(11, birth=birth)}


def upload(client, file, kind="CHILDREN"):
    answer = client.post("/api/v1/imports/", {"kind": kind, "file": file}, format="multipart")
    assert answer.status_code == 201, answer.json()
    do_background_work()
    return client.get(f"/api/v1/imports/{answer.json()['id']}/").json()


def post(client, batch, step, body=None):
    return client.post(f"/api/v1/imports/{batch['id']}/{step}/", body or {}, format="json")


def test_the_template_comes_back_with_headings(coordinator):
    answer = coordinator.get("/api/v1/imports/template/?kind=CHILDREN")

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert sheet[0][: len(SHEETS["CHILDREN"].columns)] == [column.heading for column in SHEETS["CHILDREN"].columns]


def test_wrong_cells_are_named_mended_and_written(coordinator):
    good, wrong = the_sample(), the_sample()
    wrong |= {
        "name": "冉小雨",
        "id_number": an_id_number(7)[:-1] + "0" if an_id_number(7)[-1] != "0" else an_id_number(7)[:-1] + "1",
    }
    batch = upload(coordinator, a_file([good, wrong]))

    assert batch["state"] == "READY", batch
    rows = coordinator.get(f"/api/v1/imports/{batch['id']}/rows/?outcome=WRONG").json()["results"]
    (problem,) = [problem for problem in rows[0]["problems"] if problem["column"] == "id_number"]
    assert (rows[0]["number"], problem["cell"][-1]) == (3, "3")
    assert problem["mend"]
    refused = post(coordinator, batch, "confirm")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "import.rows_open")
    assert Child.objects.count() == 0

    mended = post(coordinator, batch, "mend", {"number": 3, "column": "id_number", "value": ""})
    assert mended.status_code == 200, mended.json()
    confirmed = post(coordinator, batch, "confirm", {"skip_wrong": mended.json()["outcome"] == "WRONG"})

    assert confirmed.json()["state"] == "CONFIRMED"
    assert Child.objects.count() == confirmed.json()["counts"]["written"] >= 1
    assert post(coordinator, batch, "confirm").status_code == 409

    undone = post(coordinator, batch, "undo")
    assert undone.json()["state"] == "UNDONE"
    assert Child.objects.count() == 0


def test_what_goes_out_comes_back_unchanged(coordinator):
    post(coordinator, upload(coordinator, a_file([the_sample()])), "confirm", {"skip_wrong": True})
    assert Child.objects.count() == 1

    answer = coordinator.post(
        "/api/v1/exports/file/", {"kind": "CHILDREN", "reason": "学期初核对一次台账内容"}, format="json"
    )
    file = io.BytesIO(answer.content)
    file.name = "导出.xlsx"
    batch = upload(coordinator, file)

    assert (batch["counts"]["unchanged"], batch["counts"]["changed"], batch["counts"]["wrong"]) == (1, 0, 0)


def test_a_bad_file_is_refused_with_a_sentence_and_changes_nothing(coordinator):
    file = io.BytesIO(b"PK\x03\x04 this is no spreadsheet")
    file.name = "坏的.xlsx"

    batch = upload(coordinator, file)

    assert batch["state"] == "REFUSED"
    assert batch["problem"]
    assert not Child.objects.exists()


def test_another_countys_upload_does_not_exist(coordinator):
    batch = upload(coordinator, a_file([the_sample()]))
    stranger = client_of(a_member(Role.COUNTY_COORDINATOR, area=a_county("529902", "云河县")))

    assert stranger.get(f"/api/v1/imports/{batch['id']}/").status_code == 404
    assert stranger.get("/api/v1/imports/").json()["count"] == 0
    assert post(stranger, batch, "confirm").status_code == 404


def test_background_checks_are_confirmed_by_a_second_person(coordinator):
    batch = upload(coordinator, a_file([the_sample("HELPERS")], "HELPERS"), "HELPERS")
    post(coordinator, batch, "confirm", {"skip_wrong": True})
    second = client_of(a_coordinator(a_county("529981")))
    waiting = Clearance.objects.filter(confirmed_at=None).count()

    own = coordinator.post("/api/v1/imports/confirm-clearances/", {}, format="json").json()
    others = second.post("/api/v1/imports/confirm-clearances/", {}, format="json").json()

    assert (own["confirmed"], others["confirmed"]) == (0, waiting)
    assert waiting == 1
