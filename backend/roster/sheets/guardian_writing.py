"""Parents and the person in charge, as the children's sheet names them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from backend.accounts.models import User
from backend.roster.bulk import Key, Rows, insert, insert_named, prepare, update
from backend.roster.models import Child, Guardian, GuardianRating
from backend.roster.sheets.child_values import CARER_KEYS, PARENT_KEYS, PARENTS
from backend.roster.sheets.guardian_logins import GuardianLogins
from backend.vault.fields import sealed
from backend.vault.hashes import lookup_hash

if TYPE_CHECKING:
    from backend.roster.sheets.work import Work

_SEALED = frozenset(
    {"name", "id_number", "phone", "qq", "workplace", "workplace_address", "workplace_phone", "health", "address"}
)
_PARENT_KINDS = frozenset(PARENTS.values())


@dataclass
class GuardianWriter:
    """Guardians of many children: added, changed, removed; their logins and ratings."""

    signed_by: Any
    today: Any
    fresh: list[Guardian] = field(default_factory=list)
    fresh_children: list[Key | None] = field(default_factory=list)
    fresh_logins: list[Key | None] = field(default_factory=list)
    changed: list[Guardian] = field(default_factory=list)
    changed_ids: set[int] = field(default_factory=set)
    changed_logins: list[Key | None] = field(default_factory=list)
    released: list[int] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    ratings: list[GuardianRating] = field(default_factory=list)
    rated: list[Key | None] = field(default_factory=list)
    logins: GuardianLogins = field(default_factory=GuardianLogins)

    def add(self, child: Child, work: Work, on_file: list[Guardian]) -> None:
        """Plan the guardians of one child; `on_file` holds the child's present rows."""
        if not work.touches("father.", "mother.", "carer."):
            return
        rows = {kind: self._parent(child, work, part, kind, on_file) for part, kind in PARENTS.items()}
        if work.touches("carer."):
            self._carer(child, work, rows, on_file)

    def _parent(self, child: Child, work: Work, part: str, kind: str, on_file: list[Guardian]) -> Guardian | None:
        row = next((one for one in on_file if one.kind == kind), None)
        if not work.touches(f"{part}."):
            return row
        if f"{part}.name" in work.changed and not work.values.get(f"{part}.name"):
            self.removed += [row.pk] if row else []
            return None
        return self._write(child, work, part, PARENT_KEYS, row or Guardian(child_id=child.pk, kind=kind))

    def _carer(self, child: Child, work: Work, parents: dict[str, Guardian | None], on_file: list[Guardian]) -> None:
        in_charge = next((one for one in on_file if one.is_in_charge), None)
        kind = work.values.get("carer.kind") or ""
        other = in_charge if in_charge and in_charge.kind not in _PARENT_KINDS else _earlier_carer(work, on_file)
        if kind in _PARENT_KINDS:
            row = parents[kind]
        elif kind:
            row = self._write(child, work, "carer", CARER_KEYS, other or Guardian(child_id=child.pk))
            row.kind = kind
        else:
            row = None
            self.removed += [other.pk] if other and other is in_charge and not work.values.get("carer.name") else []
        if in_charge is not None and in_charge is not row:
            in_charge.is_in_charge = False
            self.released.append(in_charge.pk)
        if row is not None:
            self._put_in_charge(row)
            self._rate(work, row)

    def _put_in_charge(self, row: Guardian) -> None:
        row.is_in_charge = True
        if row.pk and row.pk not in self.changed_ids:
            self._change(row, None)

    def _rate(self, work: Work, row: Guardian) -> None:
        rating = work.values.get("carer.rating")
        if rating and "carer.rating" in work.changed:
            rated = work.values.get("assessed_date") or self.today
            self.ratings.append(
                GuardianRating(guardian_id=row.pk, rating=rating, rated_date=rated, signed_by=self.signed_by)
            )
            self.rated.append(None if row.pk else row.public_id)

    def _write(self, child: Child, work: Work, part: str, keys: tuple[str, ...], row: Guardian) -> Guardian:
        for key in keys:
            name = f"{part}.{key}"
            if name in work.changed and key != "email":
                _assign(row, key, work.values.get(name))
        login = self._login(work, part, row)
        if row.pk:
            self._change(row, login)
        else:
            self.fresh.append(row)
            self.fresh_children.append(None if child.pk else child.public_id)
            self.fresh_logins.append(login)
        return row

    def _change(self, row: Guardian, login: Key | None) -> None:
        self.changed.append(row)
        self.changed_ids.add(row.pk)
        self.changed_logins.append(login)

    def _login(self, work: Work, part: str, row: Guardian) -> Key | None:
        """The key of the account that the address or else the phone opens; with neither there is none."""
        if not work.changed & {f"{part}.email", f"{part}.phone"}:
            return None
        address, phone = (work.values.get(f"{part}.{key}") or "" for key in ("email", "phone"))
        key = self.logins.add(address, phone, work.values.get(f"{part}.name") or "")
        if key is None or (not address and f"{part}.email" in work.changed):
            row.user = None
        return key

    def ready(self) -> GuardianRows:
        """Everything as columns, before the transaction begins."""
        known, new = self.logins.settle()
        for row, key in zip([*self.fresh, *self.changed], [*self.fresh_logins, *self.changed_logins], strict=True):
            if key is not None and self.logins.final(key) is None:
                row.user = None
        fresh_logins = [self.logins.final(key) for key in self.fresh_logins]
        changed_logins = [self.logins.final(key) for key in self.changed_logins]
        return GuardianRows(
            known_logins=known,
            new_logins=prepare(User, list(new.values())),
            new_login_keys={user.public_id: key for key, user in new.items()},
            phoned_logins=prepare(User, self.logins.phoned, only=("email", "phone", "phone_hash"), is_new=False),
            phoned_ids=[(user.pk,) for user in self.logins.phoned],
            fresh=prepare(Guardian, self.fresh, {"child_id": self.fresh_children, "user_id": fresh_logins}),
            changed=prepare(Guardian, self.changed, {"user_id": changed_logins}, is_new=False),
            changed_ids=[(row.pk,) for row in self.changed],
            released=self.released,
            removed=self.removed,
            ratings=prepare(GuardianRating, self.ratings, {"guardian_id": self.rated}),
        )


@dataclass
class GuardianRows:
    """Prepared rows; `write` runs inside the transaction, after the children."""

    known_logins: dict[Key, int]
    new_logins: Rows
    new_login_keys: dict[str, Key]
    phoned_logins: Rows
    phoned_ids: list[tuple[int, ...]]
    fresh: Rows
    changed: Rows
    changed_ids: list[tuple[int, ...]]
    released: list[int]
    removed: list[int]
    ratings: Rows

    def write(self, ids: dict[Key, int]) -> None:
        """Write everything; `ids` holds the children and is completed with logins and guardians."""
        written = insert_named(self.new_logins, ids)
        keys = self.new_login_keys
        update(self.phoned_logins, self.phoned_ids, ids, where=("id",))
        ids |= self.known_logins | {keys[str(key)]: pk for key, pk in written.items() if key in keys}
        Guardian.objects.filter(pk__in=self.removed).delete()
        Guardian.objects.filter(pk__in=self.released).update(is_in_charge=False)
        update(self.changed, self.changed_ids, ids, where=("id",))
        ids |= insert_named(self.fresh, ids)
        insert(self.ratings, ids)


def _assign(row: Guardian, key: str, value: Any) -> None:
    if key == "birth_year":
        row.birth_year = value
        return
    setattr(row, key, sealed(value or "") if key in _SEALED else value or "")
    if key in ("id_number", "phone"):
        hashed = lookup_hash(value or "", f"guardian.{key}")
        setattr(row, "id_hash" if key == "id_number" else "phone_hash", hashed)


def _earlier_carer(work: Work, on_file: list[Guardian]) -> Guardian | None:
    """Somebody who was in charge before and is again: the latest, unless the row names another person."""
    earlier = [row for row in on_file if row.kind not in _PARENT_KINDS]
    if not earlier or ("carer.name" in work.changed and work.values.get("carer.name") != earlier[-1].name):
        return None
    return earlier[-1]
