"""留守儿童之家: the homes of one's areas, and putting one on file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.models import Home
from activities.place_selectors import homes_visible_to
from activities.services.homes import make_home
from backend.kernel.errors import DomainError
from backend.roster.access import areas_visible_to, organisations_visible_to
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.listing import page_of, render_list, search_of, select_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader


class HomeForm(PlainForm):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=60)
    kind = forms.ChoiceField(label=gettext_lazy("哪一种"), choices=Home.Kind.choices, initial=Home.Kind.ROOMS)
    area = forms.ChoiceField(label=gettext_lazy("在哪里"))
    organisation = forms.ChoiceField(
        label=gettext_lazy("属于哪所学校"), required=False, help_text=gettext_lazy("这所学校的协调员也能管。")
    )

    def __init__(self, reader: Reader, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = areas_visible_to(reader).exclude(kind="COUNTY").order_by("code")
        self.fields["area"].choices = [(area.public_id, area.name) for area in areas]  # type: ignore[attr-defined]
        schools = organisations_visible_to(reader).filter(kind="SCHOOL").order_by("name", "pk")
        self.fields["organisation"].choices = [("", _("不属于学校")), *((s.public_id, s.name) for s in schools)]  # type: ignore[attr-defined]


def homes(request: HttpRequest) -> HttpResponse:
    """The list; a coordinator puts another one on file below it."""
    reader = request.reader  # type: ignore[attr-defined]
    form = HomeForm(reader, posted(request))
    if request.method == "POST" and not reader.is_coordinator:
        raise Http404
    if request.method == "POST" and form.is_valid():
        try:
            home = _make(request, form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("web:home-edit", home.public_id)
    kinds = select_of(request, "kind", _("哪一种"), Home.Kind.choices)
    q = search_of(request)
    rows = homes_visible_to(reader).annotate(room_count=Count("rooms", distinct=True))
    rows = rows.filter(kind=kinds.value) if kinds.value else rows
    if q:
        rows = rows.filter(Q(name__contains=q) | Q(area__name__contains=q) | Q(organisation__name__contains=q))
    context = {
        "page": page_of(request, rows.order_by("area__code", "name", "pk")),
        "selects": [kinds],
        "q": q,
        "is_filtered": bool(q) or bool(kinds.value),
        "form": form,
    }
    return render_list(request, "coordinator/homes", context)


def _make(request: HttpRequest, wanted: dict[str, Any]) -> Home:
    reader = request.reader  # type: ignore[attr-defined]
    area = areas_visible_to(reader).get(public_id=wanted["area"])
    school = organisations_visible_to(reader).filter(public_id=wanted["organisation"]).first()
    return make_home(
        name=wanted["name"], kind=wanted["kind"], area=area, organisation=school, actor=request.user, now=timezone.now()
    )
