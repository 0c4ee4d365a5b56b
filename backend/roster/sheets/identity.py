"""Cells that say who somebody is: names, ID numbers, phones, e-mail addresses."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_noop
from stdnum.cn import ric

from backend.roster.sheets.problems import CellProblem
from backend.roster.sheets.text import narrow_text, plain_text

_LONGEST_NAME = 30
_ID_LENGTH = 18
_OLD_ID_LENGTH = 15
_MOBILE = re.compile(r"1\d{10}")
_COMPARE = gettext_noop("Compare with the card.")
_SCRIPTS = ("CJK", "LATIN", "CYRILLIC", "GREEK", "TIBETAN", "MONGOLIAN", "ARABIC", "HANGUL", "YI")


def name_of(text: str) -> str:
    """A person's name in one script, without digits."""
    value = plain_text(unicodedata.normalize("NFKC", text)).replace("•", "·").replace("・", "·")
    if "\u4e00" <= value[:1] <= "\u9fff":
        value = value.replace(" ", "")
    if len(value) > _LONGEST_NAME or any(char.isdigit() for char in value):
        raise CellProblem(
            gettext_noop("this does not look like a name"), gettext_noop("Write the name as on the ID card.")
        )
    if len(_scripts_in(value)) > 1:
        raise CellProblem(
            gettext_noop("the name mixes letters of different scripts"),
            gettext_noop("Type it again as on the ID card: some letters only look alike."),
        )
    return value


def _scripts_in(value: str) -> set[str]:
    words = (unicodedata.name(char, "").split(" ", 1)[0] for char in value if char.isalpha())
    return {word for word in words if word in _SCRIPTS}


def id_number_of(text: str) -> str:
    """
    A resident identity number: 18 places, a real birth date and a check digit that fits.

    The place part is not looked up: codes of abolished counties stay valid, and new ones appear before any table
    knows them. Source: GB 11643-1999; check digit and date by stdnum.
    """
    value = re.sub(r"[\s-]", "", narrow_text(text)).upper()
    if len(value) == _OLD_ID_LENGTH and value.isdigit():
        raise CellProblem(
            gettext_noop("an old number of 15 digits"), gettext_noop("Write the 18-digit number of the present card.")
        )
    if len(value) != _ID_LENGTH:
        raise CellProblem(gettext_noop("has %(places)s places instead of 18"), _COMPARE, places=len(value))
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", value):
        raise CellProblem(gettext_noop("holds signs that no ID number has"), _COMPARE)
    _check_digit_and_date(value)
    return value


def _check_digit_and_date(value: str) -> None:
    try:
        born = ric.get_birth_date(value)
    except Exception as error:  # stdnum's errors share no base with others worth naming
        raise CellProblem(gettext_noop("the birth date inside it does not exist"), _COMPARE) from error
    if born.year < 1900:  # noqa: PLR2004 - nobody on file is older
        raise CellProblem(gettext_noop("the birth date inside it does not exist"), _COMPARE)
    if ric.calc_check_digit(value) != value[-1]:
        raise CellProblem(
            gettext_noop("the check digit does not fit, so some digit is probably miscopied"),
            gettext_noop("Compare with the card."),
        )


def birth_date_in(id_number: str) -> str:
    """The birth date an ID number holds, as ISO text."""
    return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14])).isoformat()


def sex_in(id_number: str) -> str:
    """M or F: the parity of the last place but one."""
    return "M" if int(id_number[16]) % 2 else "F"


def mobile_of(text: str) -> str:
    """A Chinese mobile number, digits only."""
    digits = re.sub(r"^(\+?86)(?=1\d{10}$)", "", re.sub(r"[\s()-]", "", narrow_text(text).removesuffix(".0")))
    if not _MOBILE.fullmatch(digits) or not _is_mobile(digits):
        raise CellProblem(gettext_noop("not a mobile number"), gettext_noop("Write the 11 digits of a mobile phone."))
    return digits


def _is_mobile(digits: str) -> bool:
    number = phonenumbers.parse(digits, "CN")
    return bool(phonenumbers.is_valid_number(number)) and (
        phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    )


def phone_of(text: str) -> str:
    """Any Chinese phone number; a landline is written with its area code."""
    value = narrow_text(text).removesuffix(".0")
    try:
        number = phonenumbers.parse(value, "CN")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise CellProblem(
            gettext_noop("not a phone number"), gettext_noop("Write a mobile number, or a landline with its area code.")
        )
    digits = re.sub(r"^(\+?86)(?=1\d{10}$)", "", re.sub(r"[\s()]", "", value))
    return digits.replace("-", "") if _MOBILE.fullmatch(digits.replace("-", "")) else digits


def email_of(text: str) -> str:
    """An e-mail address in lower case."""
    value = re.sub(r"\s", "", narrow_text(text)).lower()
    try:
        validate_email(value)
    except ValidationError as error:
        raise CellProblem(
            gettext_noop("not an e-mail address"), gettext_noop("Write it like name@example.cn.")
        ) from error
    return value


def qq_of(text: str) -> str:
    """A QQ number."""
    value = narrow_text(text).removesuffix(".0")
    if not re.fullmatch(r"[1-9]\d{4,11}", value):
        raise CellProblem(gettext_noop("not a QQ number"), gettext_noop("Write 5 to 12 digits."))
    return value
