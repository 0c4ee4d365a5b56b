"""Runs, and the drafts they made: what waits before anybody is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from backend.accounts.models import Role
from backend.web.coordinator.due_item import Due
from matching.draft_selectors import objections_visible_to, places_to_send
from matching.models import MatchingRun, Objection, Pairing, Proposal
from matching.plain_names import plain_name
from matching.selectors import certificates_visible_to, pairs_visible_to, proposals_visible_to, runs_visible_to
from matching.services.draft_words import draft_name, named_draft
from matching.services.reviews import REVIEWERS

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader

_GREATEST_NEED = 4
_FORGET_AFTER = timedelta(days=3)


def open_places(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001 - one shape for all kinds
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
            "place": worst.place_name, "n": worst.short, "what": plain_name(worst.slot_name),
        }  # fmt: skip
    return Due(
        "open",
        "ring",
        _("%(scheme)s：%(n)s 名四级儿童缺人手") % {"scheme": plain_name(proposal.scheme.name), "n": f"{children:,}"},
        more,
        reverse("web:proposal", args=[proposal.public_id]) + "?tab=open",
        _("看原因"),
    )


def objections(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    """For the county: objections to decide."""
    if reader.role != Role.COUNTY_COORDINATOR:
        return []
    waiting = objections_visible_to(reader).filter(
        state=Objection.State.OPEN, pair__proposal__state=Proposal.State.OPEN
    )
    draft = (
        "pair__proposal__public_id", "pair__proposal__scheme__name", "pair__proposal__number",
        "pair__proposal__run__mode",
    )  # fmt: skip
    counted = waiting.order_by("pair__proposal").values(*draft).annotate(n=Count("pk"))
    return [
        Due(
            "",
            "warn",
            _("%(scheme)s%(draft)s有 %(n)s 对异议，等您定")
            % {
                "scheme": plain_name(row["pair__proposal__scheme__name"]),
                "draft": named_draft(row["pair__proposal__number"], row["pair__proposal__run__mode"]),
                "n": f"{row['n']:,}",
            },
            _("定下来以前，这些对不会发出邀请"),
            reverse("web:reviews", args=[row["pair__proposal__public_id"]]),
            _("去定"),
        )
        for row in counted[:2]
    ]


def to_review(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    """For townships and schools: drafts they have not looked through."""
    if reader.role not in REVIEWERS:
        return []
    mine = Q(reviews__reviewed_by=reader.user)
    drafts = proposals_visible_to(reader).filter(state=Proposal.State.OPEN, published_at=None, run__is_automatic=False)
    return [
        Due(
            "",
            "eye",
            _("%(scheme)s%(draft)s等您审看") % {"scheme": plain_name(draft.scheme.name), "draft": draft_name(draft)},
            _("看看自己辖区的每一对，没有问题就点“看过了”，不合适的提出异议"),
            reverse("web:reviews", args=[draft.public_id]),
            _("去审看"),
        )
        for draft in drafts.exclude(mine).order_by("-created_at", "-pk")[:2]
    ]


def unpublished(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    drafts = (
        proposals_visible_to(reader)
        .filter(state=Proposal.State.OPEN, published_at=None, run__is_automatic=False)
        .order_by("-created_at", "-pk")
    )
    return [
        Due(
            "",
            "proposal",
            _("%(scheme)s%(draft)s算好了，还没发布")
            % {"scheme": plain_name(draft.scheme.name), "draft": draft_name(draft)},
            _("%(area)s·发布以前谁也不会收到消息") % {"area": draft.run.area.name},
            reverse("web:proposal", args=[draft.public_id]),
            _("打开方案"),
        )
        for draft in drafts[:3]
    ]


def half_sent(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    """Drafts of which some waves went out and others did not."""
    begun = proposals_visible_to(reader).filter(state=Proposal.State.OPEN, run__is_automatic=False)
    begun = begun.exclude(published_at=None).order_by("-created_at", "-pk")
    counted = [(draft, places_to_send(reader, draft).count()) for draft in begun[:3]]
    return [
        Due(
            "",
            "proposal",
            _("%(scheme)s%(draft)s还有 %(left)s 个名额没发")
            % {"scheme": plain_name(draft.scheme.name), "draft": draft_name(draft), "left": f"{left:,}"},
            _("先发的几处已经在等答复，其余的还没有人收到消息"),
            reverse("web:publish", args=[draft.public_id]),
            _("接着发"),
        )
        for draft, left in counted
        if left
    ]


def finished_runs(reader: Reader, now: datetime) -> list[Due]:
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
