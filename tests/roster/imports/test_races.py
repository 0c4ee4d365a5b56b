"""Several people press at once: an import is written once, and only as it was shown."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from backend.kernel.errors import DomainError
from backend.roster.access import reader_for
from backend.roster.models import Child, ExportRequest, ImportBatch, ImportRow
from backend.roster.services import exports
from backend.roster.services.confirming import confirm
from backend.roster.services.imports import stage_batch, upload
from backend.roster.services.mending import mend_cell
from tests.factories.roster import NOW, a_coordinator
from tests.roster.imports.sheets import A_CHILD, CHILDREN, sheet_of, staged

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
AT_ONCE = 8


def all_at_once(call):
    """What each of `AT_ONCE` threads got or was refused with; they start together."""
    gate = Barrier(AT_ONCE)

    def one(number):
        gate.wait()
        try:
            return call(number)
        except DomainError as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_a_batch_confirmed_by_eight_at_once_is_written_once():
    batch = staged(CHILDREN, A_CHILD)
    actor = batch.uploaded_by

    def press(_number):
        mine = ImportBatch.objects.get(pk=batch.pk)
        return confirm(batch=mine, skip_wrong=False, actor=actor, reader=reader_for(actor, NOW), now=NOW).state

    answers = all_at_once(press)

    assert sorted(answers) == ["CONFIRMED"] + ["invalid_move"] * (AT_ONCE - 1)
    assert Child.objects.count() == 1


def test_eight_batches_with_the_same_child_make_one():
    actor = a_coordinator()
    batches = [staged(CHILDREN, A_CHILD, actor=actor) for _ in range(AT_ONCE)]

    def press(number):
        return confirm(
            batch=batches[number], skip_wrong=False, actor=actor, reader=reader_for(actor, NOW), now=NOW
        ).state

    answers = all_at_once(press)

    assert sorted(answers) == ["CONFIRMED"] + ["import.ledger_moved"] * (AT_ONCE - 1)
    assert Child.objects.count() == 1


def test_a_file_staged_by_two_workers_has_each_row_once():
    actor = a_coordinator()
    batch = upload(
        kind=CHILDREN, file_name="a.xlsx", content=sheet_of(CHILDREN, A_CHILD), actor=actor,
        reader=reader_for(actor, NOW), now=NOW, is_queued=False,
    )  # fmt: skip

    answers = all_at_once(lambda _number: stage_batch(batch_id=batch.pk, now=NOW).state)

    assert answers == ["READY"] * AT_ONCE
    assert batch.rows.count() == 1


def test_a_request_is_allowed_once():
    first, second = a_coordinator(), a_coordinator()
    reader = reader_for(first, NOW)
    request = exports.ask_export(
        kind=CHILDREN, filters={}, reason="每学期核对台账之用，发教育局", actor=first, reader=reader, now=NOW
    )

    def press(_number):
        mine = ExportRequest.objects.get(pk=request.pk)
        exports.allow_export(request=mine, actor=second, reader=reader_for(second, NOW), now=NOW)
        return "allowed"

    assert sorted(all_at_once(press)) == ["allowed"] + ["invalid_move"] * (AT_ONCE - 1)


def test_two_mends_of_one_row_at_once_both_stay():
    batch = staged(CHILDREN, A_CHILD | {"sex": "雌", "grade": "三点五"})
    actor, reader = batch.uploaded_by, reader_for(batch.uploaded_by, NOW)
    mends = [("sex", "女"), ("grade", "四年级")]
    rows = [ImportRow.objects.select_related("batch").get(batch=batch) for _ in mends]

    def press(number):
        if number >= len(mends):
            return ""
        column, value = mends[number]
        return mend_cell(row=rows[number], column=column, value=value, actor=actor, reader=reader, now=NOW).outcome

    all_at_once(press)

    row = ImportRow.objects.get()
    cells = json.loads(row.payload)["cells"]
    assert (cells["sex"], cells["grade"], row.outcome) == ("女", "四年级", "NEW")
