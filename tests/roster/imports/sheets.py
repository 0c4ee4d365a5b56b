"""Files as coordinators send them, made from a few words."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter

from backend.accounts.models import User
from backend.roster.access import reader_for
from backend.roster.models import ImportBatch
from backend.roster.models.imports import SheetKind
from backend.roster.services.confirming import confirm
from backend.roster.services.imports import stage_batch, upload
from backend.roster.sheets.catalogue import SHEETS
from tests.factories.roster import NOW, a_coordinator

CHILDREN, HELPERS = SheetKind.CHILDREN, SheetKind.HELPERS

A_CHILD = {
    "name": "袁小禾", "sex": "女", "id_number": "529981201603051228", "birth_date": "2016-03-05", "township": "土城镇",
    "township_code": "529901101", "village": "水狮坝村", "village_code": "529901101201", "address": "三组 12 号",
    "school": "土城小学", "school_code": "529901101201", "grade": "四年级", "class_name": "四年级2班",
    "needs": "学习缺导、亲情缺慰", "father.name": "袁建国", "father.phone": "19900111111", "carer.kind": "委托监护人",
    "carer.name": "袁桂英", "carer.relation": "祖母", "carer.phone": "19900222222", "carer.rating": "较好",
    "assessed_date": "2026-09-10", "heart_level": "四级", "aspects": "心理3、身体2", "guardianship": "三类",
    "consent": "是", "consent_date": "2026-09-12", "consent_by": "袁桂英", "medical_history": "哮喘",
}  # fmt: skip

A_HELPER = {
    "name": "何国平", "sex": "女", "id_number": "529981198504171422", "birth_date": "1985-04-17", "phone": "19900333333",
    "email": "he@qianshou.example", "roles": "教师", "unit": "土城小学", "unit_kind": "学校", "unit_code": "529901101201",
    "township": "土城镇", "township_code": "529901101", "village": "水狮坝村", "village_code": "529901101201",
    "classes": "四年级2班 语文 班主任", "skills": "学习辅导、精神抚慰", "hours": "周一 14:00-16:00；周三 全天",
    "total_limit": "2", "share_permille": "100%", "clearance.result": "无记录", "clearance.issuer": "清溪县公安局",
    "clearance.issued_date": "2026-08-20", "clearance.expires_date": "2027-08-19",
}  # fmt: skip


def xlsx(headings: list[Any], rows: list[list[Any]]) -> bytes:
    """A plain workbook: numbers stay numbers, text stays text."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        tab = book.add_worksheet("表")
        for number, row in enumerate([headings, *rows]):
            for position, cell in enumerate(row):
                tab.write(number, position, cell)
    return content.getvalue()


def sheet_of(kind: str, *rows: dict[str, Any]) -> bytes:
    """An xlsx holding the columns the rows name."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    headings = [SHEETS[kind].by_key[key].heading for key in keys]
    return xlsx(headings, [[row.get(key, "") for key in keys] for row in rows])


def staged(kind: str, *rows: dict[str, Any], actor: User | None = None, content: bytes = b"") -> ImportBatch:
    """A batch read and checked."""
    actor = actor or a_coordinator()
    batch = upload(
        kind=kind,
        file_name="台账.xlsx",
        content=content or sheet_of(kind, *rows),
        actor=actor,
        reader=reader_for(actor, NOW),
        now=NOW,
        is_queued=False,
    )
    return stage_batch(batch_id=batch.pk, now=NOW)


def confirmed(batch: ImportBatch, *, skip_wrong: bool = False) -> ImportBatch:
    actor = batch.uploaded_by
    return confirm(batch=batch, skip_wrong=skip_wrong, actor=actor, reader=reader_for(actor, NOW), now=NOW)


def outcomes(batch: ImportBatch) -> list[str]:
    return list(batch.rows.order_by("number").values_list("outcome", flat=True))


def problems(batch: ImportBatch) -> list[tuple[str, str]]:
    """(cell, column key) of every wrong cell."""
    rows = batch.rows.order_by("number")
    return [(note["cell"], note["column"]) for row in rows for note in row.problems]
