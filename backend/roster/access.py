"""
Who may see whom. Every read, whichever door or task it comes through, starts from a function of this module.

A person who is not visible does not exist for the reader: doors answer 404 alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from backend.accounts.models import COORDINATORS, HELPERS, Role
from backend.kernel.errors import NotAllowed
from backend.roster.models import Area, CareLink, Child, GrantProposal, Guardian, Helper, Membership, Organisation

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

# Where a person holds several roles and has chosen none, the first of these speaks.
_RANK = (
    Role.ADMIN,
    Role.COUNTY_COORDINATOR,
    Role.TOWNSHIP_COORDINATOR,
    Role.SCHOOL_COORDINATOR,
    Role.AUDITOR,
    Role.VILLAGE_DIRECTOR,
    Role.API_CLIENT,
    Role.TEACHER,
    Role.CADRE,
    Role.ELDER,
    Role.VOLUNTEER,
    Role.GUARDIAN,
)


@dataclass(frozen=True)
class Reader:
    """A signed-in person as access sees them, at one moment."""

    user: Any
    role: Role | None
    area_codes: tuple[str, ...] = ()
    organisation_ids: tuple[int, ...] = ()
    helper_id: int | None = None
    bodies: tuple[tuple[str, str], ...] = ()  # (area code, body in whose name applications are checked there)
    roles: tuple[Role, ...] = ()  # every role held, the strongest first; `role` is the one acted in

    @cached_property
    def county(self) -> Area | None:
        """Where the reader works, None where there is none or several; every selector of a page asks for it."""
        codes = {code[:6] for code in self.area_codes}
        units = Organisation.objects.filter(pk__in=self.organisation_ids)
        codes |= {code[:6] for code in units.values_list("area__code", flat=True)}
        return Area.objects.filter(code__in=codes, kind=Area.Kind.COUNTY).first() if len(codes) == 1 else None

    @cached_property
    def townships(self) -> tuple[tuple[str, str], ...]:
        """(public id, name) of the townships in sight; the top bar asks for them, and the filter of every list."""
        rows = areas_visible_to(self).filter(kind=Area.Kind.TOWNSHIP).order_by("code")
        return tuple(rows.values_list("public_id", "name"))

    @property
    def is_coordinator(self) -> bool:
        return self.role in COORDINATORS

    @property
    def is_helper(self) -> bool:
        return self.role in HELPERS

    @property
    def reports(self) -> bool:
        """Whether this person makes mandatory reports, a coordinator for whoever called."""
        return self.is_helper or self.is_coordinator or self.role == Role.VILLAGE_DIRECTOR

    def may(self, *roles: Role) -> None:
        """Raise NotAllowed unless the reader holds one of the roles."""
        if self.role not in roles:
            raise NotAllowed


# Where the pages keep, in the session, the role a person with several chose to act in.
SESSION_ROLE = "acting_role"
NOBODY = Reader(user=None, role=None)


def reader_for(user: Any, now: datetime, *, acting: str = "") -> Reader:
    """
    The reader behind a login, in one of the roles that are valid now, with every place held in that role.

    An account that is closed, or whose grants have all ended, reads nothing.

    Args:
        acting: the role the person chose; the strongest where nothing was chosen. Where the chosen role has ended, the
            next weaker one: nobody comes to more than they chose without choosing it.
    """
    held = _held(user, now)
    return _in_role(user, _nearest(acting, held.roles), held)


def _nearest(acting: str, roles: tuple[Role, ...]) -> Role | None:
    """The role chosen, else the strongest of those weaker, else the strongest there is; both by rank."""
    if acting in roles:
        return Role(acting)
    weaker = _RANK[_RANK.index(Role(acting)) :] if acting in _RANK else ()
    return next((role for role in roles if role in weaker), next(iter(roles), None))


def reader_in_role(user: Any, role: str, now: datetime) -> Reader:
    """
    The reader who did something in that role before, for work that goes on later; nobody once the role has ended.

    "" stands for the strongest role.
    """
    held = _held(user, now)
    if role and role not in held.roles:
        return NOBODY
    return _in_role(user, role or next(iter(held.roles), None), held)


def readers_for(user: Any, now: datetime) -> list[Reader]:
    """The same person in each of their roles, the strongest first."""
    held = _held(user, now)
    return [_in_role(user, role, held) for role in held.roles]


@dataclass(frozen=True)
class _Held:
    """What a person holds: roles by rank, (role, area, organisation id, body) of each grant, and their helper row."""

    roles: tuple[Role, ...] = ()
    grants: tuple[tuple[str, str | None, int | None, str], ...] = ()
    helper_id: int | None = None


def _held(user: Any, now: datetime) -> _Held:
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return _Held()
    held = Membership.objects.held_at(now).filter(user=user)
    grants = tuple(held.values_list("role", "area__code", "organisation_id", "body"))
    helper_id, roles = _helper_of(user)
    roles |= {grant[0] for grant in grants}
    if Guardian.objects.filter(user=user).exists():
        roles.add(Role.GUARDIAN)
    return _Held(tuple(role for role in _RANK if role in roles), grants, helper_id)


def _in_role(user: Any, role: str | None, held: _Held) -> Reader:
    if role is None:
        return Reader(user=user, role=None) if getattr(user, "is_authenticated", False) and user.is_active else NOBODY
    mine = [grant for grant in held.grants if grant[0] == role]
    return Reader(
        user=user,
        role=Role(role),
        area_codes=tuple(area for _, area, _, _ in mine if area),
        organisation_ids=tuple(organisation for _, _, organisation, _ in mine if organisation),
        bodies=tuple((area, body) for _, area, _, body in mine if area and body),
        helper_id=held.helper_id,
        roles=held.roles,
    )


def _helper_of(user: Any) -> tuple[int | None, set[str]]:
    helper = Helper.objects.filter(user=user).exclude(state=Helper.State.LEFT).prefetch_related("roles").first()
    if helper is None:
        return None, set()
    return helper.pk, {row.role for row in helper.roles.all()}


def _in_areas(path: str, codes: tuple[str, ...]) -> Q:
    """Rows whose area lies in one of the areas; nothing for no areas."""
    condition = Q(pk__in=[])
    for code in codes:
        condition |= Q(**{f"{path}__startswith": code})
    return condition


def children_visible_to(reader: Reader) -> QuerySet[Child]:
    """Every child the reader may know of, in any state; a helper's are those looked after at this moment."""
    role = reader.role
    if role in COORDINATORS or role == Role.API_CLIENT:
        scope = _in_areas("village__code", reader.area_codes) | Q(school_id__in=reader.organisation_ids)
        return Child.objects.filter(scope)
    if role == Role.VILLAGE_DIRECTOR:
        return Child.objects.filter(_in_areas("village__code", reader.area_codes))
    if role == Role.AUDITOR:
        return Child.objects.all()
    if role in HELPERS and reader.helper_id is not None:
        links = CareLink.objects.filter(helper_id=reader.helper_id, ended_at=None)
        return Child.objects.filter(pk__in=links.values("child_id"), state=Child.State.ACTIVE)
    if role == Role.GUARDIAN:
        return Child.objects.filter(guardians__user=reader.user).distinct()
    return Child.objects.none()


def helpers_visible_to(reader: Reader) -> QuerySet[Helper]:
    """Every helper the reader may know of. A classmate who helps is a child, found through the children only."""
    role = reader.role
    if role in COORDINATORS:
        scope = _in_areas("township__code", reader.area_codes) | _in_areas("unit__area__code", reader.area_codes)
        return Helper.objects.filter(scope | Q(unit_id__in=reader.organisation_ids), peer_child=None)
    if role == Role.AUDITOR:
        return Helper.objects.filter(peer_child=None)
    if role in HELPERS and reader.helper_id is not None:
        return Helper.objects.filter(pk=reader.helper_id)
    return Helper.objects.none()


def buddies_visible_to(reader: Reader) -> QuerySet[Helper]:
    """The rows of classmates who help, for coordinators who answer for those children."""
    if reader.role not in COORDINATORS:
        return Helper.objects.none()
    return Helper.objects.filter(peer_child__in=children_visible_to(reader))


def areas_visible_to(reader: Reader) -> QuerySet[Area]:
    """The reader's areas and what lies in them; a school's coordinator sees the school's own area."""
    if reader.role in (Role.ADMIN, Role.AUDITOR):
        return Area.objects.all()
    schools = Organisation.objects.filter(pk__in=reader.organisation_ids)
    return Area.objects.filter(_in_areas("code", reader.area_codes) | Q(pk__in=schools.values("area_id")))


def organisations_visible_to(reader: Reader) -> QuerySet[Organisation]:
    """Schools and organisations inside the reader's areas, and the reader's own."""
    if reader.role in (Role.ADMIN, Role.AUDITOR):
        return Organisation.objects.all()
    return Organisation.objects.filter(_in_areas("area__code", reader.area_codes) | Q(pk__in=reader.organisation_ids))


def grants_visible_to(reader: Reader) -> QuerySet[Membership]:
    """Every grant there is or was, for those who grant."""
    rows = Membership.objects.select_related("user", "area", "organisation__area", "granted_by", "confirmed_by")
    return rows if reader.role == Role.ADMIN else rows.none()


def grant_proposals_visible_to(reader: Reader) -> QuerySet[GrantProposal]:
    """Every proposed grant, for those who grant."""
    rows = GrantProposal.objects.select_related("user", "area", "organisation__area", "proposed_by", "answered_by")
    return rows if reader.role == Role.ADMIN else rows.none()


def covers(reader: Reader, other: Reader) -> bool:
    """Whether everything another coordinator answers for lies within the reader's own places."""
    if not (reader.is_coordinator and other.is_coordinator):
        return False
    elsewhere = Organisation.objects.filter(pk__in=set(other.organisation_ids) - set(reader.organisation_ids))
    codes = [*other.area_codes, *elsewhere.values_list("area__code", flat=True)]
    holds_something = bool(other.area_codes or other.organisation_ids)
    return holds_something and all(_lies_in(code, reader) for code in codes)


def _lies_in(code: str, reader: Reader) -> bool:
    return any(code.startswith(own) for own in reader.area_codes)


def coordinators_covered_by(reader: Reader, now: datetime) -> set[int]:
    """
    Row ids of the users whom `covers` would answer yes for, the reader among them.

    One query over the grants of everybody who holds one in the reader's places, instead of a reader each.
    """
    if not reader.is_coordinator:
        return set()
    valid = Membership.objects.held_at(now).filter(role__in=_RANK[: _RANK.index(Role.AUDITOR)])
    here = _in_areas("area__code", reader.area_codes) | _in_areas("organisation__area__code", reader.area_codes)
    near = valid.filter(here | Q(organisation_id__in=reader.organisation_ids)).values("user_id")
    held: dict[int, dict[str, list[tuple[str, int | None]]]] = {}
    rows = valid.filter(user__in=near, user__is_active=True).values_list(
        "user_id", "role", "area__code", "organisation_id", "organisation__area__code"
    )
    for user_id, role, area, organisation, at in rows:
        held.setdefault(user_id, {}).setdefault(role, []).append((area or at or "", organisation))
    return {user_id for user_id, roles in held.items() if _is_within(reader, roles)} | {reader.user.pk}


def _is_within(reader: Reader, roles: dict[str, list[tuple[str, int | None]]]) -> bool:
    """Whether the strongest of a person's roles is a coordinator's, and held over the reader's places only."""
    role = next(ranked for ranked in _RANK if ranked in roles)
    return role in COORDINATORS and all(
        organisation in reader.organisation_ids or _lies_in(code, reader) for code, organisation in roles[role]
    )


def county_of(reader: Reader) -> Area | None:
    """The county the reader works in, or None where there is none or several."""
    return reader.county
