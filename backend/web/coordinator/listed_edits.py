"""手改: everything a list of a draft finds, told before how many; taking off asks on a page of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.web.coordinator.draft_filters import table_of
from backend.web.coordinator.proposal import proposal_of
from backend.web.shared.counted import CountedForm
from backend.web.shared.forms import posted
from backend.web.shared.sentences import sentence_of
from matching.draft_hints import leaving_men_alone
from matching.services.filtered_edits import Listed, changeable, edit_listed, listed
from matching.services.hand_edits import LEAST_REASON

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from matching.models import Proposal, ProposedPair

LISTED = r"^[0-9]{1,9}:[0-9]{1,12}:[0-9]{1,18}$"
_LONGEST_QUERY = 2000
_SHOWN_NAMES = 5


class TakeOffForm(CountedForm):
    """Holds the list its reader saw; above a hundred places their number is typed once more."""

    seen_list = forms.RegexField(LISTED, widget=forms.HiddenInput)
    reason = forms.CharField(
        max_length=200,
        label=gettext_lazy("为什么撤下"),
        help_text=gettext_lazy("记在每个名额的经过里，例如：这所学校这学期不参加。"),
    )

    def __init__(self, *args: Any, people: int, there: Listed, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, people=people, **kwargs)
        self.there = there
        self.fields["reason"].required = needs_reason
        if "number" in self.fields:
            self.fields["number"].label = _("请输入 %(n)s，确认撤下这些名额") % {"n": people}

    def clean_reason(self) -> str:
        said: str = self.cleaned_data["reason"]
        if self.fields["reason"].required and len(said) < LEAST_REASON:
            raise forms.ValidationError(_("至少写 %(least)s 个字。") % {"least": LEAST_REASON})
        return said

    def clean_seen(self) -> int:
        # What the list found says more than a number, see below.
        return self.people

    def clean_seen_list(self) -> Listed:
        if self.cleaned_data["seen_list"] != str(self.there):
            raise forms.ValidationError(_("这些名额刚才有变动，请再看一遍。"))
        return self.there


def back_query(request: HttpRequest) -> str:
    """Tab, filters and page of the table a form stood beside."""
    said = request.POST.get("back", "")
    # Cut short it would find more than was seen.
    return said if len(said) <= _LONGEST_QUERY else ""


def back_to_list(request: HttpRequest, proposal_id: str, query: str | None = None) -> HttpResponse:
    """Where the table was."""
    asked = QueryDict(back_query(request) if query is None else query)
    return redirect(reverse("web:proposal", args=[proposal_id]) + (f"?{asked.urlencode()}" if asked else ""))


def done_words(what: str, count: int) -> str:
    """What was done to how many places."""
    words = {
        "lock": _("锁定了 %(n)s 个名额。"),
        "unlock": _("解锁了 %(n)s 个名额。"),
        "take_off": _("撤下了 %(n)s 个名额。"),
    }
    return words[what] % {"n": f"{count:,}"}


def listed_edit(request: HttpRequest, draft: Proposal, *, what: str, seen: Listed) -> HttpResponse:
    """Lock or unlock all the list finds; taking off is asked about first."""
    query = back_query(request)
    if what == "take_off":
        asked = QueryDict(query).urlencode()
        return redirect(reverse("web:listed-take-off", args=[draft.public_id]) + (f"?{asked}" if asked else ""))
    _edit(request, draft, query, what, seen)
    return back_to_list(request, draft.public_id)


def listed_take_off(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """GET says who would be taken off how many places, and what stays; POST does it."""
    draft = proposal_of(request.reader, proposal_id)  # type: ignore[attr-defined]
    query = request.GET.urlencode()
    rows = table_of(request, draft, query).rows()
    there, gone = listed(rows), changeable(rows, "take_off")
    count = gone.count()
    alone = leaving_men_alone(gone)
    left_to_men = alone.count()
    form = TakeOffForm(
        posted(request), initial={"seen": count, "seen_list": there}, people=count, there=there,
        needs_reason=left_to_men > 0,
    )  # fmt: skip
    if request.method == "POST" and count and form.is_valid():
        _edit(request, draft, query, "take_off", there, form.cleaned_data["reason"])
        return back_to_list(request, proposal_id, query)
    context = {
        "proposal": draft,
        "form": form,
        "places": count,
        "stays": there.places - count,
        "names": _names(gone),
        "more": max(0, count - _SHOWN_NAMES),
        "left_to_men": left_to_men,
        "alone_names": _names(alone) if left_to_men else [],
        "more_alone": max(0, left_to_men - _SHOWN_NAMES),
        "query": query,
    }
    return render(request, "web/coordinator/listed_take_off.html", context)


def _names(rows: QuerySet[ProposedPair]) -> list[str]:
    """The first few, by child."""
    some = rows.order_by("child__name_sort", "child_id", "pk").values_list("child__name", "helper__name")
    return [f"{child}·{helper}" for child, helper in some[:_SHOWN_NAMES]]


def _edit(request: HttpRequest, draft: Proposal, query: str, what: str, seen: Listed, reason: str = "") -> None:
    rows = table_of(request, draft, query).rows()
    try:
        outcome = edit_listed(
            draft=draft, rows=rows, seen=seen, what=what, actor=request.user, now=timezone.now(), reason=reason
        )
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return
    left = _("%(n)s 个不用动：本来就是这样，或已经结对、请过。") % {"n": f"{outcome.left:,}"} if outcome.left else ""
    messages.success(request, done_words(what, outcome.done) + left)
