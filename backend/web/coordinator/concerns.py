"""强制报告 at a desk: what was reported from one's places, taking it up, and writing down what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Case, When
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.access import children_visible_to, helpers_visible_to
from backend.roster.models import Concern
from backend.roster.services.concerns import (
    LONGEST_NOTE,
    close_concern,
    concerns_visible_to,
    note_concern,
    read_concern,
    rung_at,
    take_concern,
)
from backend.web.shared.child_names import names_for
from backend.web.shared.forms import PlainForm
from backend.web.shared.listing import page_of, render_list, select_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader

BADGES = {"OPEN": "OPEN", "TAKEN": "SENT", "CLOSED": "DONE"}
# Nobody has it; somebody has; done.
_NEXT = Case(When(state="OPEN", then=0), When(state="TAKEN", then=1), default=2)


class NoteForm(PlainForm):
    note = forms.CharField(
        label=gettext_lazy("做了什么、报了谁"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "例如：几点报了哪个派出所、民政和教育谁知道、孩子现在在哪里、谁陪着。只有处理的人看得到。"
        ),
    )


def concerns(request: HttpRequest) -> HttpResponse:
    """Those nobody has first, then the latest."""
    reader = request.reader  # type: ignore[attr-defined]
    visible = concerns_visible_to(reader)
    select = select_of(request, "state", _("状态"), Concern.State.choices)
    rows = visible.filter(state=select.value) if select.value else visible
    page = page_of(request, rows.order_by(_NEXT, "-raised_at", "-pk"))
    dress(reader, page.object_list)
    context = {
        "page": page,
        "selects": [select],
        "q": None,
        "is_filtered": bool(select.value),
        "waiting": visible.filter(state=Concern.State.OPEN).count(),
        "going": visible.filter(state=Concern.State.TAKEN).count(),
    }
    return render_list(request, "coordinator/concerns", context)


def dress(reader: Reader, rows: Iterable[Any]) -> None:
    """Beside each report its badge, how late it is, and the child as this reader may know it."""
    now = timezone.now()
    about = [row.child_id for row in rows if row.child_id]
    mine = list(children_visible_to(reader).filter(pk__in=about).select_related("village", "school", "school_class"))
    names, keys = names_for(reader, mine, now=now), {child.pk: child.public_id for child in mine}
    for row in rows:
        row.badge = BADGES[row.state]
        row.late = rung_at(row, now)
        row.child_name = names.get(row.child_id, "")
        row.child_key = keys.get(row.child_id, "")


def concern(request: HttpRequest, concern_id: str) -> HttpResponse:
    """One report with everything done about it. That it was opened is noted."""
    reader = request.reader  # type: ignore[attr-defined]
    one = _mine(request, concern_id)
    dress(reader, [one])
    reporter = helpers_visible_to(reader).filter(user=one.reporter_id).first() if one.reporter_id else None
    context = {
        "one": one,
        "steps": read_concern(concern=one, actor=request.user),
        "reporter": reporter,
        "form": NoteForm(),
        "is_mine": one.taken_by_id == request.user.pk,
    }
    return render(request, "web/coordinator/concern.html", context)


def concern_take(request: HttpRequest, concern_id: str) -> HttpResponse:
    """I have it and act on it."""
    one = _mine(request, concern_id)
    try:
        take_concern(concern=one, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("记下了：由您处理。做完以后，请在这里写下结果。"))
    return redirect("web:concern", one.public_id)


def concern_note(request: HttpRequest, concern_id: str) -> HttpResponse:
    """A line more in the history, or the result that closes it."""
    one = _mine(request, concern_id)
    is_result = request.POST.get("what") == "close"
    act = close_concern if is_result else note_concern
    try:
        act(concern=one, note=request.POST.get("note", ""), actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("结果记下了。") if is_result else _("记下了。"))
    return redirect("web:concern", one.public_id)


def _mine(request: HttpRequest, concern_id: str) -> Any:
    found = concerns_visible_to(request.reader).filter(public_id=concern_id).first()  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found
