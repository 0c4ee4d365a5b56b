"""Pairings that stand, rest or have ended: whom a child is about to miss, and who comes next."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.roster.access import helpers_visible_to
from backend.web.coordinator.due_item import Due
from matching.draft_selectors import vacancies_visible_to
from matching.models import Pairing, Vacancy
from matching.models.pairings import OPEN_STATES
from matching.plain_names import plain_name
from matching.renewal_selectors import schemes_to_renew
from matching.selectors import pairings_visible_to
from matching.services.pairings import UNCLEARED, long_suspended
from matching.services.proposals import may_publish

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader
    from matching.renewal_selectors import ToRenew

_TERM_ENDS_SOON = timedelta(days=30)


def suggested(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001 - one shape for all kinds
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


def nobody_left(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
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


def uncleared(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
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


def paused_helpers(reader: Reader, now: datetime) -> list[Due]:
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


def to_renew(reader: Reader, now: datetime) -> list[Due]:
    """Pairings whose term is over and were not taken into the next, and, in the last month of a term, what comes."""
    today, found = timezone.localdate(now), schemes_to_renew(reader)
    over = [_unrenewed(one) for one in found if one.is_over(today)]
    ahead = [one for one in found if not one.is_over(today) and one.begins_date <= today + _TERM_ENDS_SOON]
    return over + (_term_ends(ahead) if ahead else [])


def _unrenewed(one: ToRenew) -> Due:
    title = _("%(scheme)s有 %(n)s 对过了学期，还没续") % {
        "scheme": plain_name(one.scheme.name),
        "n": f"{one.pairings:,}",
    }
    if not one.is_ready:
        more = _("新学期的项目停用着，或还没有建好")
        return Due("dec", "clock", title, more, reverse("web:renewals"), _("看还差什么"))
    more = _("先看哪些继续、哪些另请人、哪些结束，再一起办")
    return Due("dec", "clock", title, more, reverse("web:renewal", args=[one.scheme.public_id]), _("去看看"))


def _term_ends(ahead: list[ToRenew]) -> list[Due]:
    facts = {"n": f"{sum(one.pairings for one in ahead):,}", "day": f"{ahead[0].begins_date:%Y-%m-%d}"}
    return [
        Due(
            "",
            "clock",
            _("%(n)s 对结对从 %(day)s 起要续到下学期") % facts,
            _("那天以前没有要按的；核查快到期的可以先补办"),
            reverse("web:renewals"),
            _("看怎么续"),
        )
    ]


def long_pauses(reader: Reader, now: datetime) -> list[Due]:
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
