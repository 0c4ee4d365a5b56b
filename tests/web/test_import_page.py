"""Uploading, mending, deciding, confirming and undoing a list on its page."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from backend.accounts.models import Role
from backend.roster.models import Child, ImportBatch
from backend.roster.services.imports import stage_batch
from tests.factories.roster import NOW, a_coordinator, a_county, a_member, a_township, a_village, an_id_number

HEAD = "姓名,性别,身份证号,出生日期,乡镇,村（社区）"


def a_sheet(*rows):
    return SimpleUploadedFile("名单.csv", "\n".join([HEAD, *rows]).encode(), content_type="text/csv")


@pytest.fixture
def coordinator():
    a_village(a_township(a_county()))
    return a_coordinator(a_county())


@pytest.fixture
def uploaded(visitor, coordinator):
    """(client, batch): two rows, the second with an impossible date."""
    client = visitor(coordinator)
    good, bad = an_id_number(901), an_id_number(902)
    sheet = a_sheet(f"冉小禾,女,{good},2016-05-04,土城镇,水狮坝村", f"穆小雨,女,{bad},2016-13-02,土城镇,水狮坝村")
    answer = client.post("/imports/", {"kind": "CHILDREN", "file": sheet})
    assert answer.status_code == 302
    batch = ImportBatch.objects.get()
    assert "正在读取" in client.get(answer["Location"]).content.decode()
    stage_batch(batch_id=batch.pk, now=NOW)
    batch.refresh_from_db()
    return client, batch


def page(client, batch, **query):
    return client.get(f"/imports/{batch.public_id}/", query).content.decode()


def test_the_preview_names_the_cell_and_how_to_mend_it(uploaded):
    client, batch = uploaded
    text = page(client, batch)
    assert "还没有写入任何内容" in text
    assert "D3 出生日期" in text
    assert "请写成 2027-01-02 这样" in text
    assert not Child.objects.exists()


def test_id_numbers_show_head_and_tail_only(uploaded):
    client, batch = uploaded
    text = page(client, batch, tab="new")
    assert an_id_number(901) not in text
    assert f"529900********{an_id_number(901)[-4:]}" in text


def test_the_tick_starts_empty_and_the_button_says_what_is_left(uploaded):
    client, batch = uploaded
    text = page(client, batch)
    tick = text.partition('id="skip"')[2].partition(">")[0]
    assert "checked" not in tick
    assert "先改完 1 行" in text
    client.post(f"/imports/{batch.public_id}/confirm/", {})
    assert not Child.objects.exists()


def test_a_cell_is_mended_in_place(uploaded):
    client, batch = uploaded
    where = f"/imports/{batch.public_id}/"
    client.post(f"{where}mend/", {"number": 3, "column": "birth_date", "value": "2016-05-04", "tab": "wrong"})
    batch.refresh_from_db()
    assert (batch.counts["wrong"], batch.counts["new"]) == (0, 2)
    assert "确认导入 2 人" in page(client, batch)
    client.post(f"{where}confirm/", {})
    assert Child.objects.count() == 2


def test_wrong_rows_are_left_out_by_an_explicit_tick_and_the_import_can_be_undone(uploaded):
    client, batch = uploaded
    where = f"/imports/{batch.public_id}/"
    client.post(f"{where}confirm/", {"skip_wrong": "yes"})
    assert list(Child.objects.values_list("name", flat=True)) == ["冉小禾"]
    text = page(client, batch)
    assert "新增 1 人，更新 0 人，已写入台账" in text
    assert "留下 1 行没有导入" in text

    client.post(f"{where}undo/")

    assert not Child.objects.exists()
    assert "已整批撤销" in page(client, batch)


def test_giving_up_changes_nothing(uploaded):
    client, batch = uploaded
    client.post(f"/imports/{batch.public_id}/cancel/")
    assert "台账和导入以前一样" in page(client, batch)


def test_somebody_elses_upload_does_not_exist(visitor, uploaded):
    _client, batch = uploaded
    other = visitor(a_member(Role.TOWNSHIP_COORDINATOR, area=a_township(a_county("529902", "云河县"), number=102)))
    assert other.get(f"/imports/{batch.public_id}/").status_code == 404
    assert other.post(f"/imports/{batch.public_id}/confirm/", {"skip_wrong": "yes"}).status_code == 404


@pytest.mark.parametrize("kind", ["CHILDREN", "HELPERS"])
def test_templates_are_workbooks(visitor, coordinator, kind):
    answer = visitor(coordinator).get(f"/imports/template/{kind}/")
    assert answer.content[:2] == b"PK"
    assert "attachment" in answer["Content-Disposition"]


def test_an_export_needs_a_reason(visitor, coordinator):
    client = visitor(coordinator)
    refused = client.post("/export/?kind=CHILDREN", {"reason": "看看", "form": "csv"})
    assert "至少 10 个字" in refused.content.decode()
    given = client.post("/export/?kind=CHILDREN", {"reason": "学期初交给教育局核对名单", "form": "csv"})
    assert given["Content-Type"].startswith("text/csv")


def test_what_is_missing_says_how_to_mend_it(visitor):
    page = visitor(a_coordinator(a_county())).post("/imports/", {}).content.decode()
    assert "请选一项。" in page and "请选一个文件。" in page and "必填" not in page
