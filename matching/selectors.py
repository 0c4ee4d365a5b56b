"""Reads about pairs, starting from who is asking; those without a reader give facts to services."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q, Subquery

from backend.accounts.models import COORDINATORS, HELPERS, Role
from backend.roster.access import (
    areas_visible_to,
    buddies_visible_to,
    children_visible_to,
    county_of,
    helpers_visible_to,
)
from backend.roster.models import Assessment, Child, Consent, HelperRole
from matching.core.rules import RULES
from matching.core.score import TERMS
from matching.models import (
    Application,
    Certificate,
    MatchingRun,
    Offer,
    OfferQuestion,
    Pairing,
    PlaceRole,
    Proposal,
    ProposedPair,
    Scheme,
    StandIn,
    Trial,
)
from matching.models.pairings import OPEN_STATES
from matching.models.targets import WORD_LISTS, born_between

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from backend.roster.models import Area, Helper
    from matching.models import SlotRule

# Reason of a pair -> as whoever is asked may read it: class and condition stay out.
_SAID_TO_ASKED = {
    "class_teacher": "same_school", "teaches_class": "same_school", "same_village": "same_village", "near": "near",
    "same_township": "same_township", "wish": "wish", "kept": "kept",
}  # fmt: skip


def pairing_by_id(pairing_id: int) -> Pairing | None:
    """A pairing by row id, for handlers of facts."""
    return (
        Pairing.objects.filter(pk=pairing_id).select_related("child__village", "helper", "leader", "stand_in").first()
    )


def question_by_id(question_id: int) -> OfferQuestion | None:
    """A question by row id, with what it is about."""
    return OfferQuestion.objects.filter(pk=question_id).select_related("offer__child__village").first()


def stand_in_by_id(stand_in_id: int) -> StandIn | None:
    """A stand-in by row id, with everybody to be told."""
    people = (
        "helper__user__contact", "helper__township", "pairing__offer", "pairing__helper__user__contact",
        "pairing__helper__township", "pairing__leader__user__contact", "pairing__leader__township",
    )  # fmt: skip
    return StandIn.objects.filter(pk=stand_in_id).select_related(*people).first()


def people_with_offers(kind: str, person_ids: list[int]) -> dict[int, str]:
    """Of these children or helpers those somebody was asked for: their import is not undone."""
    column = "child_id" if kind == "CHILDREN" else "helper_id"
    asked = set(Offer.objects.filter(**{f"{column}__in": person_ids}).values_list(column, flat=True))
    also = "helper__peer_child_id" if kind == "CHILDREN" else "leader_id"
    asked |= set(Offer.objects.filter(**{f"{also}__in": person_ids}).values_list(also, flat=True))
    return dict.fromkeys(asked, "has an offer")


def offer_by_id(offer_id: int) -> Offer | None:
    """An offer by row id with everything a message or a link's page says, for senders and doors that hold a token."""
    return (
        Offer.objects.filter(pk=offer_id)
        .select_related(
            "slot__rule__scheme__term",
            "slot__rule__scheme__county",
            "child__village",
            "child__school",
            "helper__peer_child",
            "helper__user",
            "leader__user",
        )
        .first()
    )


def role_in_place(rule: SlotRule, helper_id: int) -> str:
    """
    In which role a helper fills a place that several roles may fill: it decides what they see of the child. A
    classmate's place is answered for by a teacher.
    """
    if PlaceRole.PEER in rule.roles:
        return str(Role.TEACHER)
    if len(rule.roles) == 1:
        return str(rule.roles[0])
    return rule.role_of(set(HelperRole.objects.filter(helper_id=helper_id).values_list("role", flat=True)))


def people_for_place(reader: Reader, rule: SlotRule) -> QuerySet[Helper]:
    """Whom a coordinator may put in a place: classmates where it is for classmates, else helpers in scope."""
    return buddies_visible_to(reader) if PlaceRole.PEER in rule.roles else helpers_visible_to(reader)


def schemes_visible_to(reader: Reader) -> QuerySet[Scheme]:
    """The schemes of the reader's county."""
    county = county_of(reader)
    if not reader.is_coordinator or county is None:
        return Scheme.objects.none()
    return Scheme.objects.filter(county=county).select_related("term", "county")


def runs_visible_to(reader: Reader) -> QuerySet[MatchingRun]:
    """Runs over the reader's areas; a county's run is shown to its townships and schools too."""
    county = county_of(reader)
    if not reader.is_coordinator or county is None:
        return MatchingRun.objects.none()
    runs = MatchingRun.objects.select_related("scheme__term", "area", "requested_by").prefetch_related(
        "joined__term", "proposals__scheme"
    )
    if reader.role == Role.COUNTY_COORDINATOR:
        return runs.filter(scheme__county=county)
    return runs.filter(area__in=[county.pk, *areas_visible_to(reader).values_list("pk", flat=True)])


def proposals_visible_to(reader: Reader) -> QuerySet[Proposal]:
    """Proposals of the runs the reader sees."""
    runs = runs_visible_to(reader).order_by()
    return Proposal.objects.filter(run__in=runs).select_related("scheme__term", "run__area", "published_by")


def pairs_visible_to(reader: Reader) -> QuerySet[ProposedPair]:
    """Proposed pairs of children in the reader's scope."""
    pairs = ProposedPair.objects.filter(proposal__in=proposals_visible_to(reader))
    if reader.role != Role.COUNTY_COORDINATOR:
        pairs = pairs.filter(child__in=children_visible_to(reader))
    return pairs.select_related(
        "slot__rule", "child__village__parent", "child__school", "child__school_class", "helper__unit", "certificate"
    )


def paired() -> Exists:
    """Of places of drafts: those with a pairing that stands."""
    return Exists(Pairing.objects.filter(slot=OuterRef("slot"), state__in=("ACTIVE", "SUSPENDED")))


def sent() -> Exists:
    """Of places of drafts: those somebody was asked for from this draft, or is being asked for from another."""
    asked = Q(proposal=OuterRef("proposal")) | Q(state=Offer.State.SENT)
    return Exists(Offer.objects.filter(asked, slot=OuterRef("slot")))


def settled() -> Q:
    """Of places of drafts: those no hand changes any more; what came of them is changed itself, or repaired."""
    return Q(origin=ProposedPair.Origin.KEPT) | Q(paired()) | Q(sent())


def certificates_visible_to(reader: Reader) -> QuerySet[Certificate]:
    """Why places stay open, for the open places of children in the reader's scope."""
    certificates = Certificate.objects.filter(proposal__in=proposals_visible_to(reader).order_by())
    if reader.role == Role.COUNTY_COORDINATOR:
        return certificates
    mine = ProposedPair.objects.filter(helper=None, child__in=children_visible_to(reader).order_by().values("pk"))
    return certificates.filter(pk__in=mine.values("certificate_id"))


def trials_visible_to(reader: Reader) -> QuerySet[Trial]:
    """What was tried on the runs the reader sees, within the reader's areas."""
    trials = Trial.objects.filter(run__in=runs_visible_to(reader).order_by()).select_related("area", "requested_by")
    if reader.role == Role.COUNTY_COORDINATOR:
        return trials
    return trials.filter(area__in=areas_visible_to(reader))


def people_named(q: str) -> Q:
    """Offers or pairings of a child, a helper or the teacher who leads two classmates, by name or pinyin."""
    said = q.lower()
    names = Q(child__name_search__contains=said) | Q(helper__name_search__contains=said)
    return names | Q(leader__name_search__contains=said)


def offers_visible_to(reader: Reader) -> QuerySet[Offer]:
    """A coordinator's: offers for children in scope. A helper's: those put to them."""
    offers = Offer.objects.select_related(
        "slot__rule__scheme__term", "child__village__parent", "child__school", "helper__unit", "helper__peer_child",
        "leader__unit",
    )  # fmt: skip
    if reader.helper_id is not None and reader.role in HELPERS:
        return offers.filter(Q(helper_id=reader.helper_id) | Q(leader_id=reader.helper_id))
    if reader.role in COORDINATORS:
        return offers.filter(child__in=children_visible_to(reader))
    return offers.none()


def reasons_for_asked(offer: Offer) -> list[str]:
    """
    Codes of why somebody is asked, as they may know them before saying yes: nothing of the child but where it lives or
    learns. What two classmates have in common says nothing about the teacher who leads them.
    """
    if offer.leader_id is not None:
        return ["same_school"]
    return list(dict.fromkeys(_SAID_TO_ASKED[code] for code, _points in offer.reasons if code in _SAID_TO_ASKED))


def still_free(offers: QuerySet[Offer]) -> QuerySet[Offer]:
    """Those of them whose place nobody holds, so that a yes could be recorded."""
    held = Pairing.objects.filter(slot=OuterRef("slot"), state__in=OPEN_STATES)
    return offers.filter(~Exists(held))


def holder_of_place(offer: Offer) -> Pairing | None:
    """The open pairing on the place an offer was made for, whoever's it is."""
    return Pairing.objects.filter(slot_id=offer.slot_id, state__in=OPEN_STATES).first()


def pairings_visible_to(reader: Reader) -> QuerySet[Pairing]:
    """A coordinator's: pairings of children in scope. A helper's and a guardian's: their own."""
    pairings = Pairing.objects.select_related(
        "slot__rule__scheme__term", "child__village__parent", "child__school", "helper__unit", "helper__peer_child",
        "leader__unit", "stand_in__unit",
    )  # fmt: skip
    if reader.helper_id is not None and reader.role in HELPERS:
        mine = Q(helper_id=reader.helper_id) | Q(leader_id=reader.helper_id) | Q(stand_in_id=reader.helper_id)
        return pairings.filter(mine)
    if reader.role in COORDINATORS or reader.role == Role.GUARDIAN:
        return pairings.filter(child__in=children_visible_to(reader))
    return pairings.none()


def stand_ins_visible_to(reader: Reader) -> QuerySet[StandIn]:
    """Stand-ins for pairings of children in a coordinator's scope."""
    if not reader.is_coordinator:
        return StandIn.objects.none()
    mine = StandIn.objects.filter(pairing__child__in=children_visible_to(reader))
    return mine.select_related("helper", "pairing__slot__rule__scheme__county")


def questions_visible_to(reader: Reader) -> QuerySet[OfferQuestion]:
    """Questions about the offers the reader sees."""
    mine = OfferQuestion.objects.filter(offer__in=offers_visible_to(reader).order_by().values("pk"))
    return mine.select_related("offer__child", "offer__helper", "offer__leader")


def targeted_children(scheme: Scheme, today: date) -> QuerySet[Child]:
    """Every child on file a scheme is for, with or without consent; whose they are is the caller's to ask."""
    children = Child.objects.filter(state=Child.State.ACTIVE, need_level__in=scheme.target_levels)
    target = scheme.target
    for key in WORD_LISTS:
        if key in target:
            children = children.filter(reduce(or_, (Q(**{f"{key}__has_word": word}) for word in target[key])))
    children = children.filter(**{key: target[key] for key in ("sex", "is_boarding") if key in target})
    if "ages" in target:
        children = _within(children, "birth_date", born_between(target["ages"], today))
    if "grades" in target:
        children = _within(children, "school_class__grade", tuple(target["grades"]))
    return _assessed_as(children, target)


def applied_children(scheme: Scheme) -> QuerySet[Child]:
    """The children both bodies have said yes to; everybody where the scheme asks for no application."""
    if not scheme.needs_application:
        return Child.objects.all()
    checked = Application.objects.filter(scheme=scheme, state__in=("CHECKED", "ASSIGNED"))
    return Child.objects.filter(pk__in=checked.values("child_id"))


def applications_visible_to(reader: Reader) -> QuerySet[Application]:
    """Applications for children in the scope of a coordinator or a village director."""
    rows = Application.objects.select_related(
        "child__village__parent", "child__school", "child__school_class", "scheme", "applied_by"
    ).prefetch_related("checks__checked_by")
    if reader.role not in COORDINATORS | {Role.VILLAGE_DIRECTOR}:
        return rows.none()
    return rows.filter(child__in=children_visible_to(reader))


def children_not_applied(reader: Reader, scheme: Scheme, area: Area, today: date) -> QuerySet[Child]:
    """Those whom a run would leave out because no application of theirs is checked."""
    return children_to_solve(reader, scheme, area, today).exclude(pk__in=applied_children(scheme).values("pk"))


def _within(children: QuerySet[Child], column: str, ends: tuple[Any, Any]) -> QuerySet[Child]:
    low, high = ends
    if low is not None:
        children = children.filter(**{f"{column}__gte": low})
    return children if high is None else children.filter(**{f"{column}__lte": high})


def _assessed_as(children: QuerySet[Child], target: dict[str, Any]) -> QuerySet[Child]:
    """Keep those whose latest assessment says one of the wanted types or severities."""
    latest = Assessment.objects.filter(child=OuterRef("pk")).order_by("-assessed_date", "-pk")
    for key, column in (("guardianship_types", "guardianship_type"), ("severities", "severity")):
        if key in target:
            judged = {f"latest_{column}": Subquery(latest.values(column)[:1])}
            children = children.annotate(**judged).filter(**{f"latest_{column}__in": target[key]})
    return children


def children_to_solve(reader: Reader, scheme: Scheme, area: Area, today: date) -> QuerySet[Child]:
    """The children a run of this scheme over this area would look at, with or without consent."""
    mine = children_visible_to(reader).filter(village__code__startswith=area.code)
    return mine.filter(pk__in=targeted_children(scheme, today).values("pk"))


def children_without_consent(reader: Reader, scheme: Scheme, area: Area, today: date) -> QuerySet[Child]:
    """Those of them whom a run would leave out: no guardian has agreed to matching."""
    agreed = Consent.objects.filter(purpose=Consent.Purpose.MATCHING, withdrawn_at=None)
    return children_to_solve(reader, scheme, area, today).exclude(pk__in=agreed.values("child_id"))


def reason_words() -> dict[str, tuple[str, str]]:
    """Code of each reason of a pair -> its words in Chinese and in English."""
    return {term.code: (term.zh, term.en) for term in TERMS}


def rule_sentences() -> dict[str, tuple[str, str]]:
    """Code of each hard rule -> what to say when it is broken; {helper} and {child} stand for names."""
    return {rule.code: (rule.zh, rule.en) for rule in RULES}


def pairing_of_two(child: Child, helper: Helper) -> bool:
    """Tell whether a pairing of these two stands."""
    return Pairing.objects.filter(child=child, helper=helper, state__in=OPEN_STATES).exists()
