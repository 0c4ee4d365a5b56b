"""One class: its cycles of talk groups, its teachers, and who had better sit with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.models import TalkWish
from activities.selectors import (
    children_for_talks,
    children_left_out_of_talks,
    talk_classes_visible_to,
    talk_plans_visible_to,
    teachers_for_talks,
)
from activities.services.talk_edits import forget_wish, note_wish
from backend.kernel.errors import DomainError
from backend.roster.models import Helper
from backend.web.shared.child_names import names_for
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader
    from backend.roster.models import SchoolClass


class WishForm(PlainForm):
    """Two children of the class, and what is wished."""

    one = forms.ChoiceField(label=gettext_lazy("一个孩子"))
    kind = forms.ChoiceField(
        label=gettext_lazy("最好"), choices=TalkWish.Kind.choices, widget=forms.RadioSelect, initial="APART"
    )
    other = forms.ChoiceField(label=gettext_lazy("另一个孩子"))

    def __init__(self, *args: Any, children: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("one", "other"):
            self.fields[name].choices = [("", gettext_lazy("请选")), *children]  # type: ignore[attr-defined]


def talk_class(request: HttpRequest, class_id: str) -> HttpResponse:
    """Cycles, teachers and wishes; POST notes a wish."""
    reader = request.reader  # type: ignore[attr-defined]
    one = class_of(reader, class_id)
    now = timezone.now()
    children = list(
        children_for_talks(one.pk).select_related("village", "school", "school_class").order_by("name_sort")
    )
    names = names_for(reader, children, now=now)
    form = WishForm(posted(request), children=[(child.public_id, names[child.pk]) for child in children])
    if request.method == "POST" and form.is_valid() and _note(request, form, {c.public_id: c for c in children}):
        return redirect("web:talk-class", class_id)
    plans = talk_plans_visible_to(reader).filter(school_class=one)
    held = Count("groups", filter=Q(groups__held_at__isnull=False))
    wishes = TalkWish.objects.filter(first__in=children, second__in=children).order_by("pk")
    context = {
        "class": one,
        "children": children,
        "left_out": children_left_out_of_talks(one.pk).count(),
        "plans": plans.annotate(groups_n=Count("groups"), held_n=held).order_by("-number"),
        "has_draft": plans.filter(state="DRAFT").exists(),
        "teachers": _teachers(one, now),
        "wishes": [(wish, names[wish.first_id], names[wish.second_id]) for wish in wishes],
        "form": form,
    }
    return render(request, "web/coordinator/talk_class.html", context)


def talk_wish_forget(request: HttpRequest, class_id: str, wish_id: str) -> HttpResponse:
    """Take a wish back."""
    one = class_of(request.reader, class_id)  # type: ignore[attr-defined]
    wish = TalkWish.objects.filter(public_id=wish_id, first__school_class=one).first()
    if wish is None:
        raise Http404
    forget_wish(wish=wish, actor=request.user)
    messages.success(request, _("已去掉，下一次排的时候不再考虑。"))
    return redirect("web:talk-class", class_id)


def class_of(reader: Reader, class_id: str) -> SchoolClass:
    """The class among those visible, else 404."""
    one = talk_classes_visible_to(reader).filter(public_id=class_id).first()
    if one is None:
        raise Http404
    return one


def _note(request: HttpRequest, form: WishForm, children: dict[str, Any]) -> bool:
    said = form.cleaned_data
    try:
        note_wish(one=children[said["one"]], other=children[said["other"]], kind=said["kind"], actor=request.user)
    except DomainError as error:
        form.refuse(error)
        return False
    messages.success(request, _("记下了，下一次排的时候会考虑。"))
    return True


def _teachers(one: SchoolClass, now: Any) -> list[tuple[Helper, bool]]:
    """The teachers of the class, and whether each may take part today."""
    today = timezone.localdate(now)
    able = set(teachers_for_talks(one.pk, from_date=today, until_date=today).values_list("pk", flat=True))
    rows = Helper.objects.filter(teaching_posts__school_class=one, state=Helper.State.ACTIVE).order_by(
        "name_sort", "pk"
    )
    return [(helper, helper.pk in able) for helper in rows]


def refuse(request: HttpRequest, error: DomainError) -> None:
    """Say on the next page why nothing was done."""
    messages.warning(request, sentence_of(error))
