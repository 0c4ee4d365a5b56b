"""One run: queued, solving, done, failed or cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone

from backend.accounts.models import Role
from backend.kernel.errors import DomainError
from backend.roster.access import children_visible_to
from backend.web.coordinator.draft_compare import short_difference
from backend.web.coordinator.run_goals import goals_of, proof_of, steps_of
from backend.web.coordinator.run_parts import loads_of, news_of, parts_of, total_of
from backend.web.coordinator.run_townships import in_townships
from backend.web.shared.certificate_words import what_parts
from backend.web.shared.listing import page_of, render_list
from backend.web.shared.queue_words import told_ahead
from backend.web.shared.remedy_words import told_remedies, tried_words
from backend.web.shared.sentences import sentence_of
from backend.web.shared.words import LEFT_OUT, level_words
from matching.draft_differences import changed_since_run, draft_before, filled_since_run
from matching.models import MatchingRun, Proposal
from matching.queue_selectors import ahead_of_run
from matching.selectors import certificates_visible_to, runs_visible_to
from matching.services.runs import cancel_run

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader
    from matching.draft_differences import ChangedSince

_SHOWN_CERTIFICATES = 6
_SHOWN_OF_EACH = 3
_SHOWN_MOVES = 8
_BUSY = 2
"""Places from which on somebody carries more than one child."""
_OPEN = (MatchingRun.State.QUEUED, MatchingRun.State.SOLVING)


def run(request: HttpRequest, run_id: str) -> HttpResponse:
    """The run as it stands; while it is open the page asks again every two seconds."""
    reader = request.reader  # type: ignore[attr-defined]
    one = _run_of(reader, run_id)
    context: dict[str, Any] = {
        "run": one,
        "is_open": one.state in _OPEN,
        "schemes": one.schemes,
        "levels": level_words({level for scheme in one.schemes for level in scheme.target_levels}),
        "may_cancel": one.state in _OPEN and reader.role == Role.COUNTY_COORDINATOR,
        "left_out": _left_out(one, reader),
    }
    if request.GET.get("left-out") in LEFT_OUT:
        context |= _left_out_list(request, one, reader)
    context |= _going(one, reader) if one.state in _OPEN else _ended(request, one)
    return render_list(request, "coordinator/run", context)


def run_cancel(request: HttpRequest, run_id: str) -> HttpResponse:
    """Stop it."""
    one = _run_of(request.reader, run_id)  # type: ignore[attr-defined]
    try:
        cancel_run(run=one, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    return redirect("web:run", run_id)


def _run_of(reader: Reader, run_id: str) -> MatchingRun:
    one = runs_visible_to(reader).filter(public_id=run_id).first()
    if one is None:
        raise Http404
    return one


def _left_out(one: MatchingRun, reader: Reader) -> list[tuple[str, Any, int]]:
    """(code, words, how many) of the children of the reader's scope who were not solved."""
    mine = one.left_out.filter(child__in=children_visible_to(reader))
    counts = mine.values_list("reason").annotate(n=Count("pk")).order_by("reason")
    return [(code, LEFT_OUT.get(code, code), n) for code, n in counts]


def _left_out_list(request: HttpRequest, one: MatchingRun, reader: Reader) -> dict[str, Any]:
    code = request.GET["left-out"]
    rows = children_visible_to(reader).filter(pk__in=one.left_out.filter(reason=code).values("child_id"))
    ordered = rows.select_related("village__parent", "school").order_by("name_sort", "pk")
    return {"left_page": page_of(request, ordered), "left_words": LEFT_OUT[code]}


def _going(one: MatchingRun, reader: Reader) -> dict[str, Any]:
    now = timezone.now()
    since = one.started_at or one.created_at
    return {
        "waits": told_ahead(ahead_of_run(one, reader, now)),
        "elapsed": max(0, int((now - since).total_seconds())),
        "steps": steps_of(one),
    }


def _ended(request: HttpRequest, one: MatchingRun) -> dict[str, Any]:
    drafts = list(Proposal.objects.filter(run=one).select_related("scheme", "run").order_by("pk"))
    if not drafts:
        return {}
    since = changed_since_run(drafts)
    parts = parts_of(drafts, since)
    busy = sum(1 for n in loads_of(drafts, since).values() if n >= _BUSY)
    return {
        "proposal": next((draft for draft in drafts if draft.scheme_id == one.scheme_id), drafts[0]),
        "parts": parts,
        "total": total_of(parts),
        "news": news_of(one, drafts),
        "changed_since": len(since),
        "shortages": _shortages(request, drafts, since),
        "goals": goals_of(one, busy),
        "proof": proof_of(one),
        "differences": _differences(request, drafts),
        "targets": [_target(draft, since) for draft in drafts if draft.scheme.target_per_helper],
        "took": sum(value for step, value in one.seconds.items() if not step.startswith("solver.")),
    }


def _differences(request: HttpRequest, drafts: list[Proposal]) -> list[dict[str, Any]]:
    """What each draft gives otherwise than the one before it, in moves; nothing for the first of its scheme."""
    reader = request.reader  # type: ignore[attr-defined]
    before = [(draft, draft_before(reader, draft)) for draft in drafts if draft.state == Proposal.State.OPEN]
    return [short_difference(reader, draft, other, _SHOWN_MOVES) for draft, other in before if other is not None]


def _shortages(request: HttpRequest, drafts: list[Proposal], since: list[ChangedSince]) -> list[dict[str, Any]]:
    """Why places stay open, draft by draft, the worst first; of several drafts the first few of each."""
    reader = request.reader  # type: ignore[attr-defined]
    waiting = Q(pairs__helper=None)
    filled_since = filled_since_run(since)
    rows = (
        certificates_visible_to(reader)
        .filter(proposal__in=drafts)
        .select_related("proposal__scheme")
        .prefetch_related("proposal__scheme__slot_rules")
    )
    counted = rows.annotate(
        open_places=Count("pairs", filter=waiting, distinct=True),
        open_children=Count("pairs__child", filter=waiting, distinct=True),
    )
    by_draft: dict[int, list[Any]] = {draft.pk: [] for draft in drafts}
    for certificate in counted.order_by("-level", "-short", "pk"):
        places, children = filled_since.get(certificate.pk, (0, 0))
        certificate.open_places += places
        certificate.open_children += children
        by_draft[certificate.proposal_id].append(certificate)
    most = _SHOWN_CERTIFICATES if len(drafts) == 1 else _SHOWN_OF_EACH
    found: list[dict[str, Any]] = [
        {"proposal": draft, "count": len(by_draft[draft.pk])} | _shown(request, draft, by_draft[draft.pk], most)
        for draft in drafts
        if by_draft[draft.pk]
    ]
    every = [certificate for part in found for certificate in part["certificates"]]
    cures = told_remedies(every, reader)
    apart = what_parts(every)
    for certificate in every:
        certificate.cures = cures.get(certificate.pk, [])
        certificate.apart = apart.get(certificate.pk, "")
        certificate.tried = tried_words(certificate)
    return found


def _shown(request: HttpRequest, draft: Proposal, certificates: list[Any], most: int) -> dict[str, Any]:
    """The worst few; all of them, township by township where they are many, when that is asked for."""
    if "all" in request.GET:
        return in_townships(draft, certificates, request.GET.get("in", ""))
    return {"certificates": certificates[:most]}


def _target(draft: Proposal, since: list[ChangedSince]) -> dict[str, Any]:
    """How many people have what everybody is meant to have, of those the run gave anybody."""
    own = set(draft.pairs.filter(pk__in=[one.pair for one in since]).values_list("pk", flat=True))
    held = loads_of([draft], [one for one in since if one.pair in own])
    wanted = draft.scheme.target_per_helper or 1
    return {"scheme": draft.scheme, "full": sum(1 for n in held.values() if n >= wanted), "people": len(held)}
