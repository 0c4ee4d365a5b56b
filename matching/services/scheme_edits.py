"""Writing a county's rule books: new ones, changed ones, switched on and off, and back to how they were built in."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from backend.accounts.models import Role
from backend.audit.services import record
from backend.kernel.errors import DomainError, NotAllowed
from backend.vault.ids import new_public_id
from matching.models import Offer, Pairing, ProposedPair, Scheme, Slot, SlotRule, Term
from matching.services.presets import PRESET_BY_KEY
from matching.services.scheme_rules import PlaceBook, SchemeBook, book_of, check_book

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from backend.roster.models import Area


class SchemeChangedMeanwhile(DomainError):
    code = "scheme.changed_meanwhile"
    message = "Somebody changed this scheme since you opened it; look at it again."


class SchemeNameTaken(DomainError):
    """Two of one name could not be told apart in lists, runs and drafts."""

    code = "scheme.name_taken"
    message = "There is a scheme named “%(name)s” in this term already; choose another name."


class PlaceInUse(DomainError):
    """Children are proposed, asked for or paired in this kind of place."""

    code = "scheme.place_in_use"
    message = "“%(place)s” has been proposed or held; it cannot be removed. Switch the scheme off and make a new one."


class NoTerm(DomainError):
    code = "scheme.no_term"
    message = "The county has no present term yet."


class NotBuiltIn(DomainError):
    code = "scheme.not_built_in"
    message = "This scheme was made by the county; there is nothing built in to go back to."


def make_scheme(*, county: Area, book: SchemeBook, actor: Any, reader: Reader, now: datetime) -> Scheme:
    """
    A scheme of the county's own, in its present term.

    Raises:
        NotAllowed, SchemeWrong, NoTerm, SchemeNameTaken.
    """
    _check_may(reader, county)
    check_book(book)
    day = timezone.localdate(now)
    term = Term.objects.filter(county=county, start_date__lte=day, end_date__gte=day).order_by("pk").first()
    if term is None:
        raise NoTerm
    with transaction.atomic():
        _hold_name(Scheme.objects.filter(county=county, term=term), book)
        scheme = Scheme.objects.create(county=county, term=term, key=f"own-{new_public_id()}", **_columns(book))
        _write_places(scheme, book.places)
        record(actor=actor, verb="scheme.made", subject=scheme, after=asdict(book))
    return scheme


def edit_scheme(*, scheme: Scheme, book: SchemeBook, version: int, actor: Any, reader: Reader) -> Scheme:
    """
    Put another rule book in the place of the present one. Runs and offers that are out stay as they are; publishing and
    accepting judge every pair by the rules of that moment.

    Args:
        version: the version the editor saw.

    Raises:
        NotAllowed, SchemeWrong, SchemeNameTaken.
        SchemeChangedMeanwhile: there is a later version.
        PlaceInUse: a place cannot be removed.
    """
    _check_may(reader, scheme.county)
    check_book(book)
    return put_book(scheme=scheme, book=book, version=version, actor=actor)


def put_book(*, scheme: Scheme, book: SchemeBook, version: int, actor: Any) -> Scheme:
    """`edit_scheme` for a book that was judged before, such as one that comes back; raises what that raises."""
    before = book_of(scheme)
    with transaction.atomic():
        if book.name.strip() != scheme.name:
            _hold_name(Scheme.objects.filter(county=scheme.county, term=scheme.term).exclude(pk=scheme.pk), book)
        claimed = Scheme.objects.filter(pk=scheme.pk, version=version)
        if claimed.update(version=F("version") + 1, **_columns(book)) != 1:
            raise SchemeChangedMeanwhile
        _write_places(scheme, book.places)
        told = _changes(before, book_of(scheme_again(scheme)))
        record(actor=actor, verb="scheme.edited", subject=scheme, before=told["before"], after=told["after"])
    return scheme_again(scheme)


def scheme_again(scheme: Scheme) -> Scheme:
    """The scheme as it stands in the database now."""
    return Scheme.objects.select_related("term", "county").get(pk=scheme.pk)


def restore_preset(*, scheme: Scheme, version: int, actor: Any, reader: Reader) -> Scheme:
    """
    Back to how the scheme was built in.

    Raises:
        NotBuiltIn, and as edit_scheme.
    """
    book = built_in_book(scheme)
    if book is None:
        raise NotBuiltIn
    return edit_scheme(scheme=scheme, book=book, version=version, actor=actor, reader=reader)


def built_in_book(scheme: Scheme) -> SchemeBook | None:
    """The rule book the scheme began with; None for a county's own."""
    preset = PRESET_BY_KEY.get(scheme.key)
    if preset is None:
        return None
    known = {item.name for item in fields(PlaceBook)}
    places = [
        PlaceBook(**{name: _plain(value) for name, value in vars(place).items() if name in known})
        for place in preset.places
    ]
    names = {item.name for item in fields(SchemeBook)} - {"places"}
    return SchemeBook(places=places, **{name: _plain(value) for name, value in vars(preset).items() if name in names})


def changed_from_preset(scheme: Scheme) -> list[str]:
    """Names of the fields in which a built-in scheme differs from how it began, `places` for all of its places."""
    built_in = built_in_book(scheme)
    if built_in is None:
        return []
    return sorted(_changes(built_in, book_of(scheme))["after"])


def switch_scheme(*, scheme: Scheme, is_on: bool, actor: Any, reader: Reader) -> None:
    """
    Offer a scheme for runs, or no longer; its pairings and offers stay. Switching twice changes nothing.

    Raises:
        NotAllowed.
    """
    _check_may(reader, scheme.county)
    with transaction.atomic():
        waiting = Scheme.objects.filter(pk=scheme.pk, is_active=not is_on)
        if waiting.update(is_active=is_on, version=F("version") + 1):
            record(actor=actor, verb="scheme.switched", subject=scheme, after={"is_active": is_on})


def _hold_name(others: QuerySet[Scheme], book: SchemeBook) -> None:
    """Raises SchemeNameTaken where one of the others has the book's name."""
    if others.filter(name=book.name.strip()[:40]).exists():
        raise SchemeNameTaken(name=book.name.strip()[:40])


def _check_may(reader: Reader, county: Area) -> None:
    reader.may(Role.COUNTY_COORDINATOR)
    if county.code not in reader.area_codes:
        raise NotAllowed


def _columns(book: SchemeBook) -> dict[str, Any]:
    columns = {item.name: getattr(book, item.name) for item in fields(SchemeBook) if item.name != "places"}
    return columns | {"name": book.name.strip()[:40], "purpose": book.purpose.strip()[:200]}


def _write_places(scheme: Scheme, places: list[PlaceBook]) -> None:
    """Keep the rows of the places that stay, so that what hangs on them stays too."""
    rows = {rule.key: rule for rule in scheme.slot_rules.all()}
    for rule in (row for key, row in rows.items() if key not in {place.key for place in places}):
        _remove(rule)
    for number, place in enumerate(places):
        columns = {item.name: getattr(place, item.name) for item in fields(PlaceBook) if item.name != "key"}
        columns |= {"name": place.name.strip()[:20], "position": number}
        if place.key in rows:
            SlotRule.objects.filter(pk=rows[place.key].pk).update(**columns)
        else:
            SlotRule.objects.create(scheme=scheme, key=place.key or f"own-{new_public_id()}"[:20], **columns)


def _remove(rule: SlotRule) -> None:
    slots = Slot.objects.filter(rule=rule)
    used = (
        ProposedPair.objects.filter(slot__rule=rule),
        Offer.objects.filter(slot__rule=rule),
        Pairing.objects.filter(slot__rule=rule),
    )
    if any(rows.exists() for rows in used):
        raise PlaceInUse(place=rule.name)
    slots.delete()
    rule.delete()


def _changes(before: SchemeBook, after: SchemeBook) -> dict[str, dict[str, Any]]:
    """What differs, old and new, by field."""
    old, new = asdict(before), asdict(after)
    names = [name for name in old if old[name] != new[name]]
    return {"before": {name: old[name] for name in names}, "after": {name: new[name] for name in names}}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
