"""One 结对项目: read it, change it, make one of the county's own, switch it off, put it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import Role
from backend.kernel.errors import DomainError
from backend.roster.access import county_of
from backend.web.coordinator.scheme_form import BookForm
from backend.web.coordinator.scheme_words import told
from backend.web.shared.forms import posted, whole_number
from backend.web.shared.sentences import sentence_of
from matching.models import Offer, Pairing, Scheme
from matching.selectors import children_to_solve, schemes_visible_to
from matching.services.renewals import next_scheme
from matching.services.scheme_edits import (
    built_in_book,
    changed_from_preset,
    edit_scheme,
    make_scheme,
    restore_preset,
    switch_scheme,
)
from matching.services.scheme_rules import book_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader


def scheme(request: HttpRequest, scheme_id: str) -> HttpResponse:
    """The rule book in words, whom it touches, and what differs from how it was built in."""
    reader = request.reader  # type: ignore[attr-defined]
    one = _scheme_of(reader, scheme_id)
    context = {
        "scheme": one,
        "book": told(one),
        "is_own": built_in_book(one) is None,
        "changed": changed_from_preset(one),
        "may_renew": next_scheme(one) is not None,
        "may_edit": reader.role == Role.COUNTY_COORDINATOR,
        **_touched(one, reader),
    }
    return render(request, "web/coordinator/scheme.html", context)


def scheme_new(request: HttpRequest) -> HttpResponse:
    """An empty rule book, or a copy of another (`?like=`); POST makes it."""
    reader = request.reader  # type: ignore[attr-defined]
    like = schemes_visible_to(reader).filter(public_id=request.GET.get("like", "")).first()
    book = book_of(like) if like else None
    form = BookForm(posted(request), book, None)
    county = county_of(reader)
    if county is None:
        raise Http404
    if request.method == "POST" and form.is_valid():
        try:
            made = make_scheme(county=county, book=form.book(), actor=request.user, reader=reader, now=timezone.now())
        except DomainError as error:
            form.scheme.refuse(error)
        else:
            messages.success(request, _("已新建“%(name)s”，可以用它匹配了。") % {"name": made.name})
            return redirect("web:scheme", made.public_id)
    return render(request, "web/coordinator/scheme_form.html", {"form": form, "scheme": None})


def scheme_edit(request: HttpRequest, scheme_id: str) -> HttpResponse:
    """The form as the book stands; POST saves it, or says who was quicker."""
    reader = request.reader  # type: ignore[attr-defined]
    one = _scheme_of(reader, scheme_id)
    form = BookForm(posted(request), book_of(one), one.version)
    if request.method == "POST" and form.is_valid():
        try:
            edit_scheme(
                scheme=one,
                book=form.book(),
                version=form.scheme.cleaned_data["version"] or 0,
                actor=request.user,
                reader=reader,
            )
        except DomainError as error:
            form.scheme.refuse(error)
        else:
            messages.success(request, _("已保存。以后的匹配按新规则，已经结对和已发的邀请不变。"))
            return redirect("web:scheme", scheme_id)
    return render(request, "web/coordinator/scheme_form.html", {"form": form, "scheme": one, **_touched(one, reader)})


def scheme_switch(request: HttpRequest, scheme_id: str) -> HttpResponse:
    """On or off."""
    one = _scheme_of(request.reader, scheme_id)  # type: ignore[attr-defined]
    is_on = request.POST.get("on") == "yes"
    try:
        switch_scheme(scheme=one, is_on=is_on, actor=request.user, reader=request.reader)  # type: ignore[attr-defined]
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("已启用。") if is_on else _("已停用：不能再用它匹配，已有的结对照旧。"))
    return redirect("web:scheme", scheme_id)


def scheme_restore(request: HttpRequest, scheme_id: str) -> HttpResponse:
    """What going back to the built-in rules changes; POST does it."""
    reader = request.reader  # type: ignore[attr-defined]
    one = _scheme_of(reader, scheme_id)
    if not changed_from_preset(one):
        return redirect("web:scheme", scheme_id)
    if request.method == "POST":
        try:
            seen = whole_number(request.POST.get("version")) or 0
            restore_preset(scheme=one, version=seen, actor=request.user, reader=reader)
        except DomainError as error:
            messages.warning(request, sentence_of(error))
        else:
            messages.success(request, _("已恢复成系统带来的规则。"))
        return redirect("web:scheme", scheme_id)
    return render(request, "web/coordinator/scheme_restore.html", {"scheme": one, "book": told(one)})


def _scheme_of(reader: Reader, scheme_id: str) -> Scheme:
    one: Scheme | None = schemes_visible_to(reader).filter(public_id=scheme_id).first()
    if one is None:
        raise Http404
    return one


def _touched(one: Scheme, reader: Reader) -> dict[str, Any]:
    """Whom a change touches: children aimed at, pairings that stand, offers that wait."""
    mine = {"slot__rule__scheme": one}
    return {
        "children": children_to_solve(reader, one, one.county, timezone.localdate()).count(),
        "pairings": Pairing.objects.filter(**mine, state__in=("ACTIVE", "SUSPENDED")).count(),
        "offers": Offer.objects.filter(**mine, state=Offer.State.SENT).count(),
    }
