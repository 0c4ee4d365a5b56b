"""Files of every kind, friendly and hostile. Whatever comes, an answer within ten seconds and nothing half read."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import pytest

from backend.roster.sheets import limits
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.reading import FileRefused, column_letters, read_table
from backend.roster.sheets.template import template
from tests.roster.imports.sheets import CHILDREN, HELPERS, sheet_of, xlsx

CHILD_SHEET = SHEETS[CHILDREN]
FILES = Path(__file__).with_name("files")
_CSV = "姓名,性别,身份证号\r\n王小禾,女,529981201603051228\r\n"


def refusal(content: bytes) -> str:
    """Why it is refused; on a busy machine the clock may come first, and the file is handed over again."""
    for _again in range(3):
        began = time.monotonic()
        with pytest.raises(FileRefused) as caught:
            read_table(content, CHILD_SHEET)
        assert time.monotonic() - began < 10
        if caught.value.reason != "too_slow":
            break
    return caught.value.reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_in_every_common_encoding(encoding):
    table = read_table(_CSV.encode(encoding), CHILD_SHEET)
    assert table.rows == [(2, {"name": "王小禾", "sex": "女", "id_number": "529981201603051228"})]


def test_csv_with_semicolons_tabs_and_quotes():
    assert read_table('姓名;性别\n"王;小禾";女\n'.encode(), CHILD_SHEET).rows[0][1] == {"name": "王;小禾", "sex": "女"}
    assert read_table("姓名\t性别\n王小禾\t女\n".encode(), CHILD_SHEET).rows[0][1]["sex"] == "女"


def test_old_excel_is_read_with_numbers_dates_and_a_column_of_ones_own():
    table = read_table((FILES / "children.xls").read_bytes(), CHILD_SHEET)
    number, cells = table.rows[0]
    assert (number, cells["birth_date"], cells["carer.phone"]) == (2, "2016-03-05", "19900123456")
    assert table.ignored == ["序号"]
    assert table.letters["id_number"] == "D"


def test_a_sheet_that_begins_further_down_keeps_its_row_numbers_and_letters():
    content = xlsx(["", "", ""], [["", "某某学校花名册", ""], ["", "姓名 ", "*性别"], ["", "王小禾", "女"]])
    table = read_table(content, CHILD_SHEET)
    assert table.rows == [(4, {"name": "王小禾", "sex": "女"})]
    assert table.letters == {"name": "B", "sex": "C"}


def test_an_id_typed_as_a_number_arrives_as_a_number_and_not_as_text():
    content = xlsx(["姓名", "身份证号"], [["王小禾", 529981201603051228]])
    assert isinstance(read_table(content, CHILD_SHEET).rows[0][1]["id_number"], float)


@pytest.mark.parametrize("kind", [CHILDREN, HELPERS])
def test_the_template_reads_back(kind):
    table = read_table(template(kind), SHEETS[kind])
    assert list(table.letters) == [column.key for column in SHEETS[kind].columns]


def test_letters_of_columns():
    assert [column_letters(at) for at in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]


# Hostile


def zipped(members: dict[str, bytes], level: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", level) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


def reworked(change: dict[str, bytes]) -> bytes:
    """A good workbook with members replaced or added."""
    with zipfile.ZipFile(io.BytesIO(sheet_of(CHILDREN, {"name": "王小禾", "sex": "女"}))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped(members | change)


def test_a_zip_bomb():
    assert refusal(reworked({"xl/media/a.bin": b"\0" * 60_000_000})) == "bomb"


def test_many_middling_members_together_are_a_bomb():
    import os

    piece = os.urandom(40_000) + b"\0" * 3_000_000
    assert refusal(reworked({f"xl/media/{n}.bin": piece for n in range(40)})) == "bomb"


def test_an_entity_bomb():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><sst>&b;</sst>'
    assert refusal(reworked({"xl/sharedStrings.xml": bomb})) == "entities"
    assert refusal(reworked({"xl/sharedStrings.xml": bomb.decode().encode("utf-16")})) == "entities"


def test_too_many_members():
    assert refusal(reworked({f"xl/x{n}.xml": b"<x/>" for n in range(250)})) == "too_many_parts"


def test_the_same_member_twice():
    content = io.BytesIO(sheet_of(CHILDREN, {"name": "王小禾", "sex": "女"}))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(content, "a") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<worksheet/>")
    assert refusal(content.getvalue()) == "damaged"


def test_an_archive_that_is_no_workbook():
    assert refusal(zipped({"a.txt": b"hello"})) == "not_a_sheet"
    assert refusal(zipped({"inner.zip": zipped({"a": b"\0" * 1000})})) == "not_a_sheet"


def test_an_archive_that_lies_about_its_sizes():
    content = reworked({"xl/media/a.bin": b"\0" * 30_000_000})
    lie = (1000).to_bytes(4, "little")
    assert refusal(content.replace((30_000_000).to_bytes(4, "little"), lie)) in {"bomb", "damaged"}


@pytest.mark.parametrize("dimension", ["A1:XFD1048576", "A1:A1", "ZZZZ9:A0", ""])
def test_a_wrong_dimension_loses_no_row(dimension):
    good = sheet_of(CHILDREN, *({"name": "王小禾", "sex": "女"} for _ in range(20)))
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    page = members["xl/worksheets/sheet1.xml"].replace(b'ref="A1:B21"', f'ref="{dimension}"'.encode())
    assert page != members["xl/worksheets/sheet1.xml"]
    try:
        table = read_table(zipped(members | {"xl/worksheets/sheet1.xml": page}), CHILD_SHEET)
    except FileRefused as refused:
        assert refused.reason in {"damaged", "too_big"}
    else:
        assert len(table.rows) == 20


def test_a_cell_at_the_far_end_of_the_sheet():
    far = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    with zipfile.ZipFile(io.BytesIO(sheet_of(CHILDREN, {"name": "王小禾", "sex": "女"}))) as archive:
        page = archive.read("xl/worksheets/sheet1.xml").replace(b"</sheetData>", far)
    assert refusal(reworked({"xl/worksheets/sheet1.xml": page})) in {"too_big", "too_many_columns"}


def test_twenty_thousand_rows_and_one():
    rows = [["王小禾", "女"]] * limits.ROWS
    assert len(read_table(xlsx(["姓名", "性别"], rows), CHILD_SHEET).rows) == limits.ROWS
    assert refusal(xlsx(["姓名", "性别"], [*rows, ["王小禾", "女"]])) == "too_many_rows"


def test_sixty_five_columns():
    assert refusal(xlsx([f"列{n}" for n in range(65)], [["x"] * 65])) == "too_many_columns"


def test_one_string_shared_by_every_cell_is_not_multiplied_in_memory():
    rows = [["长" * 3000] * 60 for _ in range(500)]
    assert refusal(xlsx(["姓名", "性别", *range(58)], rows)) == "too_big"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x7fELF" + bytes(range(256)) * 40, "not_a_sheet"),
        (b"%PDF-1.4\n\x00\x01\x02", "not_a_sheet"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 500, "not_a_sheet"),
        (b"   \n ", "empty"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, "damaged"),
        ("你好".encode(), "no_headings"),
        ("姓名,性别\n".encode(), "empty"),
        ("姓名,性别,姓名\n甲,女,乙\n".encode(), "heading_twice"),
        (b'"' + b"a" * 100_000, "not_a_sheet"),
        (("姓名,性别\n" + "长" * 5000 + ",女\n").encode(), "long_cell"),
    ],
)
def test_what_is_no_ledger_is_refused_with_a_reason(content, reason):
    assert refusal(content) == reason


def test_a_half_file_is_refused():
    good = sheet_of(CHILDREN, {"name": "王小禾", "sex": "女"})
    for part in (10, len(good) // 2, len(good) - 10):
        assert refusal(good[:part]) in {"damaged", "not_a_sheet"}


def test_a_workbook_with_a_password_says_so():
    encrypted = (FILES / "locked.xlsx").read_bytes()
    assert refusal(encrypted) == "locked"


def test_mutants_never_break_the_reader():
    """Fifty seeded mutants: each is read or refused with a known reason."""
    from random import Random

    from backend.roster.sheets.reading import REASONS

    chance = Random(7)
    good = sheet_of(CHILDREN, *({"name": "王小禾", "sex": "女"} for _ in range(5)))
    for _ in range(50):
        mutant = bytearray(good)
        for _change in range(chance.randrange(1, 30)):
            mutant[chance.randrange(len(mutant))] = chance.randrange(256)
        try:
            read_table(bytes(mutant), CHILD_SHEET)
        except FileRefused as refused:
            assert refused.reason in REASONS
