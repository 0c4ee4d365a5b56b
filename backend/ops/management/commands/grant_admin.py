"""`manage.py grant_admin`: the way back in where nobody is left who could grant roles, for whoever runs the machine."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import Role
from backend.accounts.services import open_account
from backend.kernel.errors import DomainError
from backend.roster.services.memberships import grant_membership

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

_GRANT_DAYS = 365


class Command(BaseCommand):
    help = "Make somebody an administrator of the platform. It is noted in the audit, without a giver."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="", help="for an account that is not there yet")
        parser.add_argument("--reason", required=True, help="why not on the page, by two administrators")

    def handle(self, *_args: Any, **options: Any) -> None:
        """All of it or nothing."""
        now = timezone.now()
        try:
            with transaction.atomic():
                user = open_account(email=options["email"], display_name=options["name"], actor=None)
                grant_membership(
                    user=user,
                    role=Role.ADMIN,
                    granted_by=None,
                    reason=options["reason"],
                    starts_at=now,
                    expires_at=now + timedelta(days=_GRANT_DAYS),
                    now=now,
                )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{user.email} is an administrator for {_GRANT_DAYS} days.")
