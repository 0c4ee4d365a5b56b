"""What people type into cells, and what it means."""

from __future__ import annotations

import pytest

from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.classes import grade_in
from backend.roster.sheets.hours import hours_of, hours_text
from backend.roster.sheets.identity import id_number_of, mobile_of, name_of, phone_of
from backend.roster.sheets.parsers import date_of, percent_of, point_of, whole_number
from backend.roster.sheets.problems import CellProblem
from backend.roster.sheets.text import plain_text


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2016-03-05", "2016-03-05"),
        ("2016年3月5日", "2016-03-05"),
        ("20160305", "2016-03-05"),
        ("2016/3/5", "2016-03-05"),
        ("２０１６．３．５", "2016-03-05"),
    ],
)
def test_a_date_is_read_however_it_is_written(text, day):
    assert date_of(text) == day


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-13-02", "there is no month %(month)s"),
        ("2026-02-30", "month %(month)s has no day %(day)s"),
        ("明天", "not a date"),
        ("1016-03-05", "the year %(year)s cannot be right"),
        ("45000", "not a date"),
    ],
)
def test_a_date_that_cannot_be_says_why(text, problem):
    with pytest.raises(CellProblem) as caught:
        date_of(text)
    assert caught.value.problem == problem


def test_hours_are_read_and_written_back_alike():
    text = "周一 14:00-16:00；周三 全天"
    assert hours_of(text) == [[1, 840, 960], [3, 480, 1080]]
    assert hours_text(hours_of(text)) == text


def test_hours_that_touch_become_one_span():
    assert hours_of("星期一 14：00—15：00；周一 15:00-16:00") == [[1, 840, 960]]


def test_a_half_day_is_not_guessed_but_suggested():
    with pytest.raises(CellProblem) as caught:
        hours_of("周一下午")
    assert caught.value.suggest == "周一 14:00-17:00"


@pytest.mark.parametrize("text", ["周一", "周八 全天", "周一 16:00-14:00", "周一 25:00-26:00", "随时"])
def test_hours_that_make_no_sense_are_refused(text):
    with pytest.raises(CellProblem):
        hours_of(text)


def test_an_id_number_is_read_through_blanks_and_full_width_digits():
    assert id_number_of("５２９９８１ 20160305 1228") == "529981201603051228"
    assert id_number_of("52998119850417142２") == "529981198504171422"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("529981201603051229", "the check digit does not fit, so some digit is probably miscopied"),
        ("52998120160305122", "has %(places)s places instead of 18"),
        ("529981160305122", "an old number of 15 digits"),
        ("529981201613051228", "the birth date inside it does not exist"),
        ("52998120160305122A", "holds signs that no ID number has"),
    ],
)
def test_a_wrong_id_number_says_what_is_wrong(text, problem):
    with pytest.raises(CellProblem) as caught:
        id_number_of(text)
    assert caught.value.problem == problem


def test_a_mobile_number_loses_its_dress():
    assert mobile_of("+86 199-0000-1111") == "19900001111"
    assert mobile_of("１９９００００１１１１") == "19900001111"


def test_a_landline_is_a_phone_but_no_mobile():
    assert phone_of("010-12345678")
    with pytest.raises(CellProblem):
        mobile_of("010-12345678")


def test_a_name_of_two_scripts_is_refused():
    assert name_of("阿依古丽·买买提") == "阿依古丽·买买提"
    assert name_of("王 小 禾") == "王小禾"
    with pytest.raises(CellProblem):
        name_of("Аnna")  # the first letter is Cyrillic


def test_invisible_signs_disappear():
    assert plain_text("王\u200b小\u202e禾\u2028\x07") == "王小禾"


def test_numbers_have_ranges():
    assert whole_number(0, 200)("２") == 2
    assert percent_of("50%") == 500
    assert percent_of("0.5") == 500
    assert point_of("1200，3400") == [1200, 3400]
    for wrong in ("-1", "2.5", "很多"):
        with pytest.raises(CellProblem):
            whole_number(0, 200)(wrong)


@pytest.mark.parametrize(
    ("name", "grade"),
    [
        ("四年级2班", 4),
        ("四（2）班", 4),
        ("4年级2班", 4),
        ("初一3班", 7),
        ("高二1班", 11),
        ("大班", 0),
        ("向日葵班", None),
    ],
)
def test_a_class_name_says_its_grade(name, grade):
    assert grade_in(name) == grade


@pytest.mark.parametrize("kind", list(SHEETS))
def test_every_example_reads_back_as_it_is_shown(kind):
    for column in SHEETS[kind].columns:
        if column.example:
            value = column.parse(column.example)
            assert column.parse(column.show(value)) == value


@pytest.mark.parametrize("kind", list(SHEETS))
def test_headings_are_one_of_a_kind_and_fit_the_limit(kind):
    sheet = SHEETS[kind]
    assert len({column.heading for column in sheet.columns}) == len(sheet.columns) <= 62
    names = [name for column in sheet.columns for name in (column.heading, *column.other_headings)]
    assert len(sheet.by_heading) == len(set(names))
