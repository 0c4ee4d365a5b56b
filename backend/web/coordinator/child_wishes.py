"""意愿和回避: whom a child's family or a helper asked for, and who is not to be paired with the child."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Case, Q, When
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.models import Exclusion, PairWish
from backend.roster.services.pair_wishes import exclude_pair, lift_exclusion, wish_for_pair, withdraw_wish
from backend.roster.services.reveal import note_read
from backend.web.coordinator.helpers import filtered_helpers
from backend.web.people.child import child_of
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.listing import search_of
from backend.web.shared.sentences import sentence_of
from matching.selectors import pairing_of_two

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from backend.roster.models import Child, Helper

_SHOWN = 30
_WISHES = [
    (PairWish.AskedBy.GUARDIAN.value, gettext_lazy("监护人希望由他来帮")),
    (PairWish.AskedBy.CHILD.value, gettext_lazy("孩子希望由他来帮")),
    (PairWish.AskedBy.HELPER.value, gettext_lazy("他自己希望帮这个孩子")),
]
# That somebody declined is written down by the offer itself.
_EXCLUSIONS = [
    (Exclusion.Reason.KIN.value, gettext_lazy("不要配：是亲属，正在当监护人")),
    (Exclusion.Reason.ASKED_NOT_TO.value, gettext_lazy("不要配：有一方提出来")),
]


class WordForm(PlainForm):
    """One helper and what is said of them and the child."""

    helper = forms.ChoiceField(label=gettext_lazy("哪一位"), widget=forms.RadioSelect)
    said = forms.ChoiceField(label=gettext_lazy("怎么说的"), choices=[*_WISHES, *_EXCLUSIONS], widget=forms.RadioSelect)

    def __init__(self, *args: Any, found: list[Helper], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found = {one.public_id: one for one in found}
        self.fields["helper"].choices = [(one.public_id, _called(one)) for one in found]  # type: ignore[attr-defined]

    def write_down(self, child: Child, actor: Any) -> str:
        """Keep it, and say what follows from it."""
        helper, said = self.found[self.cleaned_data["helper"]], self.cleaned_data["said"]
        if said in dict(_WISHES):
            wish_for_pair(child=child, helper=helper, asked_by=said, actor=actor)
            return _("记下了，下一次匹配会加分。")
        exclude_pair(child=child, helper=helper, reason=said, actor=actor)
        if pairing_of_two(child, helper):
            return _("记下了，不会再配到一起。两人现在还在结对，要结束请到那一对的页面。")
        return _("记下了，两人不会再配到一起；正在等答复的邀请会撤回。")


def _called(helper: Helper) -> str:
    place = helper.unit or helper.township
    return _("%(name)s（%(place)s）") % {"name": helper.name, "place": place.name}


def child_wishes(request: HttpRequest, child_id: str) -> HttpResponse:
    """Both lists and a form for one more."""
    reader = request.reader  # type: ignore[attr-defined]
    one, q = child_of(reader, child_id), search_of(request)
    people = _people(request, q)
    form = WordForm(posted(request), found=list(people[:_SHOWN]))
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, form.write_down(one, request.user))
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("web:child-wishes", child_id)
    note_read(reader=reader, child=one)
    context = {
        "child": one, "form": form, "q": q, "count": people.count(), "shown": _SHOWN,
        "wishes": _listed(one.wishes), "exclusions": _listed(one.exclusions),
    }  # fmt: skip
    return render(request, "web/coordinator/child_wishes.html", context)


def _people(request: HttpRequest, q: str) -> Any:
    rows = filtered_helpers(request.reader, {"state": "ACTIVE"})  # type: ignore[attr-defined]
    named = Q(name_search__contains=q.lower())
    found = rows.filter(named | Q(unit__name__contains=q)) if q else rows.none()
    found = found.annotate(is_of_unit=Case(When(named, then=0), default=1))
    return found.select_related("unit", "township").order_by("is_of_unit", "name_sort", "pk")


def _listed(rows: Any) -> Any:
    return rows.select_related("helper").order_by("helper__name_sort", "pk")


def child_wish_withdraw(request: HttpRequest, child_id: str, row_id: str) -> HttpResponse:
    """The wish no longer holds."""
    return _take_back(request, child_id, row_id, "wishes", lambda row: withdraw_wish(wish=row, actor=request.user))


def child_exclusion_lift(request: HttpRequest, child_id: str, row_id: str) -> HttpResponse:
    """The two may be paired again."""
    return _take_back(
        request, child_id, row_id, "exclusions", lambda row: lift_exclusion(exclusion=row, actor=request.user)
    )


def _take_back(
    request: HttpRequest, child_id: str, row_id: str, which: str, act: Callable[[Any], None]
) -> HttpResponse:
    one = child_of(request.reader, child_id)  # type: ignore[attr-defined]
    row = getattr(one, which).select_related("child", "helper").filter(public_id=row_id).first()
    if row is None:
        raise Http404
    try:
        act(row)
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("去掉了，下一次匹配不再算它。"))
    return redirect("web:child-wishes", child_id)
