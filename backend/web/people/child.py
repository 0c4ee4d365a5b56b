"""A child's own page, for everybody who may open one. Opening it is noted, and the page says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.selectors import duties_visible_to
from backend.kernel.errors import DomainError
from backend.roster.access import children_visible_to
from backend.roster.models import Child, Reveal
from backend.roster.presenting import present_file
from backend.roster.services.reveal import note_read, reveal_field
from backend.web.people.child_history import history_of
from backend.web.people.file_words import LABELS, sections_of
from backend.web.shared.forms import PlainForm
from backend.web.shared.frames import frame_of
from backend.web.shared.sentences import sentence_of
from matching.selectors import pairings_visible_to
from matching.services.applications import APPLICANTS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader


class RevealForm(PlainForm):
    """Which field, and why."""

    field = forms.ChoiceField(choices=[(field, field) for field in LABELS])
    reason = forms.CharField(max_length=200, required=False)


def child_of(reader: Reader, public_id: str) -> Child:
    """The child with everything its page reads, or 404 where it is not the reader's to see."""
    visible = children_visible_to(reader).select_related("village__parent", "school", "school_class")
    found = visible.prefetch_related("guardians__ratings", "assessments").filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def child(request: HttpRequest, child_id: str) -> HttpResponse:
    """The file in the form the matrix gives this reader."""
    reader = request.reader  # type: ignore[attr-defined]
    return _page(request, reader, child_of(reader, child_id))


def child_reveal(request: HttpRequest, child_id: str) -> HttpResponse:
    """Open one field with a reason; it stays open for a quarter of an hour."""
    reader = request.reader  # type: ignore[attr-defined]
    one = child_of(reader, child_id)
    form = RevealForm(request.POST)
    if not form.is_valid():
        raise Http404
    field, reason = form.cleaned_data["field"], form.cleaned_data["reason"]
    try:
        reveal_field(reader=reader, child=one, field=field, reason=reason, now=timezone.now())
    except DomainError as error:
        return _page(request, reader, one, refused=(field, sentence_of(error), reason))
    messages.success(request, _("“%(field)s”打开 15 分钟，已记下是您看的。") % {"field": LABELS[field]})
    return redirect("web:child", child_id)


def _page(
    request: HttpRequest, reader: Reader, one: Child, *, refused: tuple[str, str, str] | None = None
) -> HttpResponse:
    now = timezone.now()
    note_read(reader=reader, child=one)
    shown = present_file(reader, one, now=now)
    context: dict[str, Any] = {
        "child_id": one.public_id,
        "name": shown.values.get("name") or _("这个孩子"),
        "shown": shown,
        "sections": sections_of(shown),
        "open_until": _open_until(reader, one, now),
        "refused_field": refused[0] if refused else "",
        "refused_why": refused[1] if refused else "",
        "refused_reason": refused[2] if refused else "",
    }
    if reader.is_coordinator:
        context |= {"child": one, "history": history_of(reader, one), **_people_around(reader, one)}
    context["may_apply"] = reader.role in APPLICANTS and one.state == Child.State.ACTIVE
    template = "web/people/child_phone.html" if frame_of(request)["is_phone"] else "web/people/child.html"
    if reader.is_helper:
        mine = pairings_visible_to(reader).filter(child=one, state="ACTIVE").exclude(handover_note="")
        context["handed"] = mine.values_list("handover_note", flat=True)
        context["duties"] = duties_visible_to(reader).filter(child=one, state="OPEN").order_by("shown_date", "pk")
    return render(request, template, context, status=400 if refused else 200)


def _open_until(reader: Reader, one: Child, now: Any) -> dict[str, Any]:
    rows = Reveal.objects.filter(user=reader.user, child=one, ends_at__gt=now).order_by("ends_at")
    return dict(rows.values_list("field", "ends_at"))


def _people_around(reader: Reader, one: Child) -> dict[str, Any]:
    return {
        "pairings": pairings_visible_to(reader).filter(child=one).exclude(state="ENDED").order_by("started_at", "pk"),
        "lower": one.pending_assessments.filter(state="WAITING", level_before=one.heart_level or 0)
        .select_related("asked_by", "second")
        .first(),
        "consents": one.consents.order_by("-given_date", "-pk"),
        "wishes": one.wishes.select_related("helper").order_by("helper__name_sort", "pk"),
        "exclusions": one.exclusions.select_related("helper").order_by("helper__name_sort", "pk"),
    }
