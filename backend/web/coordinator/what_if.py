"""试一试: a change tried out on a draft. Nothing of the draft is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.access import areas_visible_to, helpers_visible_to
from backend.roster.models import Area, Helper
from backend.web.coordinator.proposal import proposal_of
from backend.web.shared.difference import told_difference
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.listing import render_list
from matching.models import SlotRule, Trial
from matching.selectors import trials_visible_to
from matching.services.trials import Wish, try_out

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader
    from matching.models import Proposal

_KINDS = (
    ("LIMIT", gettext_lazy("某人多带几名")),
    ("SCHEME_LIMIT", gettext_lazy("本项目每人最多几名")),
    ("PLACE", gettext_lazy("范围或性别规定")),
    ("WOMAN", gettext_lazy("女童是否要有一位女性")),
    ("ANOTHER", gettext_lazy("再来一位像某人的")),
    ("WITHOUT", gettext_lazy("某人不在了")),
    ("CLEARED", gettext_lazy("某人的背景核查补好了")),
)
_OF_PEOPLE = {"LIMIT", "ANOTHER", "WITHOUT", "CLEARED"}
_MOST_FOUND = 12
_SAME = ("", gettext_lazy("不变"))


class WhatIfForm(PlainForm):
    """Where, and what would change."""

    area = forms.ModelChoiceField(
        label=gettext_lazy("在哪里试"), queryset=Area.objects.none(), to_field_name="public_id", empty_label=None
    )
    kind = forms.ChoiceField(label=gettext_lazy("改什么"), choices=_KINDS, widget=forms.RadioSelect, initial="LIMIT")
    who = forms.CharField(
        label=gettext_lazy("谁"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("姓名或拼音。改人的时候填；同名的会让您挑。"),
    )
    more = forms.IntegerField(label=gettext_lazy("多带几名"), min_value=-20, max_value=20, initial=1, required=False)
    limit = forms.IntegerField(
        label=gettext_lazy("每人最多几名"),
        min_value=0,
        max_value=200,
        required=False,
        help_text=gettext_lazy("改本项目上限的时候填；空着就是不限。"),
    )
    is_asked = forms.BooleanField(label=gettext_lazy("女童的几个名额里至少有一位女性"), required=False)
    place = forms.ChoiceField(label=gettext_lazy("哪种名额"))
    reach = forms.ChoiceField(label=gettext_lazy("范围改成"), choices=[_SAME, *SlotRule.Reach.choices], required=False)
    sex_rule = forms.ChoiceField(
        label=gettext_lazy("性别规定改成"), choices=[_SAME, *SlotRule.SexRule.choices], required=False
    )

    def __init__(self, *args: Any, reader: Reader, draft: Proposal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader, self.draft = reader, draft
        self.found: list[Helper] = []
        area: Any = self.fields["area"]
        here = areas_visible_to(reader).filter(code__startswith=draft.run.area.code)
        area.queryset = here.filter(kind__in=[Area.Kind.TOWNSHIP, Area.Kind.COUNTY]).order_by("-kind", "code")
        area.label_from_instance = lambda one: one.name
        place: Any = self.fields["place"]
        place.choices = list(draft.scheme.slot_rules.order_by("position", "pk").values_list("key", "name"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("kind") in _OF_PEOPLE:
            self._find(said.get("who", "").strip())
        if said.get("kind") == "PLACE" and not (said.get("reach") or said.get("sex_rule")):
            self.add_error("reach", _("选一样：范围改成什么，或性别规定改成什么。"))
        return said

    def _find(self, words: str) -> None:
        """One person; several of a name are offered to choose from."""
        visible = helpers_visible_to(self.reader).filter(state=Helper.State.ACTIVE)
        chosen = visible.filter(public_id=words)
        named = visible.filter(name=words) or visible.filter(name_search__contains=words.lower())
        self.found = list((chosen or named).select_related("unit").order_by("name_sort", "pk")[:_MOST_FOUND])
        if not words:
            self.add_error("who", _("写上是谁。"))
        elif not self.found:
            self.add_error("who", _("没找到这个人。换个写法，例如姓名的拼音。"))
        elif len(self.found) > 1:
            self.add_error("who", _("有几位，请在下面挑一位。"))

    def wish(self) -> Wish:
        """The change as the service takes it."""
        said = self.cleaned_data
        place = {name: said[name] for name in ("reach", "sex_rule") if said[name]}
        return Wish(
            kind=said["kind"],
            people=[one.public_id for one in self.found] if said["kind"] in _OF_PEOPLE else [],
            more=said["more"] if said["more"] is not None else 1,
            scheme=self.draft.scheme.public_id,
            place=said["place"],
            limit=said["limit"],
            is_asked=said["is_asked"],
            said=place if said["kind"] == "PLACE" else {},
        )


def what_if(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """The form; POST tries it and leads to the answer."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    form = WhatIfForm(posted(request), reader=reader, draft=one)
    if request.method == "POST" and form.is_valid():
        try:
            trial = try_out(
                run=one.run,
                area=form.cleaned_data["area"],
                wishes=[form.wish()],
                actor=request.user,
                reader=reader,
                now=timezone.now(),
            )
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("web:trial", proposal_id, trial.public_id)
    earlier = trials_visible_to(reader).filter(run=one.run).order_by("-created_at", "-pk")[:8]
    context = {"proposal": one, "form": form, "found": form.found if len(form.found) > 1 else [], "earlier": earlier}
    return render(request, "web/coordinator/what_if.html", context)


def trial(request: HttpRequest, proposal_id: str, trial_id: str) -> HttpResponse:
    """What it would change: counts, then moves by place."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    asked: Trial | None = trials_visible_to(reader).filter(run=one.run, public_id=trial_id).first()
    if asked is None:
        raise Http404
    is_done = asked.state == Trial.State.DONE
    context = {
        "proposal": one,
        "trial": asked,
        "wish": wish_in_words(asked, one, reader),
        "told": told_difference(asked.result, reader) if is_done and asked.result.get("filled") else None,
    }
    return render_list(request, "coordinator/trial", context)


def wish_in_words(asked: Trial, one: Proposal, reader: Reader) -> str:
    """What was tried, as one sentence."""
    return _("；").join(_said(wish, one, reader) for wish in asked.wishes) or _("什么都没改")


def _said(wish: dict[str, Any], one: Proposal, reader: Reader) -> str:
    known = helpers_visible_to(reader).filter(public_id__in=wish["people"]).order_by("pk")
    who = _("、").join(known.values_list("name", flat=True)) or _("别处的一位")
    if wish["kind"] == "PLACE":
        return _place_words(wish, one)
    if wish["kind"] == "SCHEME_LIMIT":
        limit = wish["limit"]
        return _("本项目每人不限几名") if limit is None else _("本项目每人最多 %(n)s 名") % {"n": limit}
    if wish["kind"] == "WOMAN":
        return _("女童至少有一位女性") if wish["is_asked"] else _("女童不要求有女性")
    words = {
        "LIMIT": _("%(who)s的上限加 %(n)s 名"),
        "ANOTHER": _("再来一位像%(who)s的"),
        "WITHOUT": _("%(who)s不在了"),
        "CLEARED": _("%(who)s的背景核查补好了"),
    }
    return words[wish["kind"]] % {"who": who, "n": wish["more"]}


def _place_words(wish: dict[str, Any], one: Proposal) -> str:
    rule = one.scheme.slot_rules.filter(key=wish["place"]).first()
    labels = dict(SlotRule.Reach.choices) | dict(SlotRule.SexRule.choices)
    values = _("、").join(str(labels.get(value, value)) for value in wish["said"].values())
    return _("%(place)s改成%(values)s") % {"place": rule.name if rule else wish["place"], "values": values}
