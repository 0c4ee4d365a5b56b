"""试一试: a change tried out on a draft. Nothing of the draft is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.models import Role
from backend.kernel.errors import DomainError
from backend.roster.access import areas_visible_to, helpers_visible_to
from backend.roster.models import Area, Helper, Organisation
from backend.web.coordinator.proposal import proposal_of
from backend.web.coordinator.scheme_form import POINTS_SHOWN, WISHES
from backend.web.shared.difference import told_difference
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.listing import render_list
from backend.web.shared.queue_words import told_ahead
from backend.web.shared.sentences import sentence_of
from backend.web.shared.words import full_marks, reason_in_words
from matching.models import Proposal, SlotRule, Trial
from matching.plain_names import plain_name
from matching.queue_selectors import ahead_of_trial
from matching.selectors import certificates_visible_to, pairs_visible_to, trials_visible_to
from matching.services.applying import apply_trial, is_to_apply, try_cure
from matching.services.trials import Wish, try_out

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader

_KINDS = (
    ("LIMIT", gettext_lazy("某人多带几名")),
    ("SCHEME_LIMIT", gettext_lazy("本项目每人最多几名")),
    ("PLACE", gettext_lazy("范围、距离或性别规定")),
    ("WEIGHT", gettext_lazy("看重什么")),
    ("WOMAN", gettext_lazy("女童是否要有一位女性")),
    ("ANOTHER", gettext_lazy("再来一位像某人的")),
    ("WITHOUT", gettext_lazy("某人不在了")),
    ("CLEARED", gettext_lazy("某人的背景核查补好了")),
)
_OF_PEOPLE = {"LIMIT", "ANOTHER", "WITHOUT", "CLEARED"}
_NEEDED_OF_KIND = ("area", "who", "more", "weighed", "points")
_MOST_FOUND = 12
_TOWNSHIP_DIGITS = 9
_SAME = ("", gettext_lazy("不变"))


class WhatIfForm(PlainForm):
    """Where, and what would change."""

    area = forms.ModelChoiceField(
        label=gettext_lazy("在哪里试"),
        queryset=Area.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=gettext_lazy("改一个人，就在他的乡镇；改规则，就在整个范围"),
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
    radius_km = forms.DecimalField(
        label=gettext_lazy("最远几公里改成"),
        min_value=0,
        max_value=100,
        decimal_places=1,
        required=False,
        help_text=gettext_lazy("填 0 就是不限远近。"),
    )
    weighed = forms.ChoiceField(label=gettext_lazy("看重的哪一项"), required=False)
    points = forms.IntegerField(
        label=gettext_lazy("改成几分"),
        min_value=0,
        max_value=100,
        required=False,
        help_text=gettext_lazy("各项加起来不超过 100 分；其他项不变。"),
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
        rules = draft.scheme.slot_rules.order_by("position", "pk").values_list("key", "name")
        place.choices = [(key, plain_name(name)) for key, name in rules]
        weighed: Any = self.fields["weighed"]
        for name in _NEEDED_OF_KIND:
            self.fields[name].is_needed = True  # type: ignore[attr-defined]  # of the kind that is chosen
        weighed.choices = [_SAME, *((wish, reason_in_words(wish)) for wish in WISHES)]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("kind") in _OF_PEOPLE:
            self._find(said.get("who", "").strip())
        if said.get("kind") == "PLACE" and not self._place(said):
            self.add_error("reach", _("选一样：范围、距离或性别规定改成什么。"))
        if said.get("kind") == "WEIGHT":
            self._check_weight(said)
        said["area"] = said.get("area") or self._usual_area(said.get("kind"))
        return said

    def _usual_area(self, kind: str | None) -> Area:
        """The township where the person teaches or lives; for a rule, or for somebody from elsewhere, the whole."""
        whole = self.draft.run.area
        if kind not in _OF_PEOPLE or len(self.found) != 1:
            return whole
        helper, areas = self.found[0], self.fields["area"].queryset  # type: ignore[attr-defined]
        teaches_at = helper.unit if helper.unit and helper.unit.kind == Organisation.Kind.SCHOOL else None
        place = teaches_at.area if teaches_at else helper.township
        found: Area | None = areas.filter(code=place.code[:_TOWNSHIP_DIGITS]).first()
        return found or whole

    def _check_weight(self, said: dict[str, Any]) -> None:
        if not said.get("weighed") or said.get("points") is None or not said.get("place"):
            self.add_error("weighed", _("选看重的哪一项，再写改成几分。"))
            return
        total = sum(points for wish, points in self._weights(said).items() if wish in WISHES) / POINTS_SHOWN
        if total > 100:  # noqa: PLR2004 - out of a hundred
            self.add_error("points", _("看重的几项加起来是 %(n)s 分，请减到 100 分以内。") % {"n": round(total)})

    def _place(self, said: dict[str, Any]) -> dict[str, Any]:
        """New values of a kind of place; empty where nothing was chosen."""
        place = {name: said[name] for name in ("reach", "sex_rule") if said.get(name)}
        if said.get("radius_km") is not None:
            place["radius_m"] = int(said["radius_km"] * 1000)
        return place

    def _weights(self, said: dict[str, Any]) -> dict[str, int]:
        """The place's weights with the one that changes."""
        rule = self.draft.scheme.slot_rules.get(key=said["place"])
        return rule.weights | {said["weighed"]: said["points"] * POINTS_SHOWN}

    def _find(self, words: str) -> None:
        """One person; several of a name are offered to choose from."""
        if not words:
            self.add_error("who", _("写上是谁。"))
            return
        visible = helpers_visible_to(self.reader).filter(state=Helper.State.ACTIVE)
        chosen = visible.filter(public_id=words)
        named = visible.filter(name=words) or visible.filter(name_search__contains=words.lower())
        self.found = list(
            (chosen or named).select_related("unit__area", "township").order_by("name_sort", "pk")[:_MOST_FOUND]
        )
        if not self.found:
            self.add_error("who", _("没找到这个人。换个写法，例如姓名的拼音。"))
        elif len(self.found) > 1:
            self.add_error("who", _("有几位，请在下面挑一位。"))

    def wish(self) -> Wish:
        """The change as the service takes it."""
        said = self.cleaned_data
        places = {"PLACE": lambda: self._place(said), "WEIGHT": lambda: {"weights": self._weights(said)}}
        return Wish(
            kind="PLACE" if said["kind"] in places else said["kind"],
            people=[one.public_id for one in self.found] if said["kind"] in _OF_PEOPLE else [],
            more=said["more"] if said["more"] is not None else 1,
            scheme=self.draft.scheme.public_id,
            place=said["place"],
            limit=said["limit"],
            is_asked=said["is_asked"],
            said=places[said["kind"]]() if said["kind"] in places else {},
        )


def what_if(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """The form; POST tries it and leads to the answer."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    meant = helpers_visible_to(reader).filter(public_id=request.GET.get("who", "")).select_related("unit").first()
    form = WhatIfForm(posted(request), reader=reader, draft=one, initial=_asked_for(request, meant))
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
    context = {
        "proposal": one,
        "form": form,
        "found": form.found if len(form.found) > 1 else [meant] if meant and not form.is_bound else [],
        "earlier": [(trial, wish_in_words(trial, one, reader)) for trial in earlier],
    }
    return render(request, "web/coordinator/what_if.html", context)


def _asked_for(request: HttpRequest, meant: Helper | None) -> dict[str, str]:
    """What the link that led here proposes: a kind of change, somebody, and where."""
    asked = {name: request.GET[name] for name in ("kind", "area") if name in request.GET}
    return asked | ({"who": meant.name} if meant else {})


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
        "told": told_difference(asked.result, reader) if is_done else None,
        "full": full_marks(rule for scheme in one.run.schemes for rule in scheme.slot_rules.all()),
        "waits": "" if is_done else told_ahead(ahead_of_trial(asked.pk, reader, timezone.now())),
        "may_apply": reader.role == Role.COUNTY_COORDINATOR and one.state == Proposal.State.OPEN and is_to_apply(asked),
    }
    return render_list(request, "coordinator/trial", context)


def trial_apply(request: HttpRequest, proposal_id: str, trial_id: str) -> HttpResponse:
    """Put it into the draft."""
    one = proposal_of(request.reader, proposal_id)  # type: ignore[attr-defined]
    asked = trials_visible_to(request.reader).filter(run=one.run, public_id=trial_id).first()  # type: ignore[attr-defined]
    if asked is None:
        raise Http404
    try:
        moved = apply_trial(trial=asked, actor=request.user, reader=request.reader, now=timezone.now())  # type: ignore[attr-defined]
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return redirect("web:trial", proposal_id, trial_id)
    messages.success(request, _("用到方案里了：改了规则或上限，动了 %(n)s 个名额。") % {"n": moved})
    return redirect("web:proposal", proposal_id)


def cure_try(request: HttpRequest, proposal_id: str, certificate: int, number: int) -> HttpResponse:
    """Try one cure of a shortage anew; leads to its answer."""
    reader = request.reader  # type: ignore[attr-defined]
    one = proposal_of(reader, proposal_id)
    shortage = certificates_visible_to(reader).filter(proposal=one, pk=certificate).first()
    if shortage is None:
        raise Http404
    try:
        tried = try_cure(certificate=shortage, number=number, actor=request.user, reader=reader, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return redirect("web:run", one.run.public_id)
    return redirect("web:trial", proposal_id, tried.public_id)


def wish_in_words(asked: Trial, one: Proposal, reader: Reader) -> str:
    """What was tried, as one sentence."""
    return _("；").join(_said(wish, one, reader) for wish in asked.wishes) or _("什么都没改")


def _said(wish: dict[str, Any], one: Proposal, reader: Reader) -> str:
    known = helpers_visible_to(reader).filter(public_id__in=wish["people"]).order_by("pk")
    who = _("、").join(known.values_list("name", flat=True)) or _("别处的一位")
    if wish["kind"] == "PAIR":
        return _pair_words(wish, who, reader)
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


def _pair_words(wish: dict[str, Any], who: str, reader: Reader) -> str:
    pair = pairs_visible_to(reader).filter(public_id=wish["pair"]).first()
    if pair is None:
        return _("由%(who)s来带别处的一名孩子") % {"who": who}
    named = {"who": who, "child": pair.child.name, "place": plain_name(pair.slot.rule.name)}
    return _("由%(who)s做%(child)s的%(place)s") % named


def _place_words(wish: dict[str, Any], one: Proposal) -> str:
    rule = one.scheme.slot_rules.filter(key=wish["place"]).first()
    before = rule.weights if rule else {}
    values = _("、").join(_value_words(name, value, before) for name, value in wish["said"].items())
    return _("%(place)s改成%(values)s") % {"place": plain_name(rule.name) if rule else wish["place"], "values": values}


def _value_words(name: str, value: Any, before: dict[str, int]) -> str:
    if name == "radius_m":
        return _("最远 %(n)s 公里") % {"n": f"{value / 1000:g}"} if value else _("不限远近")
    if name == "weights":
        changed = [wish for wish in WISHES if value.get(wish, 0) != before.get(wish, 0)]
        words = (f"{reason_in_words(wish)} {value.get(wish, 0) / POINTS_SHOWN:g}" for wish in changed)
        return _("看重%(wishes)s分") % {"wishes": _("、").join(words)}
    labels = dict(SlotRule.Reach.choices) | dict(SlotRule.SexRule.choices)
    return str(labels.get(value, value))
