"""邀请看板: every offer and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, Exists, OuterRef, Q, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.roster.access import organisations_visible_to
from backend.roster.models import Organisation
from backend.web.shared.listing import page_of, render_list, scheme_select, search_of, select_of
from matching.draft_selectors import vacancies_visible_to
from matching.models import Offer, Pairing
from matching.models.pairings import OPEN_STATES
from matching.models.repairs import OPEN_VACANCIES
from matching.plain_names import plain_name
from matching.selectors import offers_visible_to, people_named, proposals_visible_to, schemes_visible_to
from matching.services.draft_words import named_draft
from matching.services.offer_board import ends_soon
from matching.services.proposals import may_publish
from notifications.kinds.offers import ASKING
from notifications.models import Message
from notifications.selectors import offers_not_arrived, undelivered

if TYPE_CHECKING:
    from django.core.paginator import Page
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader

# What a person has to act on comes first.
_TABS: dict[str, tuple[Any, Q]] = {
    "": ("", Q()),
    "accepted": ("ACCEPTED", Q(state="ACCEPTED")),
    "sent": ("SENT", Q(state="SENT", seen_at=None)),
    "seen": ("SEEN", Q(state="SENT", seen_at__isnull=False)),
    "declined": ("DECLINED", Q(state="DECLINED")),
    "lapsed": ("LAPSED", Q(state="LAPSED")),
    "returned": ("BOUNCED", Q(state="SENT", seen_at=None)),
    "withdrawn": ("WITHDRAWN", Q(state="WITHDRAWN")),
}
_OVER = (Offer.State.DECLINED, Offer.State.LAPSED, Offer.State.WITHDRAWN)


def with_returned(offers: QuerySet[Offer]) -> QuerySet[Any]:
    """Each offer with `is_returned`: its message did not arrive."""
    lost = undelivered(Message.objects.filter(offer=OuterRef("pk"), kind__in=ASKING))
    return offers.annotate(is_returned=Exists(lost))


def in_order(offers: QuerySet[Any]) -> QuerySet[Any]:
    """
    What a person has to act on first: not arrived, freed and not yet offered on, waiting, then the settled; the latest
    movement first.
    """
    again = Offer.objects.filter(slot=OuterRef("slot"), state="SENT")
    held = Pairing.objects.filter(slot=OuterRef("slot"), state__in=OPEN_STATES)
    rank = Case(
        When(state="SENT", seen_at=None, is_returned=True, then=0),
        When(Q(state__in=("DECLINED", "LAPSED")) & ~Exists(again) & ~Exists(held), then=1),
        When(state="SENT", then=2),
        When(state="ACCEPTED", then=3),
        default=4,
    )
    return offers.order_by(rank, Coalesce("answered_at", "seen_at", "sent_at").desc(), "pk")


def badge_of(offer: Any) -> str:
    """The state a coordinator acts on: a returned message speaks louder than "waiting"."""
    if offer.state != Offer.State.SENT:
        return str(offer.state)
    if offer.is_returned and offer.seen_at is None:
        return "BOUNCED"
    return "SEEN" if offer.seen_at else "SENT"


def offers(request: HttpRequest) -> HttpResponse:
    """Counts, filters and one page; the latest movement first."""
    reader = request.reader  # type: ignore[attr-defined]
    everything = offers_visible_to(reader)
    filtered, selects, q = _filtered(request, reader, everything)
    tab = _tab(request)
    page = _page(request, _in_tab(filtered, tab))
    context = {
        "page": page,
        "tab": tab,
        "counts": _counts(filtered),
        "keep": ({"tab": tab} if tab else {}) | ({"due": "soon"} if _is_soon(request) else {}),
        "is_soon": _is_soon(request),
        "selects": selects,
        "q": q,
        "is_filtered": bool(q) or _is_soon(request) or any(one.value for one in selects),
        "reasons": _reasons(filtered),
        "waves": _waves(filtered),
        "latest_due": filtered.filter(state="SENT")
        .order_by("-expires_at")
        .values_list("expires_at", flat=True)
        .first(),
        "free": _free_places(reader),
        "may_ask": may_publish(reader),
        "open": _in_tab(filtered, tab).filter(state="SENT", expires_at__gt=timezone.now()).count(),
        "query": request.GET.urlencode(),
        "export_url": f"{reverse('web:offers-export')}?{request.GET.urlencode()}",
    }
    return render_list(request, "coordinator/offers", context)


def listed_offers(request: HttpRequest) -> QuerySet[Offer]:
    """The offers a request's address means: those the board would list, in its order, or `?only=` one of them."""
    reader = request.reader  # type: ignore[attr-defined]
    visible = offers_visible_to(reader)
    if "only" in request.GET:
        visible = visible.filter(public_id=request.GET["only"][:40])
    filtered, _selects, _q = _filtered(request, reader, visible)
    return in_order(with_returned(_in_tab(filtered, _tab(request))))


def _tab(request: HttpRequest) -> str:
    wanted = request.GET.get("tab", "")
    return wanted if wanted in _TABS else ""


def _in_tab(rows: QuerySet[Offer], tab: str) -> QuerySet[Offer]:
    rows = rows.filter(_TABS[tab][1])
    return rows.filter(pk__in=offers_not_arrived()) if tab == "returned" else rows


def _page(request: HttpRequest, rows: QuerySet[Offer]) -> Page[Any]:
    """One page: the ids are put in order first, then only its fifty rows are read in full."""
    page = page_of(request, in_order(with_returned(rows)).values_list("pk", flat=True))
    wanted = list(page.object_list)
    shown = with_returned(rows.filter(pk__in=wanted)).select_related("child__school_class")
    full = {offer.pk: offer for offer in shown}
    page.object_list = [full[pk] for pk in wanted if pk in full]
    freed = _freed(request.reader, [offer.slot_id for offer in page.object_list if offer.state in _OVER])  # type: ignore[attr-defined]
    for offer in page.object_list:
        offer.badge = badge_of(offer)
        offer.vacancy = freed.get(offer.slot_id) if offer.state in _OVER else None
    return page


def _freed(reader: Reader, slot_ids: list[int]) -> dict[int, Any]:
    """Slot's row id -> its place that is free again, with whom the repair suggests for it."""
    rows = vacancies_visible_to(reader).filter(slot_id__in=slot_ids, state__in=OPEN_VACANCIES)
    return {one.slot_id: one for one in rows}


def _free_places(reader: Reader) -> dict[str, int]:
    """Places that became free and are not offered on yet, by how far the repair is."""
    rows = vacancies_visible_to(reader).filter(state__in=OPEN_VACANCIES).order_by()
    return rows.aggregate(
        all=Count("pk"),
        found=Count("pk", filter=Q(state="FOUND")),
        nobody=Count("pk", filter=Q(state="NOBODY")),
        half=Count("pk", filter=Q(is_half=True)),
        people=Count("pair__helper", filter=Q(state="FOUND"), distinct=True),
    )


def _counts(rows: QuerySet[Offer]) -> list[tuple[str, str, int]]:
    counted = rows.order_by().aggregate(
        **{f"n_{key}": Count("pk", filter=q or None) for key, (_state, q) in _TABS.items() if key != "returned"}
    )
    counted["n_returned"] = _in_tab(rows, "returned").count()
    return [(key, state, counted[f"n_{key}"]) for key, (state, _q) in _TABS.items() if key != "withdrawn"]


def _filtered(request: HttpRequest, reader: Reader, rows: QuerySet[Offer]) -> tuple[QuerySet[Offer], list[Any], str]:
    schools = organisations_visible_to(reader).filter(kind=Organisation.Kind.SCHOOL)
    waves = [
        (public_id, _("%(name)s%(draft)s") % {"name": plain_name(scheme), "draft": named_draft(number, mode)})
        for public_id, scheme, number, mode in _drafts_with_offers(reader)[:20]
    ]
    schemes = schemes_visible_to(reader).order_by("-term__start_date", "pk")
    selects = [
        select_of(request, "township", _("乡镇"), reader.townships),
        select_of(request, "school", _("学校"), schools.order_by("name", "pk").values_list("public_id", "name")),
        scheme_select(request, schemes),
        select_of(request, "proposal", _("方案"), waves),
        select_of(request, "reason", _("谢绝的原因"), Offer.DeclineReason.choices),
    ]
    columns = (
        "child__village__parent__public_id", "child__school__public_id", "slot__rule__scheme__public_id",
        "proposal__public_id", "decline_reason",
    )  # fmt: skip
    for select, column in zip(selects, columns, strict=True):
        if select.value:
            rows = rows.filter(**{column: select.value})
    if _is_soon(request):
        rows = rows.filter(ends_soon(timezone.now()))
    q = search_of(request)
    if q:
        rows = rows.filter(people_named(q))
    return rows, selects, q


def _is_soon(request: HttpRequest) -> bool:
    """Only those that end within two days: the page of today leads here so."""
    return request.GET.get("due") == "soon"


def _drafts_with_offers(reader: Reader) -> QuerySet[Any, Any]:
    """(public id, scheme, number, mode), the latest first. One look for an offer each: joining them costs a second."""
    drafts = proposals_visible_to(reader).filter(Exists(Offer.objects.filter(proposal=OuterRef("pk"))))
    return drafts.order_by("-created_at", "-pk").values_list("public_id", "scheme__name", "number", "run__mode")


def _reasons(rows: QuerySet[Offer]) -> list[tuple[str, int, int]]:
    """(words, how many, of the most) of each reason for declining."""
    counted = rows.filter(state="DECLINED").order_by().values_list("decline_reason").annotate(n=Count("pk"))
    words = dict(Offer.DeclineReason.choices)
    found = sorted(((str(words.get(code, _("没有写"))), n) for code, n in counted), key=lambda row: -row[1])
    most = max((n for _words, n in found), default=1)
    return [(words_, n, most - n) for words_, n in found]


def _waves(rows: QuerySet[Offer]) -> list[dict[str, Any]]:
    """The latest waves: when, how many, and what became of them."""
    counted = (
        rows.order_by()
        .values("sent_at", "proposal__number", "proposal__scheme__name", "proposal__run__mode")
        .annotate(
            n=Count("pk"),
            accepted=Count("pk", filter=Q(state="ACCEPTED")),
            waiting=Count("pk", filter=Q(state="SENT")),
        )
        .order_by("-sent_at")[:4]
    )
    return [
        row
        | {
            "over": row["n"] - row["accepted"] - row["waiting"],
            "draft": named_draft(row["proposal__number"], row["proposal__run__mode"]),
        }
        for row in counted
    ]
