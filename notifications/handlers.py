"""Whom each fact is told to."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from activities.event_selectors import day_notices
from activities.models import EventDay
from activities.selectors import open_duties
from backend.roster.models import Area, Child, Concern, Consent, Guardian, Helper
from backend.roster.selectors import concerns_by_id
from matching.models import Offer, Pairing
from matching.selectors import holder_of_place, pairing_by_id, question_by_id, stand_in_by_id
from notifications.kinds.concerns import CONCERN_RAISED, CONCERN_UNRECORDED, CONCERN_UNTAKEN
from notifications.kinds.days import FOR_GUARDIANS as DAY_FOR_GUARDIANS
from notifications.kinds.days import FOR_HELPERS, WORD_TAKEN_BACK
from notifications.kinds.helpers import HELPER_LIMIT_SET
from notifications.kinds.invitations import HOST_DECLINED
from notifications.kinds.offers import (
    OFFER_ACCEPTED,
    OFFER_ACCEPTED_BUDDY,
    OFFER_ACCEPTED_FOR,
    OFFER_ANSWERED,
    OFFER_ASKED,
    OFFER_FILLED,
    OFFER_WITHDRAWN,
    asking_kind,
)
from notifications.kinds.pairings import (
    FOR_GUARDIANS,
    GUARDIAN_PAIRING_BEGAN,
    PAIRING_ENDED,
    PAIRING_PAUSED,
    PAIRING_RESUMED,
)
from notifications.kinds.reminders import OFFER_LAPSED, OFFER_REMINDER, VISIT_TIMED_FOR
from notifications.kinds.stand_ins import (
    GUARDIAN_STAND_IN_BEGAN,
    GUARDIAN_STAND_IN_OVER,
    STAND_IN_BACK,
    STAND_IN_BEGAN,
    STAND_IN_FOR_YOU,
    STAND_IN_OVER,
)
from notifications.kinds.visits import GUARDIAN_VISITS_STOPPED, VISITS_AGAIN, VISITS_STOPPED
from notifications.recipients import coordinators_for, of_account, of_guardian, of_helper
from notifications.telling import Told, tell, tell_each

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from notifications.kinds import Kind


_WITH_PEOPLE = ("helper__user__contact", "helper__township", "leader__user__contact", "leader__township")


def on_proposal_published(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Everybody who was asked in one wave is told of each place."""
    tell_of_offers(
        Offer.objects.filter(
            proposal_id=payload["proposal_id"], state=Offer.State.SENT, sent_at=payload["published_at"]
        ),
        now=now,
    )


def tell_of_offers(wave: QuerySet[Offer], *, now: datetime) -> None:
    """Ask for the answers of many offers; a place for a classmate has words of its own."""
    for has_leader in (False, True):
        kind = asking_kind(has_leader=has_leader)
        offers = wave.filter(leader__isnull=not has_leader).select_related(*_WITH_PEOPLE)
        told = ((of_helper(offer.asked), offer) for offer in offers.iterator(chunk_size=1000))
        tell(kind=kind.code, recipients=told, now=now)


def _tell(kind: str, offer_id: int, now: datetime, fact: str = "") -> None:
    offers = Offer.objects.filter(pk=offer_id).select_related(*_WITH_PEOPLE)
    tell(kind=kind, recipients=[(of_helper(offer.asked), offer) for offer in offers], fact=fact, now=now)


def on_offer_accepted(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """
    Whoever a coordinator accepted for is told by whom, so that a mistake comes to light; the guardian, that there is
    somebody.
    """
    offer = Offer.objects.select_related("helper", "leader").get(pk=payload["offer_id"])
    own = (None, offer.asked.user_id)
    kind = OFFER_ACCEPTED_BUDDY if offer.leader_id else OFFER_ACCEPTED
    _tell((kind if offer.answered_by_id in own else OFFER_ACCEPTED_FOR).code, offer.pk, now)
    pairing = pairing_by_id(payload["pairing_id"])
    if pairing is not None and pairing.state != Pairing.State.ENDED:
        _tell_guardians(GUARDIAN_PAIRING_BEGAN.code, pairing, now)


def on_offer_asked(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """A question goes to whoever coordinates for the child, that there is an answer to whoever asked."""
    question = question_by_id(payload["question_id"])
    if question is None:
        return
    offer, fact = question.offer, question.public_id
    if payload["is_answer"]:
        _tell(OFFER_ANSWERED.code, offer.pk, now, fact=fact)
        return
    users = coordinators_for(area=offer.child.village, organisation_id=offer.child.school_id, now=now)
    tell(kind=OFFER_ASKED.code, recipients=[(of_account(user), offer) for user in users], fact=fact, now=now)


def on_offer_extended(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """A reminder names the new deadline and brings a fresh link."""
    _tell(OFFER_REMINDER.code, payload["offer_id"], now, fact=f"until {payload['expires_at'][:16]}")


def on_offer_lapsed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    _tell(OFFER_LAPSED.code, payload["offer_id"], now)


def on_offer_withdrawn(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """A place that is filled is said as that; whoever holds it themselves loses nothing and is told nothing."""
    offer = Offer.objects.get(pk=payload["offer_id"])
    if offer.note != Offer.FILLED:
        _tell(OFFER_WITHDRAWN.code, offer.pk, now)
    elif (held := holder_of_place(offer)) is None or held.helper_id != offer.helper_id:
        _tell(OFFER_FILLED.code, offer.pk, now)


def on_concern_raised(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Township and county at once, and the school's own coordinator."""
    area = Area.objects.get(pk=payload["area_id"])
    users = coordinators_for(area=area, organisation_id=payload["organisation_id"], now=now)
    told = [(of_account(user), None) for user in users]
    # A fact of before reports had rows of their own names none.
    about = {"area_id": area.pk} | {name: payload[name] for name in ("concern_id",) if name in payload}
    tell(kind=CONCERN_RAISED.code, recipients=told, fact=str(event_id), about=about, now=now)


def on_concern_escalated(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    """First the county alone; after a day everybody who answers for the place. Whatever happened since is not told."""
    concern, rung = concerns_by_id([payload["concern_id"]]).get(payload["concern_id"]), payload["rung"]
    kind = _late_kind(concern, rung) if concern is not None else None
    if concern is None or kind is None:
        return
    county = Area.objects.filter(kind=Area.Kind.COUNTY, code=concern.area.code[:6]).first()
    users = coordinators_for(
        area=county if rung == 1 else concern.area,
        organisation_id=None if rung == 1 else payload["organisation_id"],
        now=now,
    )
    about = {"area_id": concern.area_id, "concern_id": concern.pk, "hours": 2 if rung == 1 else 24 * (rung - 1)}
    told = [(of_account(user), None) for user in users]
    tell(kind=kind.code, recipients=told, fact=str(event_id), about=about, now=now)


def _late_kind(concern: Concern, rung: int) -> Kind | None:
    if concern.state == Concern.State.OPEN:
        return CONCERN_UNTAKEN
    return CONCERN_UNRECORDED if concern.state == Concern.State.TAKEN and rung > 1 else None


def on_duty_timed_for(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Whose visit somebody else gave a time hears when it is; a move that was followed by another is not told."""
    duty = open_duties([payload["duty_id"]]).get(payload["duty_id"])
    if duty is None or duty.sequence != payload["sequence"]:
        return
    fact = f"{duty.public_id} {duty.sequence}"
    told = Told(of_helper(duty.helper), fact=fact, about={"duty_id": duty.pk})
    tell_each(kind=VISIT_TIMED_FOR.code, told=[told], now=now)


def on_helper_limit_set(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Whoever coordinates where the helper works, once a day however often it is changed."""
    helper = Helper.objects.select_related("township").get(pk=payload["helper_id"])
    users = coordinators_for(area=helper.township, organisation_id=helper.unit_id, now=now)
    told = [(of_account(user), None) for user in users if user.pk != helper.user_id]
    fact = f"{helper.public_id} {timezone.localdate(now):%Y%m%d}"
    tell(kind=HELPER_LIMIT_SET.code, recipients=told, fact=fact, about={"whose_id": helper.pk}, now=now)


def on_pairing_ended(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    _tell_of_pairing(PAIRING_ENDED.code, event_id, payload, now)


def on_pairing_suspended(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    _tell_of_pairing(PAIRING_PAUSED.code, event_id, payload, now)


def on_pairing_resumed(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    _tell_of_pairing(PAIRING_RESUMED.code, event_id, payload, now)


def _tell_of_pairing(kind: str, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    """One message per fact for the helper and for the guardian: a second pause is told again."""
    pairing = pairing_by_id(payload["pairing_id"])
    if pairing is None:
        return
    _tell_guardians(FOR_GUARDIANS[kind], pairing, now, fact=str(event_id))
    _tell(kind, pairing.offer_id, now, fact=str(event_id))


def _tell_guardians(
    kind: str, pairing: Pairing, now: datetime, *, fact: str = "", about: dict[str, Any] | None = None
) -> None:
    """The offer's own row names the child; a guardian of a child whose file is closed is told of nothing more."""
    if pairing.child.state != Child.State.ACTIVE:
        return
    guardians = Guardian.objects.filter(child_id=pairing.child_id, user__isnull=False)
    people = guardians.select_related("user__contact", "child__village").order_by("pk")
    told = [(of_guardian(one), pairing.offer) for one in people]
    tell(kind=kind, recipients=told, fact=fact, about=about, now=now)


def on_consent_withdrawn(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Whoever would come to a home is told that they must not, and the guardian that nobody will, once a signature."""
    words = Consent.objects.filter(child_id=payload["child_id"], purpose=Consent.Purpose.VISITS)
    ended = words.filter(withdrawn_at__isnull=False).order_by("-withdrawn_at", "-pk").first()
    if payload["purpose"] != Consent.Purpose.VISITS or ended is None:
        return
    for pairing in _visiting(payload["child_id"]):
        _tell_guardians(GUARDIAN_VISITS_STOPPED.code, pairing, now, fact=ended.public_id)
        _tell_visitors(VISITS_STOPPED, pairing, ended, now)


def on_consent_given(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Whoever was told that they must not come hears that they may again, once a signature."""
    words = Consent.objects.filter(child_id=payload["child_id"], purpose=Consent.Purpose.VISITS)
    signed = words.filter(withdrawn_at=None).first()
    was_withdrawn = words.filter(withdrawn_at__isnull=False).exists()
    if payload["purpose"] == Consent.Purpose.VISITS and signed is not None and was_withdrawn:
        for pairing in _visiting(payload["child_id"]):
            _tell_visitors(VISITS_AGAIN, pairing, signed, now)


def _visiting(child_id: int) -> QuerySet[Pairing]:
    """Pairings whose helper comes to the child's home: not those of two classmates."""
    pairings = Pairing.objects.filter(child_id=child_id, leader=None).exclude(state=Pairing.State.ENDED)
    people = ("helper__user__contact", "helper__township", "stand_in__user__contact", "stand_in__township")
    return pairings.select_related("child", "offer", *people).order_by("pk")


def _tell_visitors(kind: Kind, pairing: Pairing, word: Consent, now: datetime) -> None:
    people = [one for one in (pairing.helper, pairing.stand_in) if one is not None]
    told = [(of_helper(one), pairing.offer) for one in people]
    tell(kind=kind.code, recipients=told, fact=word.public_id, now=now)


def on_stand_in_began(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    """The two helpers and the guardian, each in their own words."""
    _tell_of_stand_in(event_id, payload, (STAND_IN_BEGAN, STAND_IN_FOR_YOU, GUARDIAN_STAND_IN_BEGAN), now)


def on_stand_in_over(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    _tell_of_stand_in(event_id, payload, (STAND_IN_OVER, STAND_IN_BACK, GUARDIAN_STAND_IN_OVER), now)


def _tell_of_stand_in(event_id: int, payload: dict[str, Any], kinds: tuple[Kind, Kind, Kind], now: datetime) -> None:
    """
    Whoever stands in, then whom it is for, and the guardian; the latter not once the pairing has ended: that was told
    already.
    """
    one = stand_in_by_id(payload["stand_in_id"])
    if one is None:
        return
    pairing, about = one.pairing, {"until_date": one.until_date.isoformat()}
    people = [(kinds[0], one.helper)]
    if pairing.state != Pairing.State.ENDED:
        people.append((kinds[1], pairing.leader or pairing.helper))
        _tell_guardians(kinds[2].code, pairing, now, fact=str(event_id), about=about)
    for kind, helper in people:
        told = Told(of_helper(helper), pairing.offer, fact=str(event_id), about=about)
        tell_each(kind=kind.code, told=[told], now=now)


def on_day_published(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001
    """Exactly those the version's notices name: hosts, and the guardians of children whose part differs."""
    notices = day_notices(payload["version_id"], is_off=bool(payload["is_off"])).order_by("pk")
    hosts = notices.filter(helper__isnull=False).select_related("helper__user__contact", "helper__township")
    told = [(FOR_HELPERS[one.kind], one, of_helper(one.helper)) for one in hosts if one.helper is not None]
    children = {one.child_id: one for one in notices.filter(child__state=Child.State.ACTIVE)}
    guardians = Guardian.objects.filter(child__in=children, user__isnull=False).order_by("pk")
    for guardian in guardians.select_related("user__contact", "child__village"):
        notice = children[guardian.child_id]
        told.append((DAY_FOR_GUARDIANS[notice.kind], notice, of_guardian(guardian)))
    by_kind: dict[str, list[Told]] = defaultdict(list)
    for kind, notice, person in told:
        by_kind[kind.code].append(Told(person, fact=notice.public_id, about={"notice_id": notice.pk}))
    for code, people in by_kind.items():
        tell_each(kind=code, told=people, now=now)


def on_host_declined(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Who plans the day finds somebody else."""
    _tell_planners(HOST_DECLINED.code, event_id, payload, now)


def on_word_taken_back(*, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Who plans the day has papers to replace."""
    _tell_planners(WORD_TAKEN_BACK.code, event_id, payload, now)


def _tell_planners(kind: str, event_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Those who coordinate for the day's school or area, and who made it."""
    event = EventDay.objects.select_related("area", "made_by").get(pk=payload["day_id"])
    users = coordinators_for(area=event.area, organisation_id=event.organisation_id, now=now)
    if event.made_by is not None and event.made_by.is_active and event.made_by not in users:
        users.append(event.made_by)
    told = [(of_account(user), None) for user in users]
    tell(kind=kind, recipients=told, fact=str(event_id), about=dict(payload), now=now)
