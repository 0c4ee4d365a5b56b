"""Beginning a cycle of talk groups: which months, how many children at a time, which teachers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.models import TalkPlan
from activities.selectors import children_for_talks, children_left_out_of_talks, teachers_for_talks, term_for_talks
from activities.services.talks import TalkWants, make_talk_plan, talk_weeks
from activities.translation import months_left
from backend.kernel.errors import DomainError
from backend.web.coordinator.talk_class import class_of
from backend.web.shared.forms import PlainForm, posted

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.models import Helper, SchoolClass
    from matching.models import Term

SIZES = (("3", "3"), ("4", "4"), ("5", "5"))
_APRIL = 4
_FEW_WEEKS = 2
MOST_GROUPS = 30


class CycleForm(PlainForm):
    """What is asked of every cycle of talks: its months, its form, how many children at a time."""

    months = forms.MultipleChoiceField(
        label=gettext_lazy("哪几个月"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("请至少选一个月。")},
    )  # fmt: skip
    mode = forms.ChoiceField(label=gettext_lazy("怎么谈"), choices=TalkPlan.Mode.choices, widget=forms.RadioSelect)
    size = forms.TypedChoiceField(label=gettext_lazy("每次几个孩子"), coerce=int, choices=SIZES)

    def __init__(self, *args: Any, term: Term, today: date, **kwargs: Any) -> None:
        self.months_left = months_left(term.start_date, term.end_date, today)
        usual = {"months": usual_months(self.months_left, term, today), "mode": "GROUP", "size": 4}
        super().__init__(*args, initial=usual | kwargs.pop("initial", {}), **kwargs)
        self.fields["months"].choices = [(one, month_words(one)) for one in self.months_left]  # type: ignore[attr-defined]


class TalksForm(CycleForm):
    """Of one class also the weeks that fall out, and how many groups each teacher takes."""

    closed_weeks = forms.MultipleChoiceField(
        label=gettext_lazy("哪几周不谈"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(
        self, *args: Any, term: Term, school_class: SchoolClass, teachers: list[Helper], today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, term=term, today=today, **kwargs)
        self.teachers = teachers
        weeks = talk_weeks(self.months_left, term=term, today=today)
        self.fields["closed_weeks"].choices = [(one.isoformat(), _week_words(one)) for one in weeks]  # type: ignore[attr-defined]
        able = _able_to_the_end(school_class, self.initial["months"], term, today)
        for teacher in teachers:
            is_able = teacher.pk in able
            self.fields[teacher.public_id] = forms.IntegerField(
                label=teacher.name, min_value=0, max_value=MOST_GROUPS, initial=4 if is_able else 0, required=False,
                help_text="" if is_able else _("背景核查在这一轮中途到期"),
                widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"}),
            )  # fmt: skip

    @property
    def limits(self) -> list[Any]:
        """The fields of the teachers."""
        return [self[teacher.public_id] for teacher in self.teachers]

    def wants(self) -> TalkWants:
        """What was asked for; a teacher with no groups takes no part."""
        said = self.cleaned_data
        limits = {teacher.pk: said[teacher.public_id] for teacher in self.teachers if said.get(teacher.public_id)}
        return TalkWants(
            months=tuple(said["months"]), limits=limits, size=said["size"], mode=said["mode"],
            closed_weeks=tuple(said["closed_weeks"]),
        )  # fmt: skip


def talk_new(request: HttpRequest, class_id: str) -> HttpResponse:
    """The form, filled in for the usual case; POST deals the children into groups, as a draft."""
    one = class_of(request.reader, class_id)  # type: ignore[attr-defined]
    now = timezone.now()
    today = timezone.localdate(now)
    term = term_for_talks(one, today)
    if term is None:
        messages.warning(request, _("县里还没有设这个学期，先请县协调员设好。"))
        return redirect("web:talk-class", class_id)
    teachers = list(teachers_for_talks(one.pk, from_date=today, until_date=today).order_by("name_sort", "pk"))
    form = TalksForm(posted(request), term=term, school_class=one, teachers=teachers, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            plan = make_talk_plan(school_class=one, term=term, wants=form.wants(), actor=request.user, now=now)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("排好了，还是草稿。看过以后再发布，发布以前老师看不到。"))
            return redirect("web:talk-plan", plan.public_id)
    context = {
        "class": one,
        "form": form,
        "term": term,
        "children": children_for_talks(one.pk).count(),
        "left_out": children_left_out_of_talks(one.pk).count(),
    }
    return render(request, "web/coordinator/talk_new.html", context)


def _able_to_the_end(school_class: SchoolClass, months: list[str], term: Term, today: date) -> set[int]:
    """Teachers whose background check holds to the last week of the months first proposed."""
    weeks = talk_weeks(months, term=term, today=today)
    rows = teachers_for_talks(school_class.pk, from_date=today, until_date=weeks[-1] if weeks else today)
    return set(rows.values_list("pk", flat=True))


def usual_months(months: list[str], term: Term, today: date) -> list[str]:
    """April, where the term has one: the month of talks; else the first month that is not nearly over."""
    april = [one for one in months if date.fromisoformat(one).month == _APRIL]
    enough = [one for one in months if len(talk_weeks([one], term=term, today=today)) >= _FEW_WEEKS]
    return april or enough[:1] or months[:1]


def month_words(month: str) -> str:
    """E.g. 「2027年4月」."""
    return date_format(date.fromisoformat(month), _("Y年n月"))


def _week_words(monday: date) -> str:
    both = {"a": date_format(monday, _("n月j日")), "b": date_format(monday + timedelta(days=6), _("n月j日"))}
    return _("%(a)s 到 %(b)s") % both
