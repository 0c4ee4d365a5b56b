"""`demo_login`: what a newcomer types into the sign-in pages."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import generate_totp_secret, validate_totp_code
from django.core.management import CommandError, call_command

EARLY = datetime(2026, 11, 25, 3, 17, tzinfo=UTC)
"""The first second of a code."""
ACCOUNTS = [
    {"role": "COUNTY_COORDINATOR", "login": "a@x.example", "password": "pa", "totp_secret": generate_totp_secret()},
    {"role": "TEACHER", "login": "b@x.example", "password": "pb", "totp_secret": None},
    {"role": "TEACHER", "login": "c@x.example", "password": "pc", "totp_secret": None},
    {"role": "calendar_subscriber", "feed_url": "http://x.example/ical/1/a.ics"},
]


@pytest.fixture
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    (tmp_path / "demo-accounts.json").write_text(json.dumps(ACCOUNTS))


def printed(*arguments):
    out = io.StringIO()
    call_command("demo_login", *arguments, stdout=out)
    return [line.split() for line in out.getvalue().splitlines()]


@pytest.mark.usefixtures("folder")
def test_the_county_coordinator_is_asked_for_by_default_and_the_code_signs_in():
    with time_machine.travel(EARLY, tick=False):
        login, password, code = printed()
        assert (login, password) == (["login", "a@x.example"], ["password", "pa"])
        assert validate_totp_code(ACCOUNTS[0]["totp_secret"], code[1])


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("second", "codes"), [(0, 1), (15, 1), (16, 2), (29, 2)])
def test_a_code_that_ends_soon_comes_with_the_next(second, codes):
    with time_machine.travel(EARLY + timedelta(seconds=second), tick=False):
        _login, _password, *rows = printed()
    assert len(rows) == codes
    with time_machine.travel(EARLY + timedelta(seconds=30 if codes == 2 else second), tick=False):
        assert validate_totp_code(ACCOUNTS[0]["totp_secret"], rows[0][1])
    with time_machine.travel(EARLY + timedelta(seconds=second), tick=False):
        assert validate_totp_code(ACCOUNTS[0]["totp_secret"], rows[-1][1 if codes == 1 else 0])


@pytest.mark.usefixtures("folder")
def test_another_role_and_the_second_of_it():
    assert printed("teacher", "2") == [["login", "c@x.example"], ["password", "pc"]]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("asked", [("TEACHER", "3"), ("TEACHER", "0"), ("NOBODY",)])
def test_an_account_that_is_not_there_names_the_roles(asked):
    with pytest.raises(CommandError, match=r"Roles: COUNTY_COORDINATOR, TEACHER\."):
        printed(*asked)


def test_without_a_demo_it_says_so(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with pytest.raises(CommandError, match=r"holds no invented people.*DATA_DIR="):
        printed()
