"""Which phones of a file may open an account. A phone opens one account, and none while it is unclear whose it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend.accounts.models import User
from backend.accounts.phones import mobile_in, phone_hash, phone_hashes
from backend.vault.fields import sealed

if TYPE_CHECKING:
    from collections.abc import Iterable

_AT_ONCE = 5000


@dataclass(frozen=True)
class Owner:
    """The account a phone opens already; `is_guardians_only`: it stands for guardians and for nobody else."""

    user_id: int
    is_guardians_only: bool


@dataclass(frozen=True)
class LoginPhones:
    """`owners`: phone -> its account. `asked`: how many different people of the file name it."""

    owners: dict[str, Owner]
    asked: Counter[str]

    @classmethod
    def of(cls, phones: Iterable[str]) -> LoginPhones:
        """Look every number up once."""
        asked = Counter(mobile for mobile in map(mobile_in, phones) if mobile)
        of_hash = {hashed: phone for phone in asked for hashed in phone_hashes(phone)}
        wanted, owners = list(of_hash), {}
        for start in range(0, len(wanted), _AT_ONCE):
            rows = User.objects.filter(phone_hash__in=wanted[start : start + _AT_ONCE])
            guardians_only = rows.filter(memberships=None, helper=None, guardianships__isnull=False)
            alone = set(guardians_only.values_list("pk", flat=True))
            for pk, hashed in rows.values_list("pk", "phone_hash"):
                owners[of_hash[hashed]] = Owner(pk, pk in alone)
        return cls(owners, asked)

    def free_for(self, phone: str, user_id: int | None) -> str:
        """The number as a login of this account (None: a new one), or "" where it is none or somebody else's too."""
        mobile = mobile_in(phone)
        owner = self.owners.get(mobile)
        is_taken = owner is not None and owner.user_id != user_id
        return "" if not mobile or is_taken or self.asked[mobile] > 1 else mobile


def set_login_phone(user: User, phone: str) -> None:
    """Give an account its number, or take it away; not yet saved."""
    user.phone, user.phone_hash = sealed(phone), phone_hash(phone)
