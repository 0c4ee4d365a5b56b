"""Who a row is: found by ID number, else by name, birth date and school; look-alikes are shown to a person."""

from __future__ import annotations

import pytest

from backend.roster.access import reader_for
from backend.roster.models import Child, Helper
from backend.roster.services.mending import NothingToDecide, decide, mend_cell, mend_same
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.preview import preview_rows, problem_groups, wrong_rows_file
from backend.roster.sheets.reading import read_table
from tests.factories.roster import NOW, a_coordinator, a_county
from tests.roster.imports.sheets import A_CHILD, A_HELPER, CHILDREN, HELPERS, confirmed, outcomes, problems, staged

pytestmark = pytest.mark.django_db
TWIN = "529981201603051244"


def on_file(*rows, kind=CHILDREN):
    actor = a_coordinator()
    confirmed(staged(kind, *rows, actor=actor))
    return actor


def said(row, actor, decision):
    return decide(row=row, decision=decision, actor=actor, reader=reader_for(actor, NOW), now=NOW)


def mended(row, actor, column, value):
    return mend_cell(row=row, column=column, value=value, actor=actor, reader=reader_for(actor, NOW), now=NOW)


def test_an_id_number_finds_its_owner_under_another_name():
    actor = on_file(A_CHILD)
    batch = staged(CHILDREN, A_CHILD | {"name": "袁禾"}, actor=actor)
    assert batch.rows.get().person_id == Child.objects.get().pk


def test_without_an_id_number_name_birth_date_and_school_find_the_child():
    actor = on_file(A_CHILD)
    row = {"name": "袁 小禾", "sex": "女", "birth_date": "2016/3/5", "school": "土城小学", "personality": "安静"}
    batch = staged(CHILDREN, row, actor=actor)
    assert outcomes(batch) == ["CHANGED"]
    confirmed(batch)
    assert Child.objects.get().personality == "安静"


def test_a_child_on_file_without_an_id_number_receives_it():
    actor = on_file(A_CHILD | {"id_number": ""})
    confirmed(staged(CHILDREN, A_CHILD, actor=actor))
    assert Child.objects.get().id_number == A_CHILD["id_number"]


@pytest.mark.parametrize(
    "alike",
    [
        {"name": "袁小荷", "id_number": ""},  # sounds the same
        {"name": "袁小木", "id_number": ""},  # one character apart
        {"id_number": TWIN},  # same name, birth date and school under another ID number
        {"birth_date": "", "id_number": ""},  # a namesake at the same school
    ],
)
def test_somebody_alike_is_shown_and_never_merged_alone(alike):
    actor = on_file(A_CHILD)
    batch = staged(CHILDREN, A_CHILD | alike, actor=actor)
    row = batch.rows.get()
    assert (row.outcome, row.alike_id, row.person_id) == ("ALIKE", Child.objects.get().pk, None)
    shown = preview_rows(batch, reader_for(actor, NOW), [row])[0].alike
    assert (shown.name, shown.birth_date, shown.place) == ("袁小禾", "2016-03-05", "土城小学")


def test_somebody_of_another_day_is_somebody_else():
    actor = on_file(A_CHILD)
    other = A_CHILD | {"id_number": "", "birth_date": "2016-03-06"}
    assert outcomes(staged(CHILDREN, other, actor=actor)) == ["NEW"]


def test_the_same_person_by_decision():
    actor = on_file(A_CHILD)
    batch = staged(CHILDREN, A_CHILD | {"name": "袁小荷", "id_number": ""}, actor=actor)
    row = said(batch.rows.get(), actor, "SAME")
    assert (row.outcome, row.person_id) == ("CHANGED", Child.objects.get().pk)
    batch.refresh_from_db()
    assert (batch.counts["alike"], batch.counts["changed"]) == (0, 1)
    confirmed(batch)
    assert list(Child.objects.values_list("name", flat=True)) == ["袁小荷"]


def test_two_people_by_decision():
    actor = on_file(A_CHILD)
    batch = staged(CHILDREN, A_CHILD | {"name": "袁小荷", "id_number": ""}, actor=actor)
    assert said(batch.rows.get(), actor, "NEW").outcome == "NEW"
    confirmed(batch)
    assert Child.objects.count() == 2


def test_skipping_by_decision_and_changing_ones_mind():
    actor = on_file(A_CHILD)
    batch = staged(CHILDREN, A_CHILD | {"name": "袁小荷", "id_number": ""}, actor=actor)
    assert said(batch.rows.get(), actor, "SKIP").outcome == "ALIKE"
    assert said(batch.rows.get(), actor, "SAME").outcome == "CHANGED"
    assert said(batch.rows.get(), actor, "SKIP").outcome == "ALIKE"
    confirmed(batch)
    assert Child.objects.get().name == "袁小禾"


def test_there_is_nothing_to_decide_about_a_plain_row():
    batch = staged(CHILDREN, A_CHILD)
    with pytest.raises(NothingToDecide):
        said(batch.rows.get(), batch.uploaded_by, "SAME")


def test_a_helper_without_birth_date_is_found_by_name_unit_and_phone():
    bare = A_HELPER | {"id_number": "", "birth_date": ""}
    actor = on_file(bare, kind=HELPERS)
    assert outcomes(staged(HELPERS, bare, actor=actor)) == ["UNCHANGED"]
    assert outcomes(staged(HELPERS, bare | {"phone": "19900999999", "email": "", "classes": ""}, actor=actor)) == [
        "ALIKE"
    ]
    assert Helper.objects.count() == 1


# Mending in the preview


def test_a_mended_cell_makes_the_row_good():
    batch = staged(CHILDREN, A_CHILD | {"id_number": "529981201603051229"})
    actor = batch.uploaded_by
    assert problems(batch) == [("C2", "id_number")]
    row = mended(batch.rows.get(), actor, "id_number", A_CHILD["id_number"])
    assert (row.outcome, row.problems) == ("NEW", [])
    batch.refresh_from_db()
    confirmed(batch)
    assert Child.objects.get().id_number == A_CHILD["id_number"]


def test_the_same_mistake_is_mended_everywhere_at_once():
    rows = [A_HELPER | {"name": f"何国{n}", "id_number": "", "birth_date": f"1985-04-{n + 10}", "email": "", "classes": "", "hours": "周一下午"}
            for n in range(3)]  # fmt: skip
    rows = [row | {"name": "何国" + "平安康"[n]} for n, row in enumerate(rows)]
    batch = staged(HELPERS, *rows)
    actor = batch.uploaded_by
    assert problem_groups(batch) == [("每周可用时间", 3)]
    done = mend_same(
        batch=batch,
        column="hours",
        text="周一下午",
        value="周一 14:00-17:00",
        actor=actor,
        reader=reader_for(actor, NOW),
        now=NOW,
    )
    assert [row.outcome for row in done] == ["NEW"] * 3


def test_mending_into_the_person_of_another_row_is_refused():
    other = {"name": "李小春", "sex": "女", "birth_date": "2016-03-05", "village_code": "529901101201"}
    batch = staged(CHILDREN, A_CHILD, other)
    row = mended(batch.rows.last(), batch.uploaded_by, "id_number", A_CHILD["id_number"])
    assert row.outcome == "WRONG"


def test_a_mended_row_knows_the_places_that_other_rows_add():
    other = {
        "name": "李小春",
        "sex": "男生",
        "birth_date": "2015-01-01",
        "village": "水狮坝村",
        "township": "土城镇",
        "school": "土城小学",
    }
    batch = staged(CHILDREN, A_CHILD, other)
    assert [key for _cell, key in problems(batch)] == ["sex"]
    assert mended(batch.rows.last(), batch.uploaded_by, "sex", "男").outcome == "NEW"


def test_the_file_of_wrong_rows_reads_back_as_it_was():
    a_county()
    batch = staged(CHILDREN, A_CHILD, A_CHILD | {"id_number": "529981201603051229", "name": "李小春"})
    table = read_table(wrong_rows_file(batch), SHEETS[CHILDREN])
    assert [cells["name"] for _number, cells in table.rows] == ["李小春"]


def test_the_preview_masks_what_the_matrix_masks():
    actor = on_file(A_CHILD)
    batch = staged(CHILDREN, A_CHILD | {"interests": "画画"}, actor=actor)
    shown = preview_rows(batch, reader_for(actor, NOW), batch.rows.all())[0]
    assert (shown.cells["id_number"], shown.cells["medical_history"]) == ("529981********1228", "***")
    assert shown.changes == [("爱好", "", "画画")]
