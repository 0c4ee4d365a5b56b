"""留守儿童之家: the homes of one's areas, and putting one on file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Count
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy

from activities.models import Home
from activities.place_selectors import homes_visible_to
from activities.services.homes import make_home
from backend.kernel.errors import DomainError
from backend.roster.access import areas_visible_to
from backend.web.shared.forms import PlainForm, posted

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader


class HomeForm(PlainForm):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=60)
    kind = forms.ChoiceField(label=gettext_lazy("哪一种"), choices=Home.Kind.choices, initial=Home.Kind.ROOMS)
    area = forms.ChoiceField(label=gettext_lazy("在哪里"))

    def __init__(self, reader: Reader, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = areas_visible_to(reader).exclude(kind="COUNTY").order_by("code")
        self.fields["area"].choices = [(area.public_id, area.name) for area in areas]  # type: ignore[attr-defined]


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
    rows = homes_visible_to(reader).annotate(room_count=Count("rooms", distinct=True)).order_by("area__code", "name")
    return render(request, "web/coordinator/homes.html", {"homes": rows, "form": form})


def _make(request: HttpRequest, wanted: dict[str, Any]) -> Home:
    area = areas_visible_to(request.reader).get(public_id=wanted["area"])  # type: ignore[attr-defined]
    return make_home(name=wanted["name"], kind=wanted["kind"], area=area, actor=request.user, now=timezone.now())
