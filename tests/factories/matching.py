"""Schemes, offers and pairings for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from backend.audit.services import entry_for, record_many
from backend.roster.models import Area, Child, Helper
from matching.models import MatchingRun, Offer, Pairing, Proposal, Scheme, Slot, SlotRule, Term
from matching.services.loads import hold
from matching.services.offers import accept_offer
from matching.services.presets import PRESETS, SchemePreset
from matching.services.schemes import SCHEME_FIELDS, _plain, _rule_of, ensure_slots, install_presets, term_of
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper


def a_scheme(county: Area | None = None, *, now: datetime = NOW) -> Scheme:
    """The two-to-one scheme of a county."""
    county = county or a_county()
    name, _start, _end = term_of(timezone.localdate(now))
    there = Scheme.objects.filter(county=county, term__name=name, key=PRESETS[0].key).first()
    return there or the_schemes(county, now=now)[0]


def the_schemes(county: Area | None = None, *, now: datetime = NOW) -> list[Scheme]:
    """
    The built-in schemes of a county, in their order.

    Half of all tests begin with them, so a county without a term gets the rows of `install_presets` in five statements
    instead of a hundred.
    """
    county = county or a_county()
    if county.terms.exists():
        return install_presets(county, now=now)
    name, start, end = term_of(timezone.localdate(now))
    term = Term.objects.create(county=county, name=name, start_date=start, end_date=end)
    schemes = Scheme.objects.bulk_create(_scheme_of(preset, term) for preset in PRESETS)
    SlotRule.objects.bulk_create(
        _rule_of(scheme, place, number)
        for scheme, preset in zip(schemes, PRESETS, strict=True)
        for number, place in enumerate(preset.places)
    )
    record_many(entry_for(None, "scheme.made", scheme) for scheme in schemes)
    return schemes


def _scheme_of(preset: SchemePreset, term: Term) -> Scheme:
    columns = {name: _plain(getattr(preset, name)) for name in SCHEME_FIELDS if hasattr(preset, name)}
    return Scheme(county=term.county, term=term, key=preset.key, **columns)


def a_run(scheme: Scheme | None = None, **columns: Any) -> MatchingRun:
    scheme = scheme or a_scheme()
    facts = {"area": scheme.county, "requested_by": columns.pop("requested_by", None) or a_coordinator(scheme.county)}
    return MatchingRun.objects.create(scheme=scheme, created_at=NOW, **facts | columns)


def a_proposal(scheme: Scheme | None = None, **columns: Any) -> Proposal:
    run = a_run(scheme, state=MatchingRun.State.DONE)
    number = Proposal.objects.filter(scheme=run.scheme).count() + 1
    return Proposal.objects.create(run=run, scheme=run.scheme, number=number, created_at=NOW, **columns)


def a_slot(child: Child | None = None, *, kind: str = "teacher", scheme: Scheme | None = None) -> Slot:
    scheme = scheme or a_scheme()
    child = child or a_child()
    ensure_slots(scheme, [child.pk])
    return Slot.objects.filter(child=child, rule__scheme=scheme, rule__key=kind).order_by("turn")[0]


def an_offer(
    child: Child | None = None, helper: Helper | None = None, *, kind: str = "teacher", sent_at: datetime = NOW,
    is_held: bool = True, **columns: Any,
) -> Offer:  # fmt: skip
    """An open offer of seven days, its place held on the helper's load."""
    from collections import Counter

    slot = a_slot(child, kind=kind)
    helper = helper or a_helper()
    if is_held:
        hold(Counter({helper.pk: 1}), slot.rule.scheme)
    proposal = columns.pop("proposal", None) or a_proposal(slot.rule.scheme)
    return Offer.objects.create(
        slot=slot, child=slot.child, helper=helper, proposal=proposal, sent_at=sent_at,
        expires_at=columns.pop("expires_at", sent_at + timedelta(days=7)), **columns,
    )  # fmt: skip


def a_pairing(child: Child | None = None, helper: Helper | None = None, *, now: datetime = NOW) -> Pairing:
    offer = an_offer(child, helper, sent_at=now)
    return accept_offer(offer=offer, actor=offer.helper.user, now=now + timedelta(minutes=1))
