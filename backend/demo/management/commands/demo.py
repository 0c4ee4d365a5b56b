"""`manage.py demo`: an invented school, township or county in an empty database."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backend.demo.build import LedgerNotEmpty, build_demo
from backend.demo.sizes import SIZES


class Command(BaseCommand):
    help = "Invent people by a seed, write the two spreadsheets, import them, and list accounts to try."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=sorted(SIZES), default="township")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *_args: Any, **options: Any) -> None:
        settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        try:
            build_demo(SIZES[options["size"]], seed=options["seed"], now=timezone.now(), say=self._say)
        except LedgerNotEmpty as error:
            raise CommandError(str(error)) from error

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
