"""续到下学期: what goes on, what changes and what ends is shown; one step does it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.jobs.services import enqueue
from backend.kernel.errors import DomainError
from backend.web.shared.counted import CountedForm
from backend.web.shared.forms import posted
from backend.web.shared.sentences import sentence_of
from backend.web.shared.words import BROKEN, HINT_WORDS
from matching.selectors import schemes_visible_to
from matching.services.plain_reasons import plain_reason
from matching.services.renewals import CHANGED, NOT_RENEWED, plan_renewal, renew, renewal_hints

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from matching.models import Pairing
    from matching.services.renewals import RenewalPlan

# So many are done at once; more go to the background.
_AT_ONCE = 100
_SHOWN = 100


def renewal(request: HttpRequest, scheme_id: str) -> HttpResponse:
    """GET shows and changes nothing; POST renews, in the background where there are many."""
    reader = request.reader  # type: ignore[attr-defined]
    scheme: Any = schemes_visible_to(reader).filter(public_id=scheme_id).first()
    if scheme is None:
        raise Http404
    now = timezone.now()
    try:
        plan = plan_renewal(scheme=scheme, reader=reader, now=now)
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return redirect("web:renewals")
    count = len(plan.keeps) + len(plan.changes) + len(plan.ends)
    form = CountedForm(posted(request), initial={"seen": count}, people=count)
    if request.method == "POST" and count and form.is_valid():
        messages.success(request, _renew(plan, count, scheme.pk, request.user, now))
        return redirect("web:pairings")
    context = {
        "scheme": scheme,
        "new": plan.scheme,
        "plan": plan,
        "count": count,
        "form": form,
        "changes": _grouped(plan.changes, CHANGED),
        "ends": _grouped(plan.ends, NOT_RENEWED),
        "hints": _hinted(plan, now) if request.method == "GET" else [],
        "keeps": plan.keeps[:_SHOWN],
        "more": max(0, len(plan.keeps) - _SHOWN),
    }
    return render(request, "web/coordinator/renewal.html", context)


def _hinted(plan: RenewalPlan, now: Any) -> list[tuple[str, int, list[Pairing]]]:
    """(what speaks against them in words, how many, the first of them) of pairings that go on all the same."""
    by_code: dict[str, list[Pairing]] = {}
    for pairing, codes in renewal_hints(plan, now=now):
        for code in codes:
            by_code.setdefault(code, []).append(pairing)
    words = BROKEN | HINT_WORDS
    rows = [(str(words.get(code, code)), len(found), found[:_SHOWN]) for code, found in by_code.items()]
    return sorted(rows, key=lambda row: -row[1])


def _renew(plan: RenewalPlan, count: int, scheme_id: int, actor: Any, now: Any) -> str:
    if count > _AT_ONCE:
        arguments = {"scheme_id": scheme_id, "user_id": actor.pk}
        enqueue(
            "matching.tasks.renew_pairings",
            queue="work",
            arguments=arguments,
            unique_key=f"renew:{scheme_id}:{actor.pk}",
            now=now,
        )
        return _("正在续 %(n)s 对，几分钟后看这里。可以离开这一页。") % {"n": count}
    done = renew(plan=plan, actor=actor, now=now)
    facts = {"kept": done["kept"], "changed": done["changed"], "ended": done["ended"]}
    return _("续了 %(kept)s 对，%(changed)s 对另找人，%(ended)s 对结束。") % facts


def _grouped(rows: list[tuple[Pairing, str]], kind: str) -> list[tuple[str, int, list[Pairing]]]:
    """(reason in words, how many, the first of them)."""
    counts = Counter(why for _pairing, why in rows)
    return [
        (plain_reason(f"{kind}:{why}"), n, [pairing for pairing, one in rows if one == why][:_SHOWN])
        for why, n in counts.most_common()
    ]
