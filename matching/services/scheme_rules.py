"""What a rule book may say: its parts as plain values, and everything that is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from backend.kernel.errors import DomainError
from backend.roster.models import HelperRole
from backend.roster.vocabulary import SERVICES
from matching.core.facts import Weights
from matching.core.problem import FIT_MAX
from matching.models import PlaceRole, Scheme, SlotRule
from matching.models.targets import target_allowed, target_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_PLACES, MOST_OF_A_KIND, MOST_PER_HELPER = 6, 5, 200
MOST_RADIUS_M, MOST_AGE_GAP, MOST_MINUTES = 100_000, 60, 6_000
_WEIGHTS = {item.name for item in fields(Weights)}


class SchemeWrong(DomainError):
    """One thing a rule book says cannot be; `facts["field"]` names where it stands, such as `places.0.roles`."""

    code = "scheme.wrong"
    status = 400
    message = "%(field)s must be: %(allowed)s."


@dataclass(frozen=True)
class PlaceBook:
    """One kind of place, as `SlotRule` keeps it; `key` is empty for a new one."""

    name: str
    roles: list[str]
    key: str = ""
    elder_kinds: list[str] = field(default_factory=list)
    count: int = 1
    is_required: bool = True
    reach: str = SlotRule.Reach.TOWNSHIP
    radius_m: int = 0
    sex_rule: str = SlotRule.SexRule.NONE
    age_gap_years: int = 0
    required_skills: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    monthly_minutes: int = 120


@dataclass(frozen=True)
class SchemeBook:
    """A whole rule book, as `Scheme` keeps it."""

    name: str
    target_levels: list[int]
    places: list[PlaceBook]
    purpose: str = ""
    target: dict[str, Any] = field(default_factory=dict)
    needs_application: bool = False
    is_bundled: bool = False
    has_woman_for_girl: bool = False
    limit_per_helper: int | None = None
    target_per_helper: int | None = None
    counts_towards_total: bool = True
    lasts: str = Scheme.Lasts.TERM
    tier_order: str = Scheme.TierOrder.TERM
    fit_band: int = 1
    offer_days: int = 7
    offers_on: str = Scheme.OffersOn.HALVES


def book_of(scheme: Scheme) -> SchemeBook:
    """The rule book as it stands."""
    rules = sorted(scheme.slot_rules.all(), key=lambda rule: (rule.position, rule.pk))
    places = [PlaceBook(**{item.name: getattr(rule, item.name) for item in fields(PlaceBook)}) for rule in rules]
    names = (item.name for item in fields(SchemeBook) if item.name != "places")
    return SchemeBook(places=places, **{name: getattr(scheme, name) for name in names})


def check_book(book: SchemeBook) -> None:
    """
    Refuse what no solver and no helper could make sense of.

    Raises:
        SchemeWrong: naming the first field at fault, in the order of the page.
    """
    for where, allowed in _problems(book):
        raise SchemeWrong(field=where, allowed=allowed)


def _problems(book: SchemeBook) -> Iterator[tuple[str, str]]:
    """(field, what it must be) of everything at fault."""
    yield from _scheme_problems(book)
    if not 1 <= len(book.places) <= MOST_PLACES:
        yield "places", f"1 .. {MOST_PLACES} places"
    named = [place.key for place in book.places if place.key]
    if len(set(named)) < len(named):
        yield "places", "places whose keys differ"
    for number, place in enumerate(book.places):
        for where, allowed in _place_problems(place):
            yield f"places.{number}.{where}", allowed
    if any(PlaceRole.PEER in place.roles for place in book.places) and book.counts_towards_total:
        yield "counts_towards_total", "false where a place is for classmates (PEER)"


def _scheme_problems(book: SchemeBook) -> Iterator[tuple[str, str]]:
    if not book.name.strip():
        yield "name", "a name"
    levels = book.target_levels
    if not levels or not set(levels) <= {1, 2, 3, 4} or len(set(levels)) < len(levels):
        yield "target_levels", "some of 1, 2, 3, 4, each once"
    wrong = target_problem(book.target)
    if wrong:
        yield f"target.{wrong}", target_allowed(wrong)
    yield from _limit_problems(book)
    yield from _choice_problems(
        book,
        {
            "lasts": Scheme.Lasts.values,
            "tier_order": Scheme.TierOrder.values,
            "fit_band": [1, 25, 50],
            "offer_days": [1, 2, 3, 4, 5, 6, 7],
            "offers_on": Scheme.OffersOn.values,
        },
    )


def _limit_problems(book: SchemeBook) -> Iterator[tuple[str, str]]:
    for name in ("limit_per_helper", "target_per_helper"):
        value = getattr(book, name)
        if value is not None and not 1 <= value <= MOST_PER_HELPER:
            yield name, f"empty, or 1 .. {MOST_PER_HELPER}"
    if book.limit_per_helper is not None and (book.target_per_helper or 0) > book.limit_per_helper:
        yield "target_per_helper", f"at most {book.limit_per_helper}, the limit"


def _choice_problems(book: SchemeBook | PlaceBook, choices: dict[str, list[Any]]) -> Iterator[tuple[str, str]]:
    for name, allowed in choices.items():
        if getattr(book, name) not in allowed:
            yield name, "one of " + ", ".join(str(one) for one in allowed)


def _place_problems(place: PlaceBook) -> Iterator[tuple[str, str]]:
    if not place.name.strip():
        yield "name", "a name"
    yield from _who_problems(place)
    for name, low, high in (
        ("count", 1, MOST_OF_A_KIND),
        ("radius_m", 0, MOST_RADIUS_M),
        ("age_gap_years", 0, MOST_AGE_GAP),
        ("monthly_minutes", 0, MOST_MINUTES),
    ):
        if not low <= getattr(place, name) <= high:
            yield name, f"{low} .. {high}"
    yield from _choice_problems(place, {"reach": SlotRule.Reach.values, "sex_rule": SlotRule.SexRule.values})
    yield from _weight_problems(place.weights)


def _who_problems(place: PlaceBook) -> Iterator[tuple[str, str]]:
    roles = set(place.roles)
    if not roles or not roles <= set(PlaceRole.values) or len(roles) < len(place.roles):
        yield "roles", "some of " + ", ".join(PlaceRole.values) + ", each once"
    if PlaceRole.PEER in roles and len(roles) > 1:
        yield "roles", "classmates (PEER) alone, or others without them"
    for name, allowed in (("elder_kinds", HelperRole.ElderKind.values), ("required_skills", SERVICES)):
        if not set(getattr(place, name)) <= set(allowed):
            yield name, "some of " + ", ".join(allowed)


def _weight_problems(weights: dict[str, int]) -> Iterator[tuple[str, str]]:
    unknown = sorted(set(weights) - _WEIGHTS)
    if unknown:
        yield f"weights.{unknown[0]}", "one of " + ", ".join(sorted(_WEIGHTS))
        return
    points = [value for name, value in weights.items() if not name.endswith("_m")]
    if any(type(value) is not int or value < 0 for value in weights.values()) or sum(points) > FIT_MAX:
        yield "weights", f"points of 0 or more, together at most {FIT_MAX}"
    defaults = Weights()
    if not 0 <= weights.get("near_m", defaults.near_m) < weights.get("far_m", defaults.far_m):
        yield "weights.far_m", "metres, more than near_m"
