"""The form of a rule book: what a scheme says, then each of its places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.roster.levels import LEVEL_WORDS
from backend.roster.models import HelperRole
from backend.roster.models.assessment import Assessment
from backend.roster.models.people import Sex
from backend.roster.vocabulary import CATEGORIES, NEEDS, SERVICES
from backend.web.shared.forms import PlainForm
from backend.web.shared.words import reason_in_words
from matching.models import PlaceRole, Scheme, SlotRule
from matching.services.scheme_rules import MOST_PLACES, PlaceBook, SchemeBook

if TYPE_CHECKING:
    from django.http import QueryDict

_BANDS = (
    (1, gettext_lazy("一分也要争")),
    (25, gettext_lazy("相差 2.5 分以内算一样好")),
    (50, gettext_lazy("相差 5 分以内算一样好")),
)
WISHES = (
    "near",
    "same_village",
    "same_township",
    "class_teacher",
    "teaches_class",
    "same_sex",
    "needs",
    "wish",
    "kept",
)
_TARGET_SHOWN = ("categories", "needs", "guardianship_types", "ages", "grades", "sex")
_WHICH_SEX = (
    ("", gettext_lazy("男女童都可以")),
    (Sex.FEMALE, gettext_lazy("只给女童")),
    (Sex.MALE, gettext_lazy("只给男童")),
)
_RANGES = {"ages": "age", "grades": "grade"}  # in a target -> how its two fields begin
_SPARE = 2
"""Empty kinds of place a form offers: a new scheme can have two kinds at once."""
POINTS_SHOWN = 10  # the core counts to 1000, people to 100


def _ticks(label: Any, choices: Any, **options: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, choices=choices, widget=forms.CheckboxSelectMultiple, **options)


def _number(label: Any, low: int, high: int, hint: Any = "", *, required: bool = False) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=low, max_value=high, required=required, help_text=hint)


class SchemeForm(PlainForm):
    """What the whole scheme says."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=gettext_lazy("名称"), max_length=40)
    purpose = forms.CharField(
        label=gettext_lazy("说明"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    target_levels = _ticks(gettext_lazy("给哪几级儿童"), list(LEVEL_WORDS.items()))
    categories = _ticks(
        gettext_lazy("只给这些类别"),
        [(word, word) for word in CATEGORIES],
        required=False,
        help_text=gettext_lazy("都不选就不限类别；选几类，符合一类就算。"),
    )
    needs = _ticks(gettext_lazy("只给有这些需要的"), [(word, word) for word in (*NEEDS, *SERVICES)], required=False)
    guardianship_types = _ticks(gettext_lazy("只给这几类监护情况"), Assessment.GuardianshipType.choices, required=False)
    age_from = _number(gettext_lazy("从几岁"), 0, 17)
    age_to = _number(gettext_lazy("到几岁"), 0, 17)
    grade_from = _number(
        gettext_lazy("从几年级"), 0, 12, gettext_lazy("幼儿园填 0，小学 1 到 6，初中 7 到 9，高中 10 到 12。")
    )
    grade_to = _number(gettext_lazy("到几年级"), 0, 12)
    sex = forms.ChoiceField(label=gettext_lazy("女童还是男童"), choices=_WHICH_SEX, required=False)
    needs_application = forms.BooleanField(
        label=gettext_lazy("先申请、再核查、后指派"),
        required=False,
        help_text=gettext_lazy("没有核查通过的申请，孩子不参加匹配。"),
    )
    is_bundled = forms.BooleanField(label=gettext_lazy("必需的名额齐了才算配上，差一个就一个也不配"), required=False)
    has_woman_for_girl = forms.BooleanField(label=gettext_lazy("女童的几个名额里至少有一位女性"), required=False)
    limit_per_helper = _number(gettext_lazy("每人在本项目最多几名"), 1, 200, gettext_lazy("不填就按帮扶人自己的上限。"))
    target_per_helper = _number(
        gettext_lazy("每人应有几名"), 1, 200, gettext_lazy("只用来核对：运行以后说有几位到了这个数。")
    )
    counts_towards_total = forms.BooleanField(
        label=gettext_lazy("占帮扶人的名额上限"),
        required=False,
        help_text=gettext_lazy("不占名额的项目要单独匹配，例如一位教师包保四十名孩子。"),
    )
    lasts = forms.ChoiceField(label=gettext_lazy("结对多久"), choices=Scheme.Lasts.choices)
    tier_order = forms.ChoiceField(label=gettext_lazy("配齐以后先求什么"), choices=Scheme.TierOrder.choices)
    fit_band = forms.TypedChoiceField(label=gettext_lazy("多小的差别不计较"), choices=_BANDS, coerce=int)
    offer_days = _number(gettext_lazy("几天内答复"), 1, 7, required=True)
    offers_on = forms.ChoiceField(
        label=gettext_lazy("名额空出来以后"), choices=Scheme.OffersOn.choices, widget=forms.RadioSelect
    )

    def target(self, before: dict[str, Any]) -> dict[str, Any]:
        """The target as the scheme keeps it: what was said, and the conditions of before the page does not show."""
        said = self.cleaned_data
        target: dict[str, Any] = {name: value for name, value in before.items() if name not in _TARGET_SHOWN}
        target |= {name: said[name] for name in ("categories", "needs", "sex") if said[name]}
        if said["guardianship_types"]:
            target["guardianship_types"] = [int(one) for one in said["guardianship_types"]]
        for name, one in _RANGES.items():
            ends = [said[f"{one}_from"], said[f"{one}_to"]]
            target |= {name: ends} if ends != [None, None] else {}
        return target

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        turned = {
            "age": _("把两个数对调一下：到几岁不能比从几岁小。"),
            "grade": _("把两个数对调一下：到几年级不能比从几年级低。"),
        }
        for one, sentence in turned.items():
            low, high = said.get(f"{one}_from"), said.get(f"{one}_to")
            if low is not None and high is not None and low > high:
                self.add_error(f"{one}_to", sentence)
        limit, target = said.get("limit_per_helper"), said.get("target_per_helper")
        if limit is not None and target is not None and target > limit:
            self.add_error("target_per_helper", _("改成 %(n)s 或更小：不能超过每人最多几名。") % {"n": limit})
        return said


class PlaceForm(PlainForm):
    """One kind of place; an empty one at the end makes a new kind."""

    key = forms.CharField(widget=forms.HiddenInput, required=False)
    is_gone = forms.BooleanField(label=gettext_lazy("去掉这种名额"), required=False)
    name = forms.CharField(label=gettext_lazy("名额叫什么"), max_length=20, required=False)
    roles = _ticks(gettext_lazy("由谁担任"), PlaceRole.choices, required=False)
    elder_kinds = _ticks(
        gettext_lazy("五老里只要这几种"),
        HelperRole.ElderKind.choices,
        required=False,
        help_text=gettext_lazy("都不选就哪一种都行。"),
    )
    count = _number(gettext_lazy("每名孩子几个"), 1, 5)
    is_required = forms.BooleanField(
        label=gettext_lazy("必需"), required=False, help_text=gettext_lazy("不是必需的名额，等必需的都配好了再配。")
    )
    reach = forms.ChoiceField(label=gettext_lazy("多大范围"), choices=SlotRule.Reach.choices)
    radius_km = forms.DecimalField(
        label=gettext_lazy("最远几公里"), min_value=0, max_value=100, decimal_places=1, required=False
    )
    sex_rule = forms.ChoiceField(label=gettext_lazy("性别"), choices=SlotRule.SexRule.choices)
    age_gap_years = _number(gettext_lazy("至少比孩子大几岁"), 0, 60)
    required_skills = _ticks(gettext_lazy("必须会"), [(word, word) for word in SERVICES], required=False)
    monthly_minutes = _number(gettext_lazy("每月约需几分钟"), 0, 6000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = not self["key"].value()
        for name in ("name", "roles"):
            self.fields[name].is_needed = True  # type: ignore[attr-defined]  # unless the whole kind is left out
        for wish in WISHES:
            field = _number(reason_in_words(wish), 0, 100)
            field.widget.attrs["class"] = "form-control"
            self.fields[f"wish_{wish}"] = field

    @property
    def wishes(self) -> list[Any]:
        """The fields that share out a hundred points."""
        return [self[f"wish_{wish}"] for wish in WISHES]

    @property
    def is_folded(self) -> bool:
        """Whether the page keeps it shut: a further kind nobody has begun to describe."""
        return self.is_new and not self["name"].value() and not self["roles"].value() and not self.errors

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said in the form for a new kind."""
        said = self.cleaned_data
        return not said["key"] and not said["name"].strip() and not said["roles"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("is_gone") or not (said.get("key") or said.get("name") or said.get("roles")):
            return said
        if not (said.get("name") or "").strip():
            self.add_error("name", _("给这种名额起个名字，例如“监管教师”。"))
        roles = said.get("roles") or []
        if not roles:
            self.add_error("roles", _("选由谁担任。"))
        if PlaceRole.PEER in roles and len(roles) > 1:
            self.add_error("roles", _("同学伙伴要单独一种名额，去掉其他身份。"))
        points = sum(said.get(f"wish_{wish}") or 0 for wish in WISHES)
        if points > 100:  # noqa: PLR2004 - out of a hundred
            self.add_error(None, _("看重的几项加起来是 %(n)s 分，请减到 100 分以内。") % {"n": points})
        return said

    def ask_for_one(self) -> None:
        """Say on the spot that a scheme needs a kind of place: by keeping this one, or by describing it."""
        if self.cleaned_data.get("is_gone"):
            self.add_error("is_gone", _("至少要有一种名额：留下这一种，或先填好另一种。"))
            return
        self.add_error("name", _("至少要有一种名额：给它起个名字，例如“监管教师”。"))
        self.add_error("roles", _("选由谁担任。"))

    def place(self, before: PlaceBook | None) -> PlaceBook:
        """The place as the scheme keeps it; what the page does not show stays as before."""
        said = self.cleaned_data
        hidden = {name: value for name, value in (before.weights if before else {}).items() if name not in WISHES}
        old = before.weights if before else {}
        wishes = {wish: _points(said[f"wish_{wish}"] or 0, old.get(wish, 0)) for wish in WISHES}
        return PlaceBook(
            key=said["key"],
            name=said["name"],
            roles=_in_order(said["roles"], before.roles if before else []),
            elder_kinds=said["elder_kinds"],
            count=said["count"] or 1,
            is_required=said["is_required"],
            reach=said["reach"],
            radius_m=int((said["radius_km"] or 0) * 1000),
            sex_rule=said["sex_rule"],
            age_gap_years=said["age_gap_years"] or 0,
            required_skills=said["required_skills"],
            weights=hidden | {wish: points for wish, points in wishes.items() if points},
            monthly_minutes=said["monthly_minutes"] or 0,
        )


_PLAIN = (
    "name", "purpose", "needs_application", "is_bundled", "has_woman_for_girl", "limit_per_helper",
    "target_per_helper", "counts_towards_total", "lasts", "tier_order", "fit_band", "offer_days", "offers_on",
)  # fmt: skip


class BookForm:
    """A scheme's form and those of its places, read and checked as one."""

    def __init__(self, data: QueryDict | None, book: SchemeBook | None, version: int | None) -> None:
        self.before = {place.key: place for place in book.places} if book else {}
        self.target = book.target if book else {}
        self.scheme = SchemeForm(data, initial=_said(book, version))
        count = min(_places_sent(data), MOST_PLACES) if data is not None else len(self.before) + _SPARE
        shown = [*(_said_place(place) for place in self.before.values()), _NEW_PLACE]
        self.places = [
            PlaceForm(data, prefix=f"place-{number}", initial=shown[min(number, len(shown) - 1)])
            for number in range(min(count, MOST_PLACES))
        ]

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in (self.scheme, *self.places)]
        if not all(valid):
            return False
        if not self._kept():
            self.places[0].ask_for_one()
            return False
        has_peers = any(PlaceRole.PEER in form.cleaned_data["roles"] for form in self._kept())
        if has_peers and self.scheme.cleaned_data["counts_towards_total"]:
            self.scheme.add_error("counts_towards_total", _("去掉这个勾：同学伙伴没有名额上限。"))
            return False
        return True

    def _kept(self) -> list[PlaceForm]:
        return [form for form in self.places if not form.cleaned_data.get("is_gone") and not form.is_empty]

    def book(self) -> SchemeBook:
        """The whole rule book as it was sent."""
        said = self.scheme.cleaned_data
        return SchemeBook(
            target_levels=sorted((int(one) for one in said["target_levels"]), reverse=True),
            target=self.scheme.target(self.target),
            places=[form.place(self.before.get(form.cleaned_data["key"])) for form in self._kept()],
            **{name: said[name] for name in _PLAIN},
        )


def _points(shown: int, before: int) -> int:
    """The core's points; what the page shows rounded down stays exact where nobody changed it."""
    return before if before // POINTS_SHOWN == shown else shown * POINTS_SHOWN


def _in_order(roles: list[str], before: list[str]) -> list[str]:
    """The roles ticked, those that were there before first: the first is who is usually meant."""
    return sorted(roles, key=lambda role: before.index(role) if role in before else len(before))


_NEW_PLACE = {"count": 1, "is_required": True, "reach": SlotRule.Reach.TOWNSHIP, "monthly_minutes": 120}


def _places_sent(data: QueryDict) -> int:
    """How many place forms came back: they are numbered from 0."""
    number = 0
    while f"place-{number}-reach" in data:
        number += 1
    return number


def _said(book: SchemeBook | None, version: int | None) -> dict[str, Any]:
    if book is None:
        usual = {"offer_days": 7, "offers_on": Scheme.OffersOn.HALVES}
        return {"target_levels": [4], "counts_towards_total": True, "fit_band": 1} | usual
    ranges: dict[str, Any] = {}
    for name, one in _RANGES.items():
        ranges[f"{one}_from"], ranges[f"{one}_to"] = book.target.get(name, [None, None])
    lists = {name: book.target.get(name, []) for name in ("categories", "needs", "guardianship_types")}
    return vars(book) | lists | ranges | {"sex": book.target.get("sex", ""), "version": version}


def _said_place(place: PlaceBook) -> dict[str, Any]:
    wishes = {f"wish_{wish}": place.weights.get(wish, 0) // POINTS_SHOWN or None for wish in WISHES}
    return vars(place) | wishes | {"radius_km": place.radius_m / 1000 or None}
