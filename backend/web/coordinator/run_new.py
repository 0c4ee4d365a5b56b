"""新的匹配: choose, see who is left out, start."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backend.kernel.errors import DomainError
from backend.roster.access import areas_visible_to
from backend.roster.models import Area, Child
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.listing import render_list
from backend.web.shared.words import level_words
from matching.models import MatchingRun, Scheme
from matching.plain_names import plain_name
from matching.selectors import children_not_applied, children_to_solve, children_without_consent, schemes_visible_to
from matching.services.runs import RunOptions, start_run

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader

_MODES = (
    (MatchingRun.Mode.TERM, _("学期匹配：先求合适，已经结对和等答复的保持不动")),
    (MatchingRun.Mode.REPAIR, _("补派：只补空缺，能不动的都不动")),
)
_BANDS = ((1, _("一分也要争")), (25, _("相差 2.5 分以内算一样好")), (50, _("相差 5 分以内算一样好")))


class RunForm(PlainForm):
    """What a coordinator chooses for one run."""

    scheme = forms.ModelChoiceField(
        label=_("结对项目"), queryset=Scheme.objects.none(), to_field_name="public_id", empty_label=None
    )
    joined = forms.ModelMultipleChoiceField(
        label=_("和它一起算的项目"),
        queryset=Scheme.objects.none(),
        to_field_name="public_id",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("几个项目用同一批人时一起算，谁也不会超过名额上限。"),
    )
    area = forms.ModelChoiceField(
        label=_("范围"), queryset=Area.objects.none(), to_field_name="public_id", empty_label=None
    )
    mode = forms.ChoiceField(label=_("方式"), choices=_MODES, widget=forms.RadioSelect, initial="term")
    seconds = forms.IntegerField(
        label=_("最多算多少秒"),
        min_value=1,
        max_value=600,
        initial=120,
        help_text=_("到时间会存下当时最好的结果。一个县通常几秒就好。"),
    )
    fit_band = forms.TypedChoiceField(label=_("多小的差别不计较"), choices=_BANDS, coerce=int, initial=1)
    seed = forms.IntegerField(
        label=_("抽签种子"),
        min_value=0,
        max_value=2**62,
        required=False,
        help_text=_("一样好的两个人靠抽签定。填同一个数，结果完全相同。"),
    )

    def __init__(self, *args: Any, reader: Reader, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scheme, joined, area = self.choice_of("scheme"), self.choice_of("joined"), self.choice_of("area")
        scheme.queryset = schemes_visible_to(reader).filter(is_active=True).order_by("-term__start_date", "pk")
        joined.queryset = scheme.queryset.filter(counts_towards_total=True)
        joined.label_from_instance = lambda one: plain_name(one.name)
        self.apart = list(scheme.queryset.filter(counts_towards_total=False))
        areas = areas_visible_to(reader).filter(kind__in=[Area.Kind.COUNTY, Area.Kind.TOWNSHIP])
        area.queryset = areas.order_by("code")
        scheme.label_from_instance = lambda one: f"{plain_name(one.name)}·{one.term.name}"
        area.label_from_instance = lambda one: one.name

    def clean(self) -> dict[str, Any]:
        """The leading scheme may be ticked among the others too; it is meant once."""
        said = super().clean() or {}
        said["joined"] = [one for one in said.get("joined", []) if one != said.get("scheme")]
        return said

    def lead_by(self, leading: Scheme) -> None:
        """Offer the others only: a scheme is not solved together with itself. What was ticked stays for `clean`."""
        joined = self.choice_of("joined")
        joined.queryset = joined.queryset.filter(term=leading.term_id).exclude(pk=leading.pk)
        self.apart = [one for one in self.apart if one.pk != leading.pk and one.term_id == leading.term_id]
        if not leading.counts_towards_total:
            joined.queryset = joined.queryset.none()

    @property
    def apart_names(self) -> str:
        """Those that are solved on their own, to be named with the reason."""
        return str(_("、")).join(one.name for one in self.apart)

    def choice_of(self, name: str) -> Any:
        """A field that chooses among rows."""
        return self.fields[name]


def run_new(request: HttpRequest) -> HttpResponse:
    """The form with its preview; POST puts a run in the queue."""
    reader = request.reader  # type: ignore[attr-defined]
    form = RunForm(posted(request), reader=reader, initial=_usual(request, reader))
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("web:run", _start(form, request).public_id)
        except DomainError as error:
            form.refuse(error)
    scheme, area = _chosen(form, request)
    if scheme is not None:
        form.lead_by(scheme)
    preview = _preview(reader, _joined(form, request, scheme), area)
    return render_list(request, "coordinator/run_new", {"form": form, **preview})


def _usual(request: HttpRequest, reader: Reader) -> dict[str, Any]:
    """What the scheme in the address says of its own runs, and what is ticked beside it."""
    ticked = {"joined": request.GET.getlist("joined")}
    asked = schemes_visible_to(reader).filter(public_id=request.GET.get("scheme", "")).first()
    if asked is None:
        return ticked
    return {"scheme": asked.public_id, "mode": asked.tier_order, "fit_band": asked.fit_band, **ticked}


def _start(form: RunForm, request: HttpRequest) -> MatchingRun:
    wanted = form.cleaned_data
    seed = wanted["seed"] if wanted["seed"] is not None else secrets.randbelow(10**8)
    return start_run(
        scheme=wanted["scheme"],
        joined=wanted["joined"],
        area=wanted["area"],
        options=RunOptions(mode=wanted["mode"], seed=seed, fit_band=wanted["fit_band"], seconds=wanted["seconds"]),
        actor=request.user,
        reader=request.reader,  # type: ignore[attr-defined]
        now=timezone.now(),
    )


def _chosen(form: RunForm, request: HttpRequest) -> tuple[Scheme | None, Area | None]:
    """What the selects stand on, or would stand on when the page is first opened."""
    asked = request.POST if request.method == "POST" else request.GET
    schemes, areas = form.choice_of("scheme").queryset, form.choice_of("area").queryset
    scheme = schemes.filter(public_id=asked.get("scheme", "")).first() or schemes.first()
    area = areas.filter(public_id=asked.get("area", "")).first() or areas.first()
    return scheme, area


def _joined(form: RunForm, request: HttpRequest, leading: Scheme | None) -> list[Scheme]:
    """The schemes the preview is about: the leading one, then those ticked beside it."""
    if leading is None:
        return []
    asked = request.POST if request.method == "POST" else request.GET
    return [leading, *form.choice_of("joined").queryset.filter(public_id__in=asked.getlist("joined"))]


def _preview(reader: Reader, schemes: list[Scheme], area: Area | None) -> dict[str, Any]:
    if not schemes or area is None:
        return {"scheme": None}
    today = timezone.localdate()
    parts = [_part(reader, scheme, area, today) for scheme in schemes]
    left_out = _any_of([children_without_consent(reader, scheme, area, today) for scheme in schemes])
    return {
        "scheme": schemes[0],
        "area": area,
        "parts": parts,
        "left_out": left_out.count(),
        "not_applied": _not_applied(reader, schemes, area, today),
        "left_out_some": left_out.select_related("village").order_by("name_sort", "pk")[:8],
    }


def _part(reader: Reader, scheme: Scheme, area: Area, today: date) -> dict[str, Any]:
    """Whom one scheme is for here, and what places it has for each."""
    return {
        "scheme": scheme,
        "levels": level_words(scheme.target_levels),
        "children": children_to_solve(reader, scheme, area, today).count(),
        "places": scheme.slot_rules.order_by("position", "pk"),
    }


def _any_of(querysets: list[QuerySet[Child]]) -> QuerySet[Child]:
    """The children in any of them: one may be left out of several schemes, and is one child all the same."""
    wanted = Q(pk__in=[])
    for rows in querysets:
        wanted |= Q(pk__in=rows.order_by().values("pk"))
    return Child.objects.filter(wanted)


def _not_applied(reader: Reader, schemes: list[Scheme], area: Area, today: date) -> int:
    asking = [scheme for scheme in schemes if scheme.needs_application]
    return _any_of([children_not_applied(reader, scheme, area, today) for scheme in asking]).count()
