"""A lower heart level, asked for by one coordinator: the named second one says yes or no here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.services.assessments import confirm_lower, refuse_lower, waiting_for
from backend.roster.services.reveal import note_read
from backend.web.people.file_words import ASPECTS
from backend.web.shared.forms import PlainForm, posted

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class AnswerForm(PlainForm):
    """Yes, or no with the reason."""

    answer = forms.ChoiceField(choices=[("yes", ""), ("no", "")], widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=gettext_lazy("为什么不同意"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


def child_lower(request: HttpRequest, child_id: str, pending_id: str) -> HttpResponse:
    """What is asked, by whom and why; GET shows, POST answers. For the named second person only."""
    reader, now = request.reader, timezone.now()  # type: ignore[attr-defined]
    pending = waiting_for(reader).filter(public_id=pending_id, child__public_id=child_id).first()
    if pending is None:
        raise Http404
    form = AnswerForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["answer"] == "yes":
                confirm_lower(pending=pending, actor=request.user, reader=reader, now=now)
                said = _("已确认，新的心级从现在起算。")
            else:
                why = form.cleaned_data["reason"]
                refuse_lower(pending=pending, actor=request.user, reader=reader, reason=why, now=now)
                said = _("已记下您不同意，原来的心级不变。")
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, said)
            return redirect("web:child", child_id)
    note_read(reader=reader, child=pending.child)
    aspects = [(ASPECTS[name], score) for name, score in pending.aspects.items()]
    context = {"pending": pending, "child": pending.child, "aspects": aspects, "form": form}
    return render(request, "web/coordinator/child_lower.html", context)
