"""What is told by itself as time goes by: reminders, escalation, and the day's digest. Each may run twice."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone

from activities.models import Duty
from backend.accounts.models import User
from backend.audit.services import record
from backend.roster.models import Area, Guardian, Membership
from matching.models import Offer
from matching.selectors import still_free
from notifications.contacts import person_of
from notifications.kinds import Urgency, all_kinds
from notifications.kinds.reminders import (
    DIGEST,
    OFFER_REMINDER,
    OFFERS_UNREAD,
    VISIT_DUE,
    VISIT_OVERDUE,
)
from notifications.models import Message
from notifications.recipients import coordinators_for, of_account, of_helper
from notifications.rules import rules_for
from notifications.telling import Told, tell, tell_each

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from notifications.models import TellingRules

_WITH_PEOPLE = ("helper__user__contact", "helper__township", "leader__user__contact", "leader__township")
_PLACES = ("area", "organisation__area")
# News older than that is nobody's news any more.
_NEWS_DAYS = timedelta(days=7)


def remind_everybody(*, now: datetime, beat: Callable[[], None] = lambda: None) -> None:
    """
    Every county in turn, each by its own rules.

    Args:
        beat: says that the round goes on, between any two counties and their parts.

    Raises:
        The first failure of any county, after all the others had their turn.
    """
    problems: list[Exception] = []
    for county in Area.objects.filter(kind=Area.Kind.COUNTY).order_by("code"):
        try:
            _remind_county(county, now, beat)
        except Exception as error:  # noqa: BLE001 - one county must not keep the others waiting
            problems.append(error)
    if problems:
        raise problems[0]


def _remind_county(county: Area, now: datetime, beat: Callable[[], None]) -> None:
    rules = rules_for(county)
    for part in (remind_of_offers, remind_of_visits, escalate_unread):
        beat()
        part(county=county, rules=rules, now=now)
    beat()
    if timezone.localtime(now).hour >= rules.digest_hour:
        send_digests(county=county, now=now)


def open_offers_of(county: Area, now: datetime) -> QuerySet[Offer]:
    """Offers of a county that wait for their answer, of places nobody has taken meanwhile."""
    waiting = Offer.objects.filter(slot__rule__scheme__county=county, state=Offer.State.SENT, expires_at__gt=now)
    return still_free(waiting).select_related(*_WITH_PEOPLE)


def remind_of_offers(*, county: Area, rules: TellingRules, now: datetime) -> None:
    """
    Once, so many hours before each deadline: one who got more time is reminded of the new one too. Whoever was asked,
    or reminded by somebody, later than that is not reminded at once.
    """
    if not rules.remind_hours:
        return
    ahead = timedelta(hours=rules.remind_hours)
    lately = Message.objects.filter(kind=OFFER_REMINDER.code, offer=OuterRef("pk"), created_at__gt=now - ahead / 2)
    due = open_offers_of(county, now).filter(expires_at__lte=now + ahead, sent_at__lte=now - ahead / 2)
    told = (
        Told(of_helper(offer.asked), offer, fact=f"before {offer.expires_at:%Y%m%d%H%M}")
        for offer in due.filter(~Exists(lately)).iterator(chunk_size=1000)
    )
    tell_each(kind=OFFER_REMINDER.code, told=told, now=now)


def remind_by_hand(*, offers: QuerySet[Offer], actor: Any, now: datetime) -> int:
    """
    Remind whoever has not answered these open offers, because a coordinator asks for it: once a day each.

    Returns:
        How many offers were reminded of now.
    """
    fact = f"asked {timezone.localdate(now):%Y%m%d}"
    done = Message.objects.filter(kind=OFFER_REMINDER.code, fact__endswith=f":{fact}", offer__in=offers.values("pk"))
    fresh = list(offers.exclude(pk__in=done.values("offer_id")).select_related(*_WITH_PEOPLE))
    with transaction.atomic():
        tell(kind=OFFER_REMINDER.code, recipients=[(of_helper(one.asked), one) for one in fresh], fact=fact, now=now)
        for offer in fresh:
            record(actor=actor, verb="offer.reminded", subject=offer)
    return len(fresh)


def remind_of_visits(*, county: Area, rules: TellingRules, now: datetime) -> None:
    """Some days before a visit without a time is due, and as many after it was."""
    if not rules.duty_days:
        return
    today, days = timezone.localdate(now), timedelta(days=rules.duty_days)
    duties = Duty.objects.filter(
        state=Duty.State.OPEN, pairing__state="ACTIVE", child__village__code__startswith=county.code
    )
    duties = duties.select_related("helper__user__contact", "helper__township").order_by("pk")
    soon = duties.filter(start_at=None, latest_date__range=(today, today + days), created_at__lte=now - days)
    late = duties.filter(latest_date__range=(today - days * 4, today - days))
    for kind, rows in ((VISIT_DUE, soon), (VISIT_OVERDUE, late)):
        told = (
            Told(of_helper(duty.helper), fact=duty.public_id, about={"duty_id": duty.pk})
            for duty in rows.iterator(chunk_size=1000)
        )
        tell_each(kind=kind.code, told=told, now=now)


def escalate_unread(*, county: Area, rules: TellingRules, now: datetime) -> None:
    """Whoever coordinates where an offer lies unopened is told: once a day, whatever the number."""
    if not rules.unread_hours:
        return
    long_ago = now - timedelta(hours=rules.unread_hours)
    unread = open_offers_of(county, now).filter(seen_at=None, sent_at__lte=long_ago)
    places = unread.order_by().values_list("child__village__parent", "child__school_id").distinct()
    towns = Area.objects.in_bulk([town for town, _school in places if town])
    people: dict[int, User] = {}
    for town, school in places:
        told = coordinators_for(area=towns.get(town, county), organisation_id=school, now=now)
        people |= {user.pk: user for user in told}
    fact = f"{timezone.localdate(now):%Y%m%d}"
    tell(kind=OFFERS_UNREAD.code, recipients=[(of_account(user), None) for user in people.values()], fact=fact, now=now)


def calm_kinds() -> list[str]:
    """Codes of what can wait for the digest."""
    return [kind.code for kind in all_kinds() if kind.urgency == Urgency.CALM]


def send_digests(*, county: Area, now: datetime) -> None:
    """
    One message a day for everybody with news that could wait, were not read since, and stood in no digest yet: so
    nothing falls between two digests, however late the round is. Whoever is told in two counties hears of both in the
    one message of the county whose hour comes first.
    """
    news = _news_of(county, now)
    people = User.objects.filter(pk__in=news, is_active=True).select_related("contact", "helper__township")
    people = people.exclude(contact__wants_digest=False).prefetch_related(
        Prefetch("guardianships", Guardian.objects.order_by("pk").select_related("child__village")),
        Prefetch("memberships", Membership.objects.order_by("-starts_at", "-pk").select_related(*_PLACES)),
    )
    fact = f"{timezone.localdate(now):%Y%m%d}"
    told = (Told(person_of(user), fact=fact, about={"messages": news[user.pk]}) for user in people)
    tell_each(kind=DIGEST.code, told=told, now=now)


def _news_of(county: Area, now: datetime) -> dict[int, list[int]]:
    """Row id of each account with news in a county -> all news of theirs, of wherever: there is one message a day."""
    here = Q(helper__township__code__startswith=county.code) | Q(guardian__child__village__code__startswith=county.code)
    mine = Q(helper=None, guardian=None, account__memberships__area__code__startswith=county.code) | Q(
        helper=None, guardian=None, account__memberships__organisation__area__code__startswith=county.code
    )
    latest = Message.objects.filter(created_at__gt=now - _NEWS_DAYS)
    news = latest.filter(channel=Message.Channel.INBOX, kind__in=calm_kinds(), read_at=None)
    theirs = news.filter(account__in=news.filter(here | mine).values("account"))
    by_account: dict[int, list[int]] = defaultdict(list)
    for account_id, pk in theirs.order_by("pk").values_list("account_id", "pk"):
        by_account[account_id].append(pk)
    digests = latest.filter(kind=DIGEST.code, account__in=by_account).values_list("about", flat=True)
    told = {pk for about in digests for pk in about.get("messages", ())}
    left = {account: [pk for pk in ids if pk not in told] for account, ids in by_account.items()}
    return {account: ids for account, ids in left.items() if ids}
