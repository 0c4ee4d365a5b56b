"""The things that wait for a coordinator. One function per kind, listed by harm to a child."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import Role
from backend.roster.access import helpers_visible_to
from backend.roster.models import Clearance, ImportBatch
from backend.roster.selectors import CHECK_ENDS_SOON
from backend.roster.services.assessments import waiting_for
from backend.web.coordinator.due_concerns import concerns_due
from backend.web.coordinator.due_first import never_matched, not_assessed
from backend.web.coordinator.due_item import Due
from matching.draft_selectors import objections_visible_to, open_questions, places_to_send, vacancies_visible_to
from matching.models import MatchingRun, Objection, Pairing, Proposal, Vacancy
from matching.models.pairings import OPEN_STATES
from matching.selectors import (
    applications_visible_to,
    certificates_visible_to,
    offers_visible_to,
    pairings_visible_to,
    pairs_visible_to,
    proposals_visible_to,
    runs_visible_to,
    schemes_visible_to,
)
from matching.services.offer_board import ends_soon
from matching.services.pairings import UNCLEARED, long_suspended
from matching.services.proposals import may_publish
from matching.services.renewals import next_scheme
from matching.services.reviews import REVIEWERS
from notifications.kinds.offers import ASKING
from notifications.selectors import messages_visible_to, undelivered

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from backend.roster.access import Reader

_GREATEST_NEED = 4
_FORGET_AFTER = timedelta(days=3)
_LOST_LATELY = timedelta(days=7)


def due_for(reader: Reader, now: datetime) -> list[Due]:
    """Everything that waits for the reader, the most harmful first."""
    found = (kind(reader, now) for kind in _KINDS)
    return [item for items in found for item in items]


def _open_places(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001 - one shape for all kinds
    latest: dict[int, Proposal] = {}
    drafts = proposals_visible_to(reader).exclude(state=Proposal.State.SUPERSEDED).filter(run__is_automatic=False)
    for proposal in drafts.order_by("created_at", "pk"):
        latest[proposal.scheme_id] = proposal
    items = []
    for proposal in latest.values():
        held = Pairing.objects.filter(state__in=("ACTIVE", "SUSPENDED"), slot__rule__scheme_id=proposal.scheme_id)
        free = pairs_visible_to(reader).filter(proposal=proposal, helper=None, child__need_level=_GREATEST_NEED)
        free = free.exclude(slot__in=held.values("slot"))
        children = free.order_by().values("child_id").distinct().count()
        if children:
            items.append(_open_item(proposal, children, reader))
    return items


def _open_item(proposal: Proposal, children: int, reader: Reader) -> Due:
    certificates = certificates_visible_to(reader).filter(proposal=proposal)
    worst = certificates.order_by("-short", "pk").first()
    more = _("%(n)s 处人手不够。") % {"n": f"{certificates.count():,}"}
    if worst is not None:
        more += _("最急：%(place)s缺 %(n)s 个%(what)s名额") % {
            "place": worst.place_name, "n": worst.short, "what": worst.slot_name,
        }  # fmt: skip
    return Due(
        "open",
        "ring",
        _("%(scheme)s：%(n)s 名四级儿童缺人手") % {"scheme": proposal.scheme.name, "n": f"{children:,}"},
        more,
        reverse("web:proposal", args=[proposal.public_id]) + "?tab=open",
        _("看原因"),
    )


def _unpublished(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    drafts = (
        proposals_visible_to(reader)
        .filter(state=Proposal.State.OPEN, published_at=None, run__is_automatic=False)
        .order_by("-created_at", "-pk")
    )
    return [
        Due(
            "",
            "proposal",
            _("%(scheme)s第 %(n)s 稿算好了，还没发布") % {"scheme": draft.scheme.name, "n": draft.number},
            _("%(area)s·发布以前谁也不会收到消息") % {"area": draft.run.area.name},
            reverse("web:proposal", args=[draft.public_id]),
            _("打开方案"),
        )
        for draft in drafts[:3]
    ]


def _half_sent(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    """Drafts of which some waves went out and others did not."""
    begun = proposals_visible_to(reader).filter(state=Proposal.State.OPEN, run__is_automatic=False)
    begun = begun.exclude(published_at=None).order_by("-created_at", "-pk")
    counted = [(draft, places_to_send(reader, draft).count()) for draft in begun[:3]]
    return [
        Due(
            "",
            "proposal",
            _("%(scheme)s第 %(n)s 稿还有 %(left)s 个名额没发")
            % {"scheme": draft.scheme.name, "n": draft.number, "left": f"{left:,}"},
            _("先发的几处已经在等答复，其余的还没有人收到消息"),
            reverse("web:publish", args=[draft.public_id]),
            _("接着发"),
        )
        for draft, left in counted
        if left
    ]


def _suggested(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    """People found for freed places, asked by one click."""
    found = vacancies_visible_to(reader).filter(state=Vacancy.State.FOUND).order_by()
    counts = found.aggregate(
        n=Count("pk"), people=Count("pair__helper", distinct=True), half=Count("pk", filter=Q(is_half=True))
    )
    if not counts["n"]:
        return []
    names = list(dict.fromkeys(found.order_by("pk").values_list("pair__helper__name", flat=True)[:20]))[:3]
    who = _("、").join(names) + (_("等") if counts["people"] > len(names) else "")
    if counts["half"]:
        who += "·" + _("其中只到一半的 %(half)s 个") % {"half": counts["half"]}
    may = may_publish(reader)
    return [
        Due(
            "dec",
            "half",
            _("%(n)s 个空出来的名额有了新的人选") % {"n": f"{counts['n']:,}"},
            _("%(who)s。已经结对的都不动") % {"who": who},
            reverse("web:repair-accept-all") if may else reverse("web:repairs") + "?tab=found",
            _("改请 %(n)s 人") % {"n": f"{counts['people']:,}"} if may else _("看人选"),
            is_post=may,
            look_url=reverse("web:repairs") + "?tab=found",
        )
    ]


def _nobody_left(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    left = vacancies_visible_to(reader).filter(state=Vacancy.State.NOBODY).order_by()
    counts = left.aggregate(n=Count("pk"), half=Count("pk", filter=Q(is_half=True)))
    if not counts["n"]:
        return []
    return [
        Due(
            "dec",
            "cross",
            _("%(n)s 个空出来的名额没有别人了") % {"n": f"{counts['n']:,}"},
            _("其中 %(half)s 个孩子只到一半。每个都写明了缺什么") % {"half": counts["half"]},
            reverse("web:repairs") + "?tab=nobody",
            _("看原因"),
        )
    ]


def _long_pauses(reader: Reader, now: datetime) -> list[Due]:
    resting = long_suspended(now).filter(pk__in=pairings_visible_to(reader).order_by().values("pk")).count()
    if not resting:
        return []
    return [
        Due(
            "",
            "clock",
            _("%(n)s 对结对暂停了一个月以上") % {"n": f"{resting:,}"},
            _("没有说哪天恢复。恢复，或结束了另请人"),
            reverse("web:pairings") + "?state=SUSPENDED",
            _("看是哪些"),
        )
    ]


def _to_review(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    """For townships and schools: drafts they have not looked through."""
    if reader.role not in REVIEWERS:
        return []
    mine = Q(reviews__reviewed_by=reader.user)
    drafts = proposals_visible_to(reader).filter(state=Proposal.State.OPEN, published_at=None, run__is_automatic=False)
    return [
        Due(
            "",
            "eye",
            _("%(scheme)s第 %(n)s 稿等您审看") % {"scheme": draft.scheme.name, "n": draft.number},
            _("看看自己辖区的每一对，没有问题就点“看过了”，不合适的提出异议"),
            reverse("web:reviews", args=[draft.public_id]),
            _("去审看"),
        )
        for draft in drafts.exclude(mine).order_by("-created_at", "-pk")[:2]
    ]


def _objections(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    """For the county: objections to decide."""
    if reader.role != Role.COUNTY_COORDINATOR:
        return []
    waiting = objections_visible_to(reader).filter(
        state=Objection.State.OPEN, pair__proposal__state=Proposal.State.OPEN
    )
    draft = ("pair__proposal__public_id", "pair__proposal__scheme__name", "pair__proposal__number")
    counted = waiting.order_by("pair__proposal").values(*draft).annotate(n=Count("pk"))
    return [
        Due(
            "",
            "warn",
            _("%(scheme)s第 %(number)s 稿有 %(n)s 对异议，等您定")
            % {
                "scheme": row["pair__proposal__scheme__name"],
                "number": row["pair__proposal__number"],
                "n": f"{row['n']:,}",
            },
            _("定下来以前，这些对不会发出邀请"),
            reverse("web:reviews", args=[row["pair__proposal__public_id"]]),
            _("去定"),
        )
        for row in counted[:2]
    ]


def _clearances(reader: Reader, now: datetime) -> list[Due]:
    day = timezone.localdate(now)
    busy = pairings_visible_to(reader).exclude(state="ENDED").order_by().values("helper_id")
    helpers = helpers_visible_to(reader).filter(pk__in=busy).order_by()
    rows = Clearance.objects.filter(helper__in=helpers.values("pk"), confirmed_at__isnull=False, result="CLEAR")
    latest: dict[int, Any] = {}
    for helper_id, expires in rows.values_list("helper_id", "expires_date"):
        latest[helper_id] = max(expires, latest.get(helper_id, expires))
    left = [(expires - day).days for expires in latest.values() if expires >= day]  # what has ended is said apart
    soon = sum(1 for days in left if days <= 7)  # noqa: PLR2004 - a week
    month = sum(1 for days in left if days <= 30)  # noqa: PLR2004
    two = sum(1 for days in left if days <= CHECK_ENDS_SOON.days)
    if not two:
        return []
    ends_today = sum(1 for days in left if days == 0)
    return [
        Due(
            "dec" if soon else "",
            "shield",
            _("%(n)s 位带着孩子的人，背景核查 60 天内到期") % {"n": two},
            _("30 天内 %(month)s 位，7 天内 %(soon)s 位。到期要暂停结对") % {"month": month, "soon": soon},
            reverse("web:clearances") + "?tab=ending&busy=yes",
            _("看名单"),
            hurry=_("今天到期 %(n)s 位") % {"n": ends_today} if ends_today else "",
            is_today=bool(ends_today),
        )
    ]


def _unconfirmed(reader: Reader, now: datetime) -> list[Due]:
    rows = Clearance.objects.filter(
        helper__in=helpers_visible_to(reader).order_by().values("pk"),
        confirmed_at=None,
        result="CLEAR",
        expires_date__gte=timezone.localdate(now),
    )
    mine = rows.filter(recorded_by=reader.user).count()
    waiting = rows.count()
    if not waiting:
        return []
    return [
        Due(
            "",
            "shield",
            _("%(n)s 份背景核查等第二个人确认") % {"n": f"{waiting:,}"},
            _("没确认的不算数，这些人不能结对。其中 %(mine)s 份是您登记的，要别人来确认") % {"mine": mine},
            reverse("web:clearances"),
            _("去确认"),
        )
    ]


def _lowered(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    return [
        Due(
            "",
            "change",
            _("%(name)s的心级要下调，等您确认") % {"name": row.child.name},
            _("%(who)s请您做第二个人。您同意以前，原来的心级照算") % {"who": row.asked_by.display_name},
            reverse("web:child-lower", args=[row.child.public_id, row.public_id]),
            _("去看看"),
        )
        for row in waiting_for(reader).order_by("asked_at", "pk")[:5]
    ]


def _applications(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    """Applications a county's coordinator may still check: neither made by them nor checked by them already."""
    if reader.role != Role.COUNTY_COORDINATOR:
        return []
    waiting = applications_visible_to(reader).filter(state="APPLIED").exclude(applied_by=reader.user)
    count = waiting.exclude(checks__checked_by=reader.user).order_by().distinct().count()
    if not count:
        return []
    return [
        Due(
            "",
            "paper",
            _("%(n)s 份日常监护申请等核查") % {"n": count},
            _("志愿者协会和教育局各查一次，由两个人查"),
            reverse("web:applications"),
            _("去核查"),
        )
    ]


def _lapsing(reader: Reader, now: datetime) -> list[Due]:
    soon = offers_visible_to(reader).filter(ends_soon(now))
    counts = soon.order_by().aggregate(n=Count("pk"), seen=Count("pk", filter=Q(seen_at__isnull=False)))
    if not counts["n"]:
        return []
    people = soon.order_by().annotate(adult=Coalesce("leader_id", "helper_id")).values("adult").distinct().count()
    ends = [expires for (expires,) in soon.order_by("expires_at").values_list("expires_at")[:1]]
    is_today = bool(ends) and timezone.localdate(ends[0]) == timezone.localdate(now)
    return [
        Due(
            "sent",
            "clock",
            _("%(n)s 个邀请 48 小时内截止，还没答复") % {"n": f"{counts['n']:,}"},
            _("其中 %(seen)s 个已看未答，%(unseen)s 个没打开过")
            % {"seen": counts["seen"], "unseen": counts["n"] - counts["seen"]},
            reverse("web:offers-many", args=["remind"]) + "?due=soon",
            _("提醒 %(n)s 人…") % {"n": f"{people:,}"},
            is_today=is_today,
            look_url=reverse("web:offers") + "?due=soon",
        )
    ]


def _imports(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    waiting = ImportBatch.objects.filter(state=ImportBatch.State.READY, uploaded_by=reader.user).order_by("-created_at")
    return [
        Due(
            "",
            "sheet",
            _("名单“%(name)s”等您确认导入") % {"name": batch.file_name},
            _("%(wrong)s 行有错·还没有写入任何内容")
            % {"wrong": batch.counts.get("WRONG", batch.counts.get("wrong", 0))},
            reverse("web:import", args=[batch.public_id]),
            _("去预览"),
        )
        for batch in waiting[:3]
    ]


def _to_renew(reader: Reader, now: datetime) -> list[Due]:
    """Pairings whose term is over and whose scheme goes on in this term."""
    today = timezone.localdate(now)
    old = pairings_visible_to(reader).filter(state__in=OPEN_STATES, slot__rule__scheme__term__end_date__lt=today)
    counted = old.order_by().values("slot__rule__scheme").annotate(n=Count("pk"))
    counts = {row["slot__rule__scheme"]: row["n"] for row in counted}
    schemes = schemes_visible_to(reader).filter(pk__in=counts).order_by("pk")
    return [
        Due(
            "dec",
            "clock",
            _("%(scheme)s有 %(n)s 对过了学期，还没续") % {"scheme": scheme.name, "n": f"{counts[scheme.pk]:,}"},
            _("先看哪些继续、哪些另请人、哪些结束，再一起办"),
            reverse("web:renewal", args=[scheme.public_id]),
            _("去看看"),
        )
        for scheme in schemes
        if next_scheme(scheme) is not None
    ]


def _uncleared(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    """Helpers whose background check has run out: their children wait until it is renewed or somebody else is found."""
    resting = pairings_visible_to(reader).filter(state=Pairing.State.SUSPENDED, suspend_reason=UNCLEARED)
    adults = resting.order_by().annotate(adult=Coalesce("leader__public_id", "helper__public_id"))
    names = adults.annotate(adult_name=Coalesce("leader__name", "helper__name")).values("adult", "adult_name")
    return [
        Due(
            "dec",
            "shield",
            _("%(name)s的核查到期，%(n)s 对暂停了") % {"name": row["adult_name"], "n": row["n"]},
            _("补办了自动恢复；补办不了的，一步另找人"),
            reverse("web:helper-release", args=[row["adult"]]),
            _("看是哪些"),
        )
        for row in names.annotate(n=Count("pk")).order_by("-n", "adult_name", "adult")[:5]
    ]


def _questions(reader: Reader, now: datetime) -> list[Due]:
    """What people ask before they answer, oldest first: whoever waits for an answer does not say yes."""
    waiting = open_questions(reader).filter(offer__state="SENT", offer__expires_at__gt=now)
    return [
        Due(
            "sent",
            "info",
            _("%(name)s问了一个问题，等您回答") % {"name": one.offer.asked.name},
            one.text,
            reverse("web:offer", args=[one.offer.public_id]),
            _("去回答"),
        )
        for one in waiting[:5]
    ]


def _paused_helpers(reader: Reader, now: datetime) -> list[Due]:
    """Helpers on leave, or going on leave within a week, who look after children nobody stands in for."""
    soon = timezone.localdate(now) + timedelta(days=7)
    away = helpers_visible_to(reader).filter(paused_from_date__lte=soon, paused_until_date__gte=timezone.localdate(now))
    busy = pairings_visible_to(reader).filter(state__in=OPEN_STATES, stand_in=None)
    rows = away.filter(pk__in=busy.order_by().values("helper_id"))
    return [
        Due(
            "",
            "clock",
            _("%(name)s请了假，%(from)s 至 %(until)s")
            % {
                "name": one.name,
                "from": f"{one.paused_from_date:%Y-%m-%d}",
                "until": f"{one.paused_until_date:%Y-%m-%d}",
            },
            _("带着的孩子先暂停，到期自动恢复。要有人看的，安排替班"),
            reverse("web:helper", args=[one.public_id]),
            _("看是哪些"),
        )
        for one in rows.order_by("paused_from_date", "pk")[:5]
    ]


def _lost_messages(reader: Reader, now: datetime) -> list[Due]:
    lost = undelivered(messages_visible_to(reader))
    matters = Q(offer__state="SENT") | ~Q(kind__in=ASKING) & Q(created_at__gt=now - _LOST_LATELY)
    people = lost.filter(matters).order_by().values("helper_id", "guardian_id", "account_id").distinct().count()
    if not people:
        return []
    return [
        Due(
            "",
            "return",
            _("%(n)s 个人没有收到消息") % {"n": f"{people:,}"},
            _("退回或一天没送到。可以重发、打印二维码，或打电话代为答复"),
            reverse("web:messages") + "?state=lost",
            _("看是谁"),
        )
    ]


def _finished_runs(reader: Reader, now: datetime) -> list[Due]:
    failed = runs_visible_to(reader).filter(
        state=MatchingRun.State.FAILED, requested_by=reader.user, finished_at__gte=now - _FORGET_AFTER
    )
    return [
        Due(
            "dec",
            "run",
            _("一次匹配没有结果"),
            run.problem,
            reverse("web:run", args=[run.public_id]),
            _("看原因"),
        )
        for run in failed.order_by("-finished_at")[:2]
    ]


_KINDS: tuple[Callable[[Reader, datetime], list[Due]], ...] = (
    concerns_due,
    never_matched,
    _open_places,
    _questions,
    _suggested,
    _nobody_left,
    _uncleared,
    _lapsing,
    _paused_helpers,
    _to_renew,
    _clearances,
    _objections,
    _to_review,
    _long_pauses,
    _unpublished,
    _half_sent,
    _finished_runs,
    _lowered,
    _applications,
    _unconfirmed,
    _imports,
    _lost_messages,
    not_assessed,
)
