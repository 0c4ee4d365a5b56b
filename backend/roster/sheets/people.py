"""Who is on file, indexed for finding a row's person and those who may be the same person."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backend.roster.access import children_visible_to, helpers_visible_to
from backend.roster.masking import masked_id, masked_phone
from backend.roster.models import Child, Helper
from backend.roster.models.imports import SheetKind
from backend.roster.names import name_keys
from backend.roster.sheets.text import folded
from backend.vault.hashes import lookup_hash, lookup_hashes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backend.roster.access import Reader

_HASHES_AT_ONCE = 5000


@dataclass(frozen=True)
class Known:
    """One person on file; `place_id` is the school of a child, the unit of a helper."""

    pk: int
    version: int
    name: str
    sound: str
    birth_date: str
    place_id: int | None
    has_id: bool
    phone_hash: str


@dataclass(frozen=True)
class Match:
    """
    What is known of a row's person.

    Args:
        person: the one it is, or None for nobody.
        alike: somebody who may be the same, for a person to decide.
        is_elsewhere: the ID number belongs to somebody the reader may not see.
    """

    person: Known | None = None
    alike: Known | None = None
    is_elsewhere: bool = False


def id_hash(kind: str, number: str) -> str:
    """The hash kept beside a child's or a helper's ID number."""
    return lookup_hash(number, f"{_noun(kind)}.id_number")


def phone_hash(kind: str, number: str) -> str:
    return lookup_hash(number, f"{_noun(kind)}.phone")


def _noun(kind: str) -> str:
    return "child" if kind == SheetKind.CHILDREN else "helper"


class People:
    """The people of one kind whom the reader may see, and every ID number of the file wherever it is on file."""

    def __init__(self, kind: str, reader: Reader, id_numbers: Iterable[str]) -> None:
        self.kind = kind
        self._model: Any = Child if kind == SheetKind.CHILDREN else Helper
        self._by_pk = {known.pk: known for known in self._visible(reader)}
        self._by_birth: dict[str, list[Known]] = defaultdict(list)
        self._by_name: dict[str, list[Known]] = defaultdict(list)
        for known in self._by_pk.values():
            self._by_birth[known.birth_date].append(known)
            self._by_name[folded(known.name)].append(known)
        self._owner = self._owners(list(id_numbers))

    def _visible(self, reader: Reader) -> Iterable[Known]:
        visible = children_visible_to if self.kind == SheetKind.CHILDREN else helpers_visible_to
        place = "school_id" if self.kind == SheetKind.CHILDREN else "unit_id"
        rows: Any = visible(reader).values_list(
            "pk", "version", "name", "name_sort", "birth_date", place, "id_hash", "phone_hash"
        )
        for pk, version, name, sound, born, place_id, hashed, phone in rows:
            yield Known(pk, version, name, sound, born.isoformat() if born else "", place_id, bool(hashed), phone)

    def _owners(self, numbers: list[str]) -> dict[str, int]:
        """{ID number: row id} of those on file, visible or not."""
        hashes = {hashed: number for number in numbers for hashed in self._hashes(number)}
        wanted = list(hashes)
        owners = {}
        for start in range(0, len(wanted), _HASHES_AT_ONCE):
            some = wanted[start : start + _HASHES_AT_ONCE]
            for hashed, pk in self._model.objects.filter(id_hash__in=some).values_list("id_hash", "pk"):
                owners[hashes[hashed]] = pk
        return owners

    def _hashes(self, number: str) -> list[str]:
        return lookup_hashes(number, f"{_noun(self.kind)}.id_number")

    def __len__(self) -> int:
        return len(self._by_pk)

    def known(self, pk: int) -> Known | None:
        return self._by_pk.get(pk)

    def owner(self, number: str) -> int | None:
        """The row id of whoever has an ID number of the file, visible or not."""
        return self._owner.get(number)

    def match(self, values: dict[str, Any], cells: dict[str, Any], place_id: int | None) -> Match:
        """Find the person of a row: by ID number, else by name, birth date and school or unit."""
        number = values.get("id_number", "")
        if number in self._owner:
            person = self._by_pk.get(self._owner[number])
            return Match(person=person, is_elsewhere=person is None)
        same = self._same(values, cells, place_id)
        if len(same) == 1:
            return Match(person=same[0])
        return Match(alike=same[0] if same else self._alike(values, place_id))

    def _same(self, values: dict[str, Any], cells: dict[str, Any], place_id: int | None) -> list[Known]:
        """Those of the same name, birth date and place, unless both have ID numbers and these differ."""
        born = values.get("birth_date") or ""
        found = [
            known
            for known in self._by_name.get(folded(values.get("name", "")), ())
            if known.birth_date == born
            and known.place_id == place_id
            and not (values.get("id_number") and known.has_id)
            and (born or self._phone_fits(known, values, cells))
        ]
        return found if len(found) < 2 else self._by_mask(found, cells)  # noqa: PLR2004 - one needs no mask

    def _phone_fits(self, known: Known, values: dict[str, Any], cells: dict[str, Any]) -> bool:
        """Without a birth date the phone must not contradict."""
        if values.get("phone"):
            return known.phone_hash == phone_hash(self.kind, values["phone"])
        return "phone" not in cells or self._masked(known.pk, "phone", masked_phone) == cells["phone"]

    def _by_mask(self, found: list[Known], cells: dict[str, Any]) -> list[Known]:
        """Namesakes of one day at one place are told apart by the visible part of the ID number."""
        cell = str(cells.get("id_number", ""))
        fitting = [known for known in found if cell and self._masked(known.pk, "id_number", masked_id) == cell]
        return fitting or found

    def _masked(self, pk: int, field: str, mask: Callable[[str], str]) -> str:
        return mask(self._model.objects.values_list(field, flat=True).get(pk=pk))

    def _alike(self, values: dict[str, Any], place_id: int | None) -> Known | None:
        """Somebody of the same birth date and a name that sounds or looks the same, or a namesake at the same place."""
        name, born = values.get("name", ""), values.get("birth_date") or ""
        sound = name_keys(name)[0]
        if born:
            for known in self._by_birth.get(born, ()):
                if known.sound == sound or _one_apart(known.name, name):
                    return known
        for known in self._by_name.get(folded(name), ()):
            both_born = born and known.birth_date and known.birth_date != born
            if not both_born and (known.place_id == place_id or not place_id):
                return known
        return None


def _one_apart(one: str, other: str) -> bool:
    """Whether two names of the same surname and length differ in one character; the shortest have three."""
    if len(one) != len(other) or len(one) < 3 or one[:1] != other[:1]:  # noqa: PLR2004 - see the first line
        return False
    return sum(a != b for a, b in zip(one, other, strict=True)) == 1
