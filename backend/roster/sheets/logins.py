"""E-mail addresses as logins: which are taken, and by whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop

from backend.accounts.models import User
from backend.roster.models import Helper

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backend.roster.sheets.checking import CheckedRow

_AT_ONCE = 5000
_GUARDIANS = ("father.email", "mother.email", "carer.email")


@dataclass(frozen=True)
class Addresses:
    """`owner`: address -> helper row id, or None where the login is no helper's. `asked`: how often rows name it."""

    owner: dict[str, int | None]
    asked: Counter[str]

    @classmethod
    def of(cls, addresses: Iterable[str]) -> Addresses:
        asked = Counter(address for address in addresses if address)
        wanted = list(asked)
        owner: dict[str, int | None] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            rows = User.objects.filter(email__in=wanted[start : start + _AT_ONCE])
            owner |= {str(email): helper for email, helper in rows.values_list("email", "helper__pk")}
        return cls(owner, asked)

    def check(self, rows: Iterable[CheckedRow], persons: dict[int, int]) -> None:
        """Note addresses of somebody else; `persons` is row number -> helper row id."""
        guarded = _guarded_addresses()
        for row in rows:
            address = row.values.get("email")
            mine = guarded.get(persons.get(row.number, -1))
            if mine is not None and "email" in row.values and address != mine:
                row.wrong(
                    "email",
                    gettext_noop("opens an account with other rights"),
                    gettext_noop("Leave this address; whoever grants those rights changes it."),
                )
                continue
            if not address:
                continue
            if self.asked[address] > 1:
                row.wrong(
                    "email",
                    gettext_noop("stands in several rows"),
                    gettext_noop("Every helper needs an address of their own."),
                )
            elif address in self.owner and self.owner[address] != persons.get(row.number, -1):
                row.wrong(
                    "email",
                    gettext_noop("belongs to another account"),
                    gettext_noop("Every helper needs an address of their own."),
                )


def _guarded_addresses() -> dict[int, str]:
    """Helper row id -> address, of those whose login holds other rights too: no sheet changes such an address."""
    holders = Helper.objects.filter(user__memberships__isnull=False).distinct()
    return {pk: email or "" for pk, email in holders.values_list("pk", "user__email")}


def check_guardian_addresses(rows: Iterable[CheckedRow]) -> None:
    """Note guardians' addresses that are logins of somebody with other rights; siblings share a guardian's login."""
    given = [(row, key, row.values[key]) for row in rows for key in _GUARDIANS if row.values.get(key)]
    wanted = sorted({address for _row, _key, address in given})
    taken: set[str] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        logins = User.objects.filter(email__in=wanted[start : start + _AT_ONCE])
        guardians_only = logins.filter(guardianships__isnull=False, memberships=None, helper=None)
        fine = {str(email) for email in guardians_only.values_list("email", flat=True)}
        taken |= {str(email) for email in logins.values_list("email", flat=True)} - fine
    for row, key, address in given:
        if address in taken:
            row.wrong(
                key, gettext_noop("belongs to another account"), gettext_noop("Write the guardian's own address.")
            )
