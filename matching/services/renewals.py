"""Pairings of a term that is over, taken into the next one: some are kept, some need somebody else, some end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.audit.services import record
from backend.kernel.errors import DomainError, InvalidMove
from backend.roster.access import children_visible_to
from backend.roster.models import Child, Consent, Exclusion, Helper, HelperRole
from backend.roster.models.people import Sex
from backend.roster.selectors import live_clearances
from matching.models import Offer, Pairing, PlaceRole, Scheme, Slot
from matching.models.pairings import OPEN_STATES
from matching.selectors import applied_children, targeted_children
from matching.services.applications import claim_application, release_application
from matching.services.loads import HelperFull, claim, hold, release_active
from matching.services.offers import withdraw_offer
from matching.services.pairings import end_pairing
from matching.services.repairs import note_vacancy
from matching.services.schemes import ensure_slots
from matching.translation import remarks_on_kept

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader

NOT_RENEWED, CHANGED, TAKEN = "renewal.ends", "renewal.changes", "taken"


class NoNextScheme(DomainError):
    """The scheme of the next term is not there, or is switched off."""

    code = "renewal.no_next"
    message = "There is no such scheme in the next term yet. It begins with the term's first day."


@dataclass
class RenewalPlan:
    """
    What renewing would do.

    Args:
        keeps: pairings that go on. changes: (pairing, why) whose helper cannot go on: somebody else is looked for.
        ends: (pairing, why) whose child the scheme is not for any more.
    """

    scheme: Scheme
    keeps: list[Pairing] = field(default_factory=list)
    changes: list[tuple[Pairing, str]] = field(default_factory=list)
    ends: list[tuple[Pairing, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Ledger:
    """
    What decides, read once: row ids, (child, helper) pairs that must not be, and (child, rule, turn) of places of the
    next term that somebody was asked for and holds already.
    """

    targeted: set[int]
    agreed: set[int]
    applied: set[int]
    cleared: set[int]
    roles: dict[int, set[str]]
    excluded: set[tuple[int, int]]
    taken: set[tuple[int, str, int]]
    rules: dict[str, Any]


def next_scheme(scheme: Scheme) -> Scheme | None:
    """The same scheme in the term after, if it is there and running."""
    later = Scheme.objects.filter(
        county_id=scheme.county_id, key=scheme.key, term__start_date__gt=scheme.term.start_date, is_active=True
    )
    return later.select_related("term", "county").order_by("term__start_date").first()


def plan_renewal(*, scheme: Scheme, reader: Reader, now: datetime) -> RenewalPlan:
    """
    Sort the reader's open pairings of a scheme into what goes on, what changes and what ends; nothing is written.

    Raises:
        NoNextScheme
    """
    new = next_scheme(scheme)
    if new is None:
        raise NoNextScheme
    plan = RenewalPlan(new)
    mine = Pairing.objects.filter(slot__rule__scheme=scheme, state__in=OPEN_STATES)
    mine = mine.filter(child__in=children_visible_to(reader).order_by().values("pk"))
    ledger = _read(new, scheme, now)
    rows = mine.select_related("slot__rule__scheme", "child__school", "child__village", "helper", "leader")
    for pairing in rows.order_by("child__name_sort", "child_id", "pk"):
        ends, changes = _why_ends(pairing, ledger), _why_changes(pairing, ledger)
        if ends:
            plan.ends.append((pairing, ends))
        elif changes:
            plan.changes.append((pairing, changes))
        else:
            plan.keeps.append(pairing)
    return plan


def renewal_hints(plan: RenewalPlan, *, now: datetime) -> list[tuple[Pairing, list[str]]]:
    """
    What would speak against a kept pairing if it were proposed today; nothing of it keeps the pairing from going on.

    Returns:
        (pairing, codes of rules and hints), those without any left out. A girl all of whose kept helpers are men is
        "man", two who live in different townships are "far".
    """
    keeps = plan.keeps
    pairs = [(one.child_id, one.slot.rule.key, one.slot.turn, one.helper_id) for one in keeps]
    rules = remarks_on_kept(scheme=plan.scheme, pairs=pairs, now=now) if pairs else []
    with_woman = {one.child_id for one in keeps if one.helper.sex == Sex.FEMALE}
    found = [(one, codes + _hints(one, codes, with_woman)) for one, codes in zip(keeps, rules, strict=True)]
    return [(one, codes) for one, codes in found if codes]


def _hints(pairing: Pairing, codes: list[str], with_woman: set[int]) -> list[str]:
    """The hints of a draft, where no rule has said the same already."""
    child, helper = pairing.child, pairing.helper
    if helper.peer_child_id is not None:
        return []
    is_man = child.sex == Sex.FEMALE and helper.sex == Sex.MALE and child.pk not in with_woman
    is_far = helper.township_id != child.village.parent_id
    said = {"man": is_man and "woman_for_girl" not in codes, "far": is_far and "reach" not in codes}
    return [code for code, applies in said.items() if applies]


def _read(new: Scheme, old: Scheme, now: datetime) -> _Ledger:
    today = timezone.localdate(now)
    until = max(new.term.end_date, today)
    open_ones = Pairing.objects.filter(slot__rule__scheme=old, state__in=OPEN_STATES)
    roles: dict[int, set[str]] = {}
    held = HelperRole.objects.filter(helper__in=open_ones.values("helper_id"))
    for helper_id, role in held.values_list("helper_id", "role"):
        roles.setdefault(helper_id, set()).add(role)
    cleared = live_clearances().filter(issued_date__lte=today, expires_date__gte=until)
    consents = Consent.objects.filter(purpose=Consent.Purpose.MATCHING, withdrawn_at=None)
    children = open_ones.values("child_id")
    taken = Pairing.objects.filter(slot__rule__scheme=new, state__in=OPEN_STATES, child__in=children)
    return _Ledger(
        targeted=set(targeted_children(new, today).filter(pk__in=children).values_list("pk", flat=True)),
        agreed=set(consents.filter(child__in=children).values_list("child_id", flat=True)),
        applied=set(applied_children(new).filter(pk__in=children).values_list("pk", flat=True)),
        cleared=set(cleared.values_list("helper_id", flat=True)),
        roles=roles,
        excluded=set(Exclusion.objects.filter(child__in=children).values_list("child_id", "helper_id")),
        taken=set(taken.values_list("child_id", "slot__rule__key", "slot__turn")),
        rules={rule.key: rule for rule in new.slot_rules.all()},
    )


def _why_ends(pairing: Pairing, ledger: _Ledger) -> str:
    if pairing.child.state != Child.State.ACTIVE:
        return "child_left"
    if pairing.slot.rule.key not in ledger.rules or pairing.slot.turn >= ledger.rules[pairing.slot.rule.key].count:
        return "no_place"
    if (pairing.child_id, pairing.slot.rule.key, pairing.slot.turn) in ledger.taken:
        return TAKEN
    if pairing.child_id not in ledger.targeted:
        return "not_targeted"
    if pairing.child_id not in ledger.agreed:
        return "no_consent"
    return "" if pairing.child_id in ledger.applied else "not_applied"


def _why_changes(pairing: Pairing, ledger: _Ledger) -> str:
    adult = pairing.leader or pairing.helper
    if Helper.State.LEFT in (adult.state, pairing.helper.state):
        return "helper_left"
    if adult.pk not in ledger.cleared:
        return "not_cleared"
    if (pairing.child_id, pairing.helper_id) in ledger.excluded:
        return "excluded"
    wanted = set(ledger.rules[pairing.slot.rule.key].roles)
    has_role = PlaceRole.PEER in wanted or bool(wanted & ledger.roles.get(pairing.helper_id, set()))
    return "" if has_role else "role"


def renew(
    *, plan: RenewalPlan, actor: Any, now: datetime, beat: Callable[[], None] = lambda: None
) -> Counter[str]:  # fmt: skip
    """
    Do what was shown: each pairing on its own, and what somebody moved meanwhile is left as it is.

    Returns:
        How many were "kept", "changed" and "ended".
    """
    done: Counter[str] = Counter()
    slots = {
        (slot.child_id, slot.rule.key, slot.turn): slot
        for slot in _slots(plan.scheme, {pairing.child_id for pairing in _all_of(plan)})
    }
    for pairing in plan.keeps:
        beat()
        slot = slots[pairing.child_id, pairing.slot.rule.key, pairing.slot.turn]
        done[_keep(pairing, slot, actor, now)] += 1
    for pairing, why in plan.changes:
        beat()
        slot = slots[pairing.child_id, pairing.slot.rule.key, pairing.slot.turn]
        done["changed"] += _end(pairing, f"{CHANGED}:{why}", actor, now, slot)
    for pairing, why in plan.ends:
        beat()
        done["ended"] += _end(pairing, f"{NOT_RENEWED}:{why}", actor, now, None)
    return done


def _all_of(plan: RenewalPlan) -> list[Pairing]:
    return plan.keeps + [pairing for pairing, _why in plan.changes]


def _slots(scheme: Scheme, child_ids: set[int]) -> list[Slot]:
    ensure_slots(scheme, child_ids)
    mine = Slot.objects.filter(rule__scheme=scheme, child_id__in=child_ids)
    return list(mine.select_related("rule__scheme__term", "child"))


def _keep(pairing: Pairing, slot: Slot, actor: Any, now: datetime) -> str:
    """
    The pairing moves into the place of the next term: the same two, the same visits, one history.

    Whoever was asked for that place and has not answered is asked no more.

    Returns:
        "kept", "changed" where the helper has no room there, "ended" where somebody else has the place already, ""
        where somebody moved it meanwhile.
    """
    old, new = pairing.slot.rule.scheme, slot.rule.scheme
    try:
        with transaction.atomic():
            same = Pairing.objects.filter(pk=pairing.pk, slot=pairing.slot, state__in=OPEN_STATES)
            if same.update(slot=slot) != 1:
                return ""
            for offer in _asked(slot, now):
                withdraw_offer(offer=offer, actor=None, now=now, reason=Offer.FILLED)
            release_active(pairing.helper_id, old)
            release_application(child_id=pairing.child_id, scheme=old)
            claim_application(child_id=pairing.child_id, scheme=new)
            hold(_one(pairing.helper_id), new)
            claim(pairing.helper_id, new)
            after = {"from": old.term.name, "to": new.term.name}
            record(actor=actor, verb="pairing.renewed", subject=pairing, after=after)
    except HelperFull:
        return "changed" if _end(pairing, f"{CHANGED}:limit", actor, now, slot) else ""
    except IntegrityError:
        return "ended" if _end(pairing, f"{NOT_RENEWED}:{TAKEN}", actor, now, None) else ""
    return "kept"


def _asked(slot: Slot, now: datetime) -> QuerySet[Offer]:
    mine = Offer.objects.filter(slot=slot, state=Offer.State.SENT, expires_at__gt=now)
    return mine.select_related("slot__rule__scheme")


def _one(helper_id: int) -> Counter[int]:
    return Counter({helper_id: 1})


def _end(pairing: Pairing, reason: str, actor: Any, now: datetime, slot: Slot | None) -> int:
    """End it; where the child is still to have somebody, its place of the next term is free and looked after."""
    try:
        with transaction.atomic():
            end_pairing(pairing=pairing, reason=reason, actor=actor, now=now)
            if slot is not None:
                note_vacancy(slot=slot, cause="ENDED", now=now)
    except InvalidMove:
        return 0
    return 1
