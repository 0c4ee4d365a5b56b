"""消息怎么写: the words of each kind of message, built in or the county's own, with a preview before they count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from backend.web.shared.words import AUDIENCES
from notifications.county import check_text, keep_text, preview, reset_text, text_in_use
from notifications.kinds import Text, UnknownKind, all_kinds, kind_of
from notifications.models import LANGUAGES, OwnText

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.models import Area
    from notifications.kinds import Kind


class TextForm(PlainForm):
    subject = forms.CharField(label=gettext_lazy("标题"), max_length=80)
    body = forms.CharField(
        label=gettext_lazy("邮件和站内消息"), max_length=2000, widget=forms.Textarea(attrs={"rows": 9})
    )
    short = forms.CharField(
        label=gettext_lazy("短信和群消息"),
        max_length=120,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("别人也可能看到，不写任何人的名字。"),
    )


def county_texts(request: HttpRequest) -> HttpResponse:
    """Every kind, and in which language the county has its own words."""
    county = _county(request)
    own: dict[str, list[str]] = {}
    for row in OwnText.objects.filter(county=county).order_by("language"):
        own.setdefault(row.kind, []).append(row.language)
    rows = [(kind, AUDIENCES[kind.audience], own.get(kind.code, [])) for kind in all_kinds()]
    context = {"rows": rows, "languages": LANGUAGES, "own_count": sum(map(len, own.values()))}
    return render(request, "web/coordinator/county_texts.html", context)


def county_text(request: HttpRequest, code: str, language: str) -> HttpResponse:
    """One text: looked at, previewed, kept."""
    county, kind = _county(request), _kind(code, language)
    text, own = text_in_use(county, kind, language)
    initial = {"subject": text.subject, "body": text.body, "short": text.short}
    form = TextForm(posted(request), initial=initial)
    shown = preview(text)
    if request.method == "POST" and form.is_valid():
        # Browsers send line ends as \r\n; mail and text messages want them plain.
        wanted = Text(**{name: value.replace("\r\n", "\n") for name, value in form.cleaned_data.items()})
        try:
            if "keep" in request.POST:
                keep_text(
                    county=county, kind=kind, language=language, text=wanted, actor=request.user, now=timezone.now()
                )
                messages.success(request, _("已保存，以后的消息这样写。"))
                return redirect("web:county-texts")
            check_text(kind=kind, text=wanted, county=county)
            shown = preview(wanted)
        except DomainError as error:
            form.refuse(error)
    return render(request, "web/coordinator/county_text.html", _context(kind, language, form, shown, own))


def county_text_reset(request: HttpRequest, code: str, language: str) -> HttpResponse:
    """Back to the built-in words."""
    reset_text(county=_county(request), kind=_kind(code, language), language=language, actor=request.user)
    messages.success(request, _("已恢复原来的写法。"))
    return redirect("web:county-texts")


def _context(kind: Kind, language: str, form: TextForm, shown: Text, own: OwnText | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "language": language,
        "language_words": dict(LANGUAGES)[language],
        "form": form,
        "shown": shown,
        "own": own,
        "allowed": [f"{{{name}}}" for name in sorted(kind.allowed())],
    }


def _county(request: HttpRequest) -> Area:
    county = county_of(request.reader)  # type: ignore[attr-defined]
    if county is None:
        raise Http404
    return county


def _kind(code: str, language: str) -> Kind:
    if language not in dict(LANGUAGES):
        raise Http404
    try:
        return kind_of(code)
    except UnknownKind:
        raise Http404 from None
