"""
The accounts that guardians of a file open: by address, else by phone. Siblings' rows share one.

A phone of an account that stands for somebody else as well, a teacher's say, opens nothing for a guardian: a sheet
alone must not let a helper read a child's file as family does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password

from backend.accounts.models import User
from backend.accounts.phones import mobile_in
from backend.roster.sheets.login_phones import LoginPhones, set_login_phone

if TYPE_CHECKING:
    from backend.roster.bulk import Key

_AT_ONCE = 5000


@dataclass
class GuardianLogins:
    """
    Collects who names which address and phone, then settles which accounts there are.

    Args:
        by_email: address -> {phones named with it}; by_phone: phones named without one. names: for new accounts.
        phoned: accounts on file that get another phone.
    """

    by_email: dict[str, set[str]] = field(default_factory=dict)
    by_phone: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    phoned: list[User] = field(default_factory=list)
    _final: dict[Key, Key | None] = field(default_factory=dict)

    def add(self, address: str, phone: str, name: str) -> Key | None:
        """The key of the account for now; None where neither can open one."""
        mobile = mobile_in(phone)
        if not address and not mobile:
            return None
        self.names.setdefault(address or mobile, name)
        if address:
            self.by_email.setdefault(address, set()).update({mobile} - {""})
            return ("login", address)
        self.by_phone.add(mobile)
        return ("login", mobile)

    def settle(self) -> tuple[dict[Key, int], dict[Key, User]]:
        """Accounts on file by key, and new ones by key, with their phones."""
        claims = self._claims()
        phones = LoginPhones.of({*claims, *self.by_phone})
        there = self._on_file()
        self._reach_by_mail_too(phones, there)
        new = {
            address: User(email=address, display_name=self.names[address], password=make_password(None))
            for address in self.by_email
            if address not in there
        }
        for phone, address in claims.items():
            self._give(phone, address, phones, there, new)
        known: dict[Key, int] = {("login", address): user.pk for address, user in there.items()}
        for phone in self.by_phone:
            self._by_phone_alone(phone, claims, phones, known, new)
        return known, {("login", key): user for key, user in new.items()}

    def final(self, key: Key | None) -> Key | None:
        """The key that stands once all rows are known."""
        return self._final.get(key, key) if key is not None else None

    def _claims(self) -> dict[str, str]:
        """Phone -> the one address it is named with; a phone of two accounts, or one of two phones, is unclear."""
        claims: dict[str, str] = {}
        unclear: set[str] = set()
        for address, phones in self.by_email.items():
            for phone in phones:
                if len(phones) > 1 or phone in claims:
                    unclear.add(phone)
                claims[phone] = address
        return {phone: address for phone, address in claims.items() if phone not in unclear}

    def _on_file(self) -> dict[str, User]:
        wanted = list(self.by_email)
        found: dict[str, User] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            for user in User.objects.filter(email__in=wanted[start : start + _AT_ONCE]):
                found[str(user.email)] = user
        return found

    def _reach_by_mail_too(self, phones: LoginPhones, there: dict[str, User]) -> None:
        """A guardian known by phone alone who now has an address keeps the account."""
        owners: dict[int, str] = {}
        for address, named in self.by_email.items():
            owner = phones.owners.get(next(iter(named))) if len(named) == 1 and address not in there else None
            if owner is not None and owner.is_guardians_only:
                owners.setdefault(owner.user_id, address)
        for user in User.objects.filter(email=None).in_bulk(list(owners)).values():
            user.email = owners[user.pk]
            there[owners[user.pk]] = user
            self.phoned.append(user)

    def _give(
        self, phone: str, address: str, phones: LoginPhones, there: dict[str, User], new: dict[str, User]
    ) -> None:
        """A phone to the account of its address, where it is nobody else's."""
        user = there.get(address) or new[address]
        login = phones.free_for(phone, user.pk)
        if login and user.phone != login:
            set_login_phone(user, login)
            self.phoned += [user] if address in there else []

    def _by_phone_alone(
        self, phone: str, claims: dict[str, str], phones: LoginPhones, known: dict[Key, int], new: dict[str, User]
    ) -> None:
        key: Key = ("login", phone)
        owner = phones.owners.get(phone)
        if owner is not None:
            known[key] = owner.user_id
            self._final[key] = key if owner.is_guardians_only else None
        elif phone in claims:
            self._final[key] = ("login", claims[phone])
        elif any(phone in named for named in self.by_email.values()):
            self._final[key] = None
        else:
            user = User(display_name=self.names[phone], password=make_password(None))
            set_login_phone(user, phone)
            new[phone] = user
