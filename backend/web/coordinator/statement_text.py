"""责任书怎么写: the words of each statement, built in or the county's own, with a look before they count."""

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
from backend.roster.access import county_of
from backend.web.shared.forms import PlainForm, posted
from matching.models import StatementKind
from matching.services.statement_texts import (
    LONGEST_BODY,
    LONGEST_TITLE,
    check_statement_text,
    keep_statement_text,
    reset_statement_text,
    statement_preview,
    statement_text_in_use,
)
from matching.services.statement_words import PLACEHOLDERS, Words

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.models import Area


class StatementTextForm(PlainForm):
    title = forms.CharField(label=gettext_lazy("标题"), max_length=LONGEST_TITLE)
    body = forms.CharField(
        label=gettext_lazy("正文"), max_length=LONGEST_BODY, widget=forms.Textarea(attrs={"rows": 22}), strip=False
    )


def statement_text(request: HttpRequest, statement: str) -> HttpResponse:
    """One statement's words: looked at, changed, kept."""
    county, kind = _county(request, statement), statement
    words, own = statement_text_in_use(county, kind)
    form = StatementTextForm(posted(request), initial={"title": words.title, "body": words.body})
    shown = statement_preview(words)
    if request.method == "POST" and form.is_valid():
        # Browsers send line ends as \r\n.
        wanted = Words(form.cleaned_data["title"], form.cleaned_data["body"].replace("\r\n", "\n").strip())
        try:
            if "keep" in request.POST:
                keep_statement_text(county=county, kind=kind, words=wanted, actor=request.user, now=timezone.now())
                messages.success(request, _("已保存，以后打印的责任书这样写。"))
                return redirect("web:statement-text", kind)
            check_statement_text(kind=kind, words=wanted, county=county)
            shown = statement_preview(wanted)
        except DomainError as error:
            form.refuse(error)
    context = {
        "kind": kind,
        "kind_words": StatementKind(kind).label,
        "form": form,
        "shown": shown,
        "own": own,
        "allowed": [f"{{{name}}}" for name in sorted(PLACEHOLDERS[kind])],
    }
    return render(request, "web/coordinator/statement_text.html", context)


def statement_text_reset(request: HttpRequest, statement: str) -> HttpResponse:
    """Back to the built-in words."""
    kind = statement
    reset_statement_text(county=_county(request, kind), kind=kind, actor=request.user)
    messages.success(request, _("已恢复原来的写法。"))
    return redirect("web:statement-text", kind)


def _county(request: HttpRequest, kind: str) -> Area:
    county = county_of(request.reader)  # type: ignore[attr-defined]
    if county is None or kind not in StatementKind.values:
        raise Http404
    return county
