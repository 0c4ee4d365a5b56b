"""`manage.py new_county`: where real work begins: a county, its first administrator and its first coordinator."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import Role, User
from backend.accounts.services import open_account
from backend.kernel.errors import DomainError
from backend.roster.services.memberships import GrantStands, grant_membership
from backend.roster.services.places import make_county
from matching.services.schemes import install_presets

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.models import Area

_GRANT_DAYS = 365
_REASON = "manage.py new_county"


class TwoPeople(DomainError):
    code = "county.two_people"
    status = 400
    message = "The administrators and the coordinator must be different people."


class Command(BaseCommand):
    help = "Make a county with its term and schemes, the platform's administrator and the county's coordinator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--code", required=True, help="division code of the county, six digits")
        parser.add_argument("--name", required=True)
        parser.add_argument("--admin-email", required=True)
        parser.add_argument("--coordinator-email", required=True)
        parser.add_argument("--admin-name", default="")
        parser.add_argument("--second-admin-email", default="", help="granting roles by page takes two administrators")
        parser.add_argument("--second-admin-name", default="")
        parser.add_argument("--coordinator-name", default="")

    def handle(self, *_args: Any, **options: Any) -> None:
        """All of it or nothing."""
        now = timezone.now()
        try:
            with transaction.atomic():
                county = self._begin(options, now)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{county.code} {county.name}: made, with the schemes of the present term.")
        for role in ("admin", "second_admin", "coordinator"):
            if address := options[f"{role}_email"]:
                self.stdout.write(f"{role}: {address} signs in with the code that is sent there by mail.")

    def _begin(self, options: dict[str, Any], now: datetime) -> Area:
        county = make_county(code=options["code"], name=options["name"], actor=None)
        admin = open_account(email=options["admin_email"], display_name=options["admin_name"], actor=None)
        coordinator = open_account(
            email=options["coordinator_email"], display_name=options["coordinator_name"], actor=admin
        )
        if admin == coordinator:
            raise TwoPeople
        self._make_admin(admin, now)
        self._make_second_admin(options, {admin, coordinator}, now)
        _grant(coordinator, Role.COUNTY_COORDINATOR, county, admin, now)
        install_presets(county, now=now, actor=coordinator)
        return county

    def _make_admin(self, user: User, now: datetime) -> None:
        try:
            _grant(user, Role.ADMIN, None, None, now)
        except GrantStands:
            self.stdout.write(f"{user.email}: was an administrator already.")

    def _make_second_admin(self, options: dict[str, Any], others: set[User], now: datetime) -> None:
        """The one who confirms what the first proposes."""
        if not options["second_admin_email"]:
            return
        name = options["second_admin_name"]
        second = open_account(email=options["second_admin_email"], display_name=name, actor=None)
        if second in others:
            raise TwoPeople
        self._make_admin(second, now)


def _grant(user: User, role: Role, area: Area | None, granted_by: User | None, now: datetime) -> None:
    grant_membership(
        user=user,
        role=role,
        area=area,
        granted_by=granted_by,
        reason=_REASON,
        starts_at=now,
        expires_at=now + timedelta(days=_GRANT_DAYS),
        now=now,
    )
