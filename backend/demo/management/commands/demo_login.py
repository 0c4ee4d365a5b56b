"""`manage.py demo_login ROLE`: how to sign in as an invented person, with the one-time code of this moment."""

from __future__ import annotations

import json
import time
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.demo.accounts import FILE_NAME

_PERIOD_S = 30
_ENOUGH_S = 15
"""What somebody needs to type name, password and code."""


class Command(BaseCommand):
    help = "Print login and password of an invented account, and its one-time code where it needs one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", nargs="?", default="COUNTY_COORDINATOR")
        parser.add_argument("number", nargs="?", type=int, default=1, help="which one of that role, from 1")

    def handle(self, *_args: Any, **options: Any) -> None:
        account = _account(options["role"].upper(), options["number"])
        self.stdout.write(f"login     {account['login']}")
        self.stdout.write(f"password  {account['password']}")
        if account["totp_secret"]:
            for line in code_lines(account["totp_secret"], time.time()):
                self.stdout.write(line)


def code_lines(secret: str, at: float) -> list[str]:
    """The code of a moment; where it ends too soon to be typed, also the next one and when that begins."""
    code, left = one_time_code(secret, at)
    if left >= _ENOUGH_S:
        return [f"code      {code}  (good once, for {left} s)"]
    following, _left = one_time_code(secret, at + left)
    return [
        f"code      {following}  (good once, from {left} s on, for {_PERIOD_S} s)",
        f"          {code}  (good once, but only for {left} s more)",
    ]


def one_time_code(secret: str, at: float) -> tuple[str, int]:
    """The code of a moment, and for how many more seconds it is good."""
    return format_hotp_value(hotp_value(secret, int(at) // _PERIOD_S)), _PERIOD_S - int(at) % _PERIOD_S


def _account(role: str, number: int) -> dict[str, Any]:
    path = settings.DATA_DIR / FILE_NAME
    try:
        accounts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = (
            f"{path} is not there: this data folder holds no invented people. Where `make run` was given another"
            " folder, give it here too: DATA_DIR=.data-county .venv/bin/python manage.py demo_login"
        )
        raise CommandError(message) from error
    mine = [account for account in accounts if account["role"] == role]
    if not 1 <= number <= len(mine):
        roles = ", ".join(sorted({account["role"] for account in accounts if "login" in account}))
        message = f"There are {len(mine)} accounts of {role}. Roles: {roles}."
        raise CommandError(message)
    found: dict[str, Any] = mine[number - 1]
    return found
