"""A township with something on every page: a matching offered and answered, talks, a home, an event day, messages."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from activities.models import Booking, DayHost, EventDay, Home
from activities.services.event_days import built_in_template, make_event_day
from activities.services.event_groups import divide_groups
from activities.services.event_publishing import publish_day
from activities.services.event_seats import sign_up
from activities.services.event_solves import ask
from activities.services.homes import add_room, book_room, make_home, set_equipment, set_opening_hours
from activities.services.talk_rounds import RoundWants, start_round
from activities.services.talks import TalkWants, make_talk_plan
from backend.accounts.models import Role, User
from backend.demo.build import build_demo
from backend.demo.sizes import SIZES
from backend.roster.access import reader_in_role
from backend.roster.models import Area, Child, Helper, SchoolClass, TeachingPost, WeeklyHours
from backend.roster.services.concerns import raise_concern
from matching.models import MatchingRun, Offer, Proposal, Scheme, StatementKind, Term
from matching.services.offers import accept_offer, decline_offer
from matching.services.proposals import publish_proposal
from matching.services.runs import RunOptions, start_run
from matching.services.statements import make_statements
from tests.scenarios.background import do_background_work

ROLES = (
    Role.COUNTY_COORDINATOR, Role.SCHOOL_COORDINATOR, Role.TEACHER, Role.VILLAGE_DIRECTOR, Role.GUARDIAN,
    Role.AUDITOR, Role.ADMIN,
)  # fmt: skip


def build() -> dict[Role, User]:
    """Fill an empty database through the ordinary services; answers one person of every role that has pages."""
    build_demo(SIZES["township"], seed=1, now=timezone.now(), say=lambda _line: None)
    county = Area.objects.get(kind="COUNTY")
    people = {role: User.objects.filter(memberships__role=role).order_by("pk").first() for role in ROLES}
    people[Role.TEACHER] = _offer_and_answer(county, people[Role.COUNTY_COORDINATOR])
    people[Role.GUARDIAN] = User.objects.filter(guardianships__isnull=False).order_by("pk").first()
    teacher = Helper.objects.get(user=people[Role.TEACHER])
    _talk(teacher, people[Role.COUNTY_COORDINATOR])
    _home(people[Role.COUNTY_COORDINATOR])
    _papers(people, teacher)
    _day(county, teacher, people[Role.COUNTY_COORDINATOR])
    do_background_work()
    return people


def _offer_and_answer(county: Area, actor: User) -> User:
    """A matching, published; one teacher accepts one offer and keeps another open; somebody declines."""
    now = timezone.now()
    reader = reader_in_role(actor, Role.COUNTY_COORDINATOR, now)
    scheme = Scheme.objects.filter(is_active=True).order_by("pk").first()
    run = start_run(scheme=scheme, area=county, options=RunOptions(seconds=20), actor=actor, reader=reader, now=now)
    do_background_work()
    run.refresh_from_db()
    assert run.state == MatchingRun.State.DONE
    publish_proposal(proposal=Proposal.objects.get(run=run), actor=actor, reader=reader, now=timezone.now())
    do_background_work()
    sent = Offer.objects.filter(state="SENT", helper__user__isnull=False).select_related("helper__user").order_by("pk")
    by_teacher: dict[int, list[Offer]] = {}
    for offer in sent.filter(helper__roles__role=Role.TEACHER):
        by_teacher.setdefault(offer.helper_id, []).append(offer)
    mine = max(by_teacher.values(), key=len)
    accept_offer(offer=mine[0], actor=mine[0].helper.user, now=timezone.now())
    others = sent.exclude(helper=mine[0].helper)
    decline_offer(offer=others[0], reason="TOO_FAR", actor=None, now=timezone.now())
    accept_offer(offer=others[1], actor=None, now=timezone.now())
    do_background_work()
    return mine[0].helper.user


def _talk(teacher: Helper, actor: User) -> None:
    one = SchoolClass.objects.filter(pupils__isnull=False).order_by("pk").first()
    TeachingPost.objects.get_or_create(helper=teacher, school_class=one)
    month = (timezone.localdate() + timedelta(days=7)).replace(day=1)
    wants = TalkWants(months=(month.isoformat(),), limits={teacher.pk: 5})
    term = Term.objects.order_by("pk").first()
    make_talk_plan(school_class=one, term=term, wants=wants, actor=actor, now=timezone.now())
    reader = reader_in_role(actor, Role.COUNTY_COORDINATOR, timezone.now())
    start_round(
        area=Area.objects.get(kind="COUNTY"), school=one.school, term=term, wants=RoundWants(months=wants.months),
        actor=actor, reader=reader, now=timezone.now(),
    )  # fmt: skip


def _papers(people: dict[Role, User], teacher: Helper) -> None:
    """A report from the teacher's school, and statements of every kind."""
    now = timezone.now()
    raise_concern(
        situation="ALONE", child=Child.objects.filter(care_links__helper=teacher).first(), actor=people[Role.TEACHER],
        reader=reader_in_role(people[Role.TEACHER], Role.TEACHER, now), now=now,
    )  # fmt: skip
    county = reader_in_role(people[Role.COUNTY_COORDINATOR], Role.COUNTY_COORDINATOR, now)
    for kind in StatementKind.values:
        make_statements(kind=kind, term=Term.objects.order_by("pk").first(), actor=county.user, reader=county, now=now)


def _home(actor: User) -> None:
    now = timezone.now()
    home = make_home(name="石坝村留守儿童之家", kind=Home.Kind.ROOMS, area=Area.objects.filter(kind="VILLAGE").order_by("code")[0],
                     actor=actor, now=now)  # fmt: skip
    room = add_room(home=home, name="阅览室", zone="READING", seats=24, actor=actor)
    set_opening_hours(home=home, hours=dict.fromkeys(range(1, 8), (480, 1080)), actor=actor)
    set_equipment(home=home, name="电话", wanted=4, present=3, actor=actor)
    start = timezone.localtime(now + timedelta(days=1)).replace(hour=15, minute=0, second=0, microsecond=0)
    book_room(room=room, purpose=Booking.Purpose.READING, start_at=start, end_at=start + timedelta(hours=1),
              actor=actor, now=now)  # fmt: skip


def _day(county: Area, teacher: Helper, actor: User) -> None:
    now = timezone.now()
    event = make_event_day(
        template=built_in_template("zhuji"), title="爱心手拉手", date=timezone.localdate() + timedelta(days=5), begin=540,
        end=720, place="", area=county, actor=actor, now=now,
    )  # fmt: skip
    DayHost.objects.create(event=event, key="palace1", helper=teacher)
    # Who is not free on such a weekday is asked last, and would lead nothing.
    weekday = event.date.isoweekday()
    WeeklyHours.objects.update_or_create(
        helper=teacher, weekday=weekday, start_minute=480, defaults={"end_minute": 1080}
    )
    sign_up(event=event, children=Child.objects.order_by("pk")[:52], actor=actor, now=now)
    fresh = EventDay.objects.get(pk=event.pk)
    divide_groups(event=fresh, version=fresh.draft_version, actor=actor, now=now)
    ask(event=EventDay.objects.get(pk=event.pk), kind="PLAN", actor=actor, now=now)
    do_background_work()
    fresh = EventDay.objects.select_related("area").get(pk=event.pk)
    publish_day(event=fresh, version=fresh.draft_version, actor=actor, now=timezone.now())
    make_event_day(template=built_in_template("outing"), title="春游", date=event.date, begin=480, end=1020, place="",
                   area=county, actor=actor, now=now)  # fmt: skip
