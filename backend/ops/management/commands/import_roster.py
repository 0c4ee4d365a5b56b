"""`manage.py import_roster`: a spreadsheet through the same door as the pages and the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backend.accounts.models import User
from backend.kernel.errors import DomainError
from backend.roster.access import reader_for
from backend.roster.models import ImportBatch
from backend.roster.models.imports import SheetKind
from backend.roster.services.confirming import confirm
from backend.roster.services.imports import stage_batch, upload
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.problems import said, spoken

_WRONG_SHOWN = 50


class Command(BaseCommand):
    help = "Read a spreadsheet, say what it would change, and write it when --confirm is given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--kind", choices=["children", "helpers"], required=True)
        parser.add_argument("--as", dest="login", required=True, help="e-mail or user name of a coordinator")
        parser.add_argument("--confirm", action="store_true")
        parser.add_argument("--skip-wrong", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = timezone.now()
        user = (
            User.objects.filter(email=options["login"]).first()
            or User.objects.filter(username=options["login"]).first()
        )
        if user is None or not options["file"].is_file():
            raise CommandError("There is no such login, or no such file.")
        try:
            self._import(user, options, now)
        except DomainError as error:
            raise CommandError(said(error.message, error.facts)) from error

    def _import(self, user: User, options: dict[str, Any], now: Any) -> None:
        reader = reader_for(user, now)
        batch = upload(
            kind=SheetKind[options["kind"].upper()],
            file_name=options["file"].name,
            content=options["file"].read_bytes(),
            actor=user,
            reader=reader,
            now=now,
            is_queued=False,
        )
        batch = stage_batch(batch_id=batch.pk, now=now)
        self._say(batch)
        if options["confirm"] and batch.state == ImportBatch.State.READY:
            batch = confirm(batch=batch, skip_wrong=options["skip_wrong"], actor=user, reader=reader, now=now)
            self.stdout.write(f"{batch.get_state_display()}: {batch.counts['written']}")

    def _say(self, batch: ImportBatch) -> None:
        """The counts, and what is wrong cell by cell; nobody's name."""
        if batch.problem:
            raise CommandError(said(batch.problem, {}))
        for name, number in batch.counts.items():
            self.stdout.write(f"{name}: {number}")
        for row in batch.rows.filter(outcome="WRONG").order_by("number")[:_WRONG_SHOWN]:
            for note in row.problems:
                words = spoken(note, SHEETS[batch.kind].by_key[note["column"]].heading)
                self.stdout.write(f"{words['cell']} {words['heading']}：{words['problem']}。{words['mend']}")
