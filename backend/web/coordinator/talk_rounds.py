"""Planning the talk groups of a whole school or township: what to ask for, how far it is, what came of each class."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.models import TalkRound, TalkRoundClass
from activities.selectors import children_who_may_talk, talk_classes_visible_to, talk_rounds_visible_to
from activities.services.talk_rounds import RoundWants, start_round
from backend.kernel.errors import DomainError
from backend.roster.access import areas_visible_to
from backend.roster.models import Area, Organisation
from backend.web.coordinator.talk_new import MOST_GROUPS, CycleForm, month_words
from backend.web.coordinator.talk_words import ROUND_PROBLEMS
from backend.web.shared.forms import posted
from backend.web.shared.listing import page_of, render_list
from matching.models import Term

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader


class RoundForm(CycleForm):
    """Of many classes also which, and how many groups each teacher takes in a class."""

    where = forms.ChoiceField(label=gettext_lazy("哪些班"))
    most_groups = forms.IntegerField(
        label=gettext_lazy("每位老师在一个班最多带几组"), min_value=1, max_value=MOST_GROUPS,
        help_text=gettext_lazy("一位老师一周一组，教几个班也一样。"),
    )  # fmt: skip

    field_order = ("where", "months", "mode", "size", "most_groups")

    def __init__(self, *args: Any, reader: Reader, where: str, **kwargs: Any) -> None:
        super().__init__(*args, initial={"where": where, "most_groups": 4}, **kwargs)
        self.fields["where"].choices = _places(reader)  # type: ignore[attr-defined]

    def wants(self) -> RoundWants:
        said = self.cleaned_data
        return RoundWants(
            months=tuple(said["months"]), size=said["size"], mode=said["mode"], most_groups=said["most_groups"]
        )


def _places(reader: Reader) -> list[tuple[str, str]]:
    """Whole townships for those who answer for one, and the schools with classes."""
    townships = reader.townships if reader.area_codes else ()
    schools = Organisation.objects.filter(classes__in=talk_classes_visible_to(reader)).distinct()
    rows = schools.order_by("area__code", "name", "pk").select_related("area")
    return [
        *((public_id, _("%(place)s所有学校") % {"place": name}) for public_id, name in townships),
        *((one.public_id, one.name) for one in rows),
    ]


def talk_round_new(request: HttpRequest) -> HttpResponse:
    """The form; POST puts the classes into the queue and leads to the list of what came of each."""
    reader = request.reader  # type: ignore[attr-defined]
    now = timezone.now()
    term = _term_of(reader, timezone.localdate(now))
    if term is None:
        messages.warning(request, _("县里还没有设这个学期，先请县协调员设好。"))
        return redirect("web:talks")
    form = RoundForm(
        posted(request), reader=reader, term=term, today=timezone.localdate(now), where=request.GET.get("where", "")
    )
    if request.method == "POST" and form.is_valid():
        area, school = _chosen(reader, form.cleaned_data["where"])
        try:
            one = start_round(
                area=area, school=school, term=term, wants=form.wants(), actor=request.user, reader=reader, now=now
            )
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("web:talk-round", one.public_id)
    earlier = talk_rounds_visible_to(reader).annotate(n=Count("classes")).order_by("-created_at", "-pk")[:8]
    return render(request, "web/coordinator/talk_round_new.html", {"form": form, "term": term, "earlier": earlier})


def _term_of(reader: Reader, today: date) -> Term | None:
    """The present term of the reader's county, else the next one."""
    schools = talk_classes_visible_to(reader).values_list("school__area__code", flat=True)
    code = next(iter(reader.area_codes), None) or schools.order_by("pk").first()
    if code is None:
        return None
    return Term.objects.filter(county__code=code[:6], end_date__gte=today).order_by("start_date", "pk").first()


def _chosen(reader: Reader, where: str) -> tuple[Area, Organisation | None]:
    """One of the form's choices as a place."""
    school = Organisation.objects.filter(public_id=where, classes__in=talk_classes_visible_to(reader)).first()
    if school is not None:
        return school.area, school
    return areas_visible_to(reader).get(public_id=where), None


def talk_round(request: HttpRequest, round_id: str) -> HttpResponse:
    """How far it is, and class by class what came of it; while it is open the page asks again every two seconds."""
    reader = request.reader  # type: ignore[attr-defined]
    one = talk_rounds_visible_to(reader).filter(public_id=round_id).first()
    if one is None:
        raise Http404
    seats = Count("plan__seats", filter=Q(plan__seats__group__isnull=False), distinct=True)
    unmet = Count("plan__seats", filter=Q(plan__seats__group=None), distinct=True)
    pupils = Count("school_class__pupils", filter=Q(school_class__pupils__state="ACTIVE"), distinct=True)
    may_talk = Count("school_class__pupils", filter=Q(school_class__pupils__in=children_who_may_talk()), distinct=True)
    rows = one.classes.select_related("school_class__school", "plan").annotate(
        met=seats, unmet=unmet, groups=Count("plan__groups", distinct=True), pupils=pupils, may_talk=may_talk
    )
    page = page_of(request, rows.order_by("-problem", "pk"))
    for row in page.object_list:
        row.why = _why(row)
        row.not_agreed = row.pupils - row.may_talk
    states = Counter(one.classes.values_list("state", flat=True))
    context = {
        "round": one,
        "page": page,
        "is_open": one.state == TalkRound.State.OPEN,
        "total": sum(states.values()),
        "done": sum(states.values()) - states["WAITING"],
        "planned": states["PLANNED"],
        "not_planned": states["NOT"],
        "months": "、".join(month_words(month) for month in one.months),
    }
    return render_list(request, "coordinator/talk_round", context)


def _why(row: TalkRoundClass) -> str:
    """What stood in the way of a class, in words."""
    if not row.problem:
        return ""
    words = ROUND_PROBLEMS.get(row.problem, ROUND_PROBLEMS["talk_round.failed"])
    return str(words) % {"names": row.facts.get("names", "")}
