"""Who takes part: signing up, places by school, the waiting list, consent copied from paper, attendance."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from activities.event_selectors import (
    children_to_sign_up,
    event_days_open_to,
    event_days_visible_to,
    own_school,
    seats_visible_to,
)
from activities.models import DayConsent, DaySeat
from activities.services import event_seats, event_ticks
from backend.kernel.errors import DomainError
from backend.roster.access import organisations_visible_to
from backend.web.coordinator.event_fields import CountsField, LinesField
from backend.web.shared.child_names import names_for
from backend.web.shared.day_seats import where_from
from backend.web.shared.forms import PlainForm, date_field, posted
from backend.web.shared.listing import search_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from activities.models import EventDay
    from backend.roster.access import Reader
    from backend.roster.models import Child, Organisation

_MOST_SHOWN = 100
_MOST_AT_ONCE = 2000
_GUEST = 4
_SHOWN_OF_A_LINE = 30
_SEXES = {"": "", "男": "M", "女": "F", "boy": "M", "girl": "F"}
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_GUEST_HINT = "姓名 / 来自 / 男或女 / 出生日期，后三样可不填。例如：张小明 / 越城区 / 男 / 2016-05-04"


class SignUpForm(PlainForm):
    """Children on file, of those the reader answers for."""

    children = forms.MultipleChoiceField(
        label=gettext_lazy("给谁报名"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("请至少选一个孩子。")},
    )  # fmt: skip

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["children"].choices = choices  # type: ignore[attr-defined]


class GuestsForm(PlainForm):
    """Children without a file, one a line."""

    guests = LinesField(
        label=gettext_lazy("不在台账里的孩子，一行一个"), rows=4, required=True,
        help_text=gettext_lazy(_GUEST_HINT),
    )  # fmt: skip

    def clean_guests(self) -> list[event_seats.Guest]:
        return [self._guest(line) for line in self.cleaned_data["guests"]]

    def _guest(self, line: str) -> event_seats.Guest:
        """One line, typed with strokes or pasted from a sheet with tabs."""
        told = [
            part.strip() for part in (line.split("\t") if "\t" in line else re.split("[/／]", line, maxsplit=_GUEST))
        ]
        name, place, sex, born = (told + [""] * _GUEST)[:_GUEST]
        if not name or len(name) > 30 or len(place) > 60:  # noqa: PLR2004 - as long as the columns
            raise _wrong(_("“%(line)s”看不懂，先写姓名，不超过 30 个字。"), line)
        if sex not in _SEXES:
            raise _wrong(_("“%(line)s”的第三样写“男”或“女”，不知道就空着。"), line)
        day = _born(born)
        if born and day is None:
            raise _wrong(_("“%(line)s”的出生日期写成 2016-05-04 这样，要在今天以前。"), line)
        if any(told[_GUEST:]):
            raise _wrong(_("“%(line)s”写多了，最多四样：姓名、来自、男或女、出生日期。"), line)
        return event_seats.Guest(name, place, _SEXES[sex], day)


def _wrong(words: str, line: str) -> forms.ValidationError:
    return forms.ValidationError(words % {"line": line[:_SHOWN_OF_A_LINE] + "…" * (len(line) > _SHOWN_OF_A_LINE)})


def _born(text: str) -> date | None:
    """A date of birth of somebody who is there and no grown-up, None for anything else."""
    match, today = _DAY.fullmatch(text), timezone.localdate()
    try:
        day = date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
    return day if day is not None and event_seats.is_birth_date(day, today) else None


class PlacesForm(PlainForm):
    """How many can come, and how many of each school."""

    places = forms.IntegerField(label=gettext_lazy("一共几个名额"), min_value=1, max_value=event_seats.MOST_PLACES)
    quotas = CountsField(
        label=gettext_lazy("每所学校几个，一行一所"), rows=4,
        help_text=gettext_lazy("例如：平桥村小学 12。没写的学校不限。"),
    )  # fmt: skip

    def __init__(self, *args: Any, schools: dict[str, Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schools = schools

    def clean_quotas(self) -> dict[Organisation, int]:
        counts = self.cleaned_data["quotas"]
        for name in counts:
            if name not in self.schools:
                raise forms.ValidationError(_("没有叫“%(name)s”的学校。") % {"name": name})
        return {self.schools[name]: count for name, count in counts.items()}


def open_event(reader: Reader, event_id: str) -> EventDay:
    """The day among those a coordinator may sign children up for, else 404."""
    one: EventDay | None = event_days_open_to(reader).filter(public_id=event_id).first()
    if one is None:
        raise Http404
    return one


def event_seats_page(request: HttpRequest, event_id: str) -> HttpResponse:
    """The list; POST signs children up."""
    one = open_event(request.reader, event_id)  # type: ignore[attr-defined]
    form, chosen, _found_n = _sign_up_form(request, one)
    if request.method == "POST" and form.is_valid():
        return _done(
            request,
            one,
            len(chosen),
            lambda: event_seats.sign_up(event=one, children=chosen, actor=request.user, now=timezone.now()),
        )
    return _shown(request, one)


def _sign_up_form(request: HttpRequest, one: EventDay, *, is_sent: bool = True) -> tuple[SignUpForm, list[Child], int]:
    """The form with those who were looked for, whom it names, and how many were found."""
    reader = request.reader  # type: ignore[attr-defined]
    waiting_for = _children_to_sign_up(reader, one)
    found = _found(waiting_for, search_of(request))
    sent = request.POST if request.method == "POST" else request.GET
    chosen = list(waiting_for.filter(public_id__in=sent.getlist("children")[:_MOST_AT_ONCE]))
    form = SignUpForm(
        posted(request) if is_sent else None, choices=_choices(reader, [*chosen, *found[:_MOST_SHOWN]]),
        initial={"children": [child.public_id for child in chosen]},
    )  # fmt: skip
    return form, chosen, found.count()


def _shown(
    request: HttpRequest, one: EventDay, *, guests: GuestsForm | None = None, places: PlacesForm | None = None
) -> HttpResponse:
    """The page, with whichever of its forms was sent as it was filled in."""
    reader = request.reader  # type: ignore[attr-defined]
    seats = _named(request, one)
    form, _chosen, found = _sign_up_form(request, one, is_sent=guests is None and places is None)
    quotas = "\n".join(
        f"{q.school.name} {q.places}" for q in one.quotas.select_related("school").order_by("school__name")
    )
    context = {
        "event": one,
        "may_plan": event_days_visible_to(reader).filter(pk=one.pk).exists(),
        "placed": [seat for seat in seats if seat.state == DaySeat.State.PLACE],
        "waiting": [seat for seat in seats if seat.state == DaySeat.State.WAITING],
        "form": form,
        "q": search_of(request),
        "found": found,
        "has_children": bool(search_of(request)) or _children_to_sign_up(reader, one).exists(),
        "most": _MOST_SHOWN,
        "guests": guests or GuestsForm(),
        "places": places or PlacesForm(initial={"places": one.places, "quotas": quotas}, schools={}),
    }
    return render(request, "web/coordinator/event_seats.html", context)


def _children_to_sign_up(reader: Reader, one: EventDay) -> QuerySet[Child]:
    """Children the reader answers for who are not on the list, by school and name."""
    there = one.seats.filter(child__isnull=False).exclude(state=DaySeat.State.GONE).values("child_id")
    rows = children_to_sign_up(reader, one).exclude(pk__in=there)
    return rows.select_related("village", "school", "school_class").order_by("school__name", "name_sort", "pk")


def _found(rows: QuerySet[Child], q: str) -> QuerySet[Child]:
    """Those whose name in characters or pinyin, school or village has what was typed."""
    if not q:
        return rows
    places = Q(school__name__contains=q) | Q(village__name__contains=q) | Q(village__parent__name__contains=q)
    return rows.filter(Q(name_search__contains=q.lower()) | places)


def _choices(reader: Reader, children: list[Child]) -> list[tuple[str, str]]:
    """Each once, as a choice in words."""
    names = names_for(reader, children, now=timezone.now())
    return [
        (child.public_id, f"{names[child.pk]}（{child.school.name if child.school else child.village.name}）")
        for child in dict.fromkeys(children)
    ]


def _named(request: HttpRequest, one: EventDay) -> list[Any]:
    reader = request.reader  # type: ignore[attr-defined]
    rows = list(
        seats_visible_to(reader, one)
        .exclude(state=DaySeat.State.GONE)
        .prefetch_related("consents")
        .order_by("signed_at", "pk")
    )
    names = names_for(reader, [seat.child for seat in rows if seat.child], now=timezone.now())
    present = event_ticks.presence_of(one)
    groups = {group["key"]: group.get("name") or group["key"] for group in one.draft["groups"]}
    for seat in rows:
        seat.name = names[seat.child_id] if seat.child_id else seat.guest_name  # type: ignore[attr-defined]
        seat.where = where_from(seat)  # type: ignore[attr-defined]
        seat.group_name = groups.get(seat.group_key, "")  # type: ignore[attr-defined]
        seat.is_there = present.get(seat.pk)  # type: ignore[attr-defined]
        live = {c.purpose for c in seat.consents.all() if c.withdrawn_at is None}
        seat.may_come = "TAKE_PART" in live  # type: ignore[attr-defined]
    rows.sort(key=lambda seat: (seat.state != "PLACE", seat.child_id is None))
    return rows


def _done(request: HttpRequest, one: EventDay, asked: int, act: Any) -> HttpResponse:
    try:
        number = act()
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        said = [_("%(n)s 名孩子报上了。") % {"n": number}]
        if asked > number:
            said.append(_("%(n)s 名本来就在名单上，没有再加。") % {"n": asked - number})
        messages.success(request, " ".join(said) if get_language() == "en" else "".join(said))
    return redirect("web:event-seats", one.public_id)


def event_guests(request: HttpRequest, event_id: str) -> HttpResponse:
    """Sign children up who have no file; a wrong line leaves what was typed."""
    reader = request.reader  # type: ignore[attr-defined]
    one = open_event(reader, event_id)
    if request.method != "POST":
        return _shown(request, one)
    form = GuestsForm(request.POST)
    if not form.is_valid():
        return _shown(request, one, guests=form)
    guests = form.cleaned_data["guests"]
    return _done(
        request,
        one,
        len(guests),
        lambda: event_seats.sign_up_guests(
            event=one, guests=guests, school=own_school(reader), actor=request.user, now=timezone.now()
        ),
    )


def event_quotas(request: HttpRequest, event_id: str) -> HttpResponse:
    """Set the places; only who plans the day."""
    reader = request.reader  # type: ignore[attr-defined]
    one = event_days_visible_to(reader).filter(public_id=event_id).first()
    if one is None:
        raise Http404
    if request.method != "POST":
        return _shown(request, one)
    schools = {row.name: row for row in organisations_visible_to(reader).filter(kind="SCHOOL")}
    form = PlacesForm(request.POST, schools=schools)
    if not form.is_valid():
        return _shown(request, one, places=form)
    told = form.cleaned_data
    try:
        event_seats.put_places(
            event=one, places=told["places"], quotas=told["quotas"], actor=request.user, now=timezone.now()
        )
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("名额改好了。"))
    return redirect("web:event-seats", event_id)


class ConsentForm(PlainForm):
    """What was signed on paper: for which purposes, by whom, when."""

    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("同意哪几样"), choices=DayConsent.Purpose.choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("请照纸上勾选。")},
    )  # fmt: skip
    given_by = forms.CharField(label=gettext_lazy("谁签的字"), max_length=60)
    given_date = date_field(gettext_lazy("哪天签的"))

    def clean_given_date(self) -> date:
        """A paper that is signed tomorrow is not there yet."""
        day: date = self.cleaned_data["given_date"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("还没到那一天。"))
        return day


class ConsentsForm(ConsentForm):
    """The same papers of several children, collected at once."""

    children = forms.MultipleChoiceField(
        label=gettext_lazy("收齐了谁的"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("请至少选一个孩子。")},
    )  # fmt: skip
    field_order = ("children", "purposes", "given_by", "given_date")

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"given_by": _("监护人")})
        super().__init__(*args, **kwargs)
        self.fields["children"].choices = choices  # type: ignore[attr-defined]


def event_consents(request: HttpRequest, event_id: str) -> HttpResponse:
    """Children with a place whose consent to take part is not on file; POST notes those of the ticked ones."""
    one = open_event(request.reader, event_id)  # type: ignore[attr-defined]
    seats = [seat for seat in _named(request, one) if seat.state == DaySeat.State.PLACE and not seat.may_come]
    form = ConsentsForm(posted(request), choices=[(seat.public_id, f"{seat.name}（{seat.where}）") for seat in seats])
    if request.method == "POST" and form.is_valid():
        ticked = set(form.cleaned_data["children"])
        chosen = [seat for seat in seats if seat.public_id in ticked]
        _note_consents(request, chosen, form.cleaned_data)
        messages.success(request, _("记下了 %(n)s 名孩子的同意书。") % {"n": len(chosen)})
        return redirect("web:event-seats", event_id)
    return render(request, "web/coordinator/event_consents.html", {"event": one, "form": form, "seats": seats})


def _note_consents(request: HttpRequest, seats: list[DaySeat], told: dict[str, Any]) -> None:
    event_seats.record_consents(
        seats=seats, purposes=told["purposes"], given_by=told["given_by"], given_date=told["given_date"],
        actor=request.user,
    )  # fmt: skip


def event_seat(request: HttpRequest, event_id: str, seat_id: str) -> HttpResponse:
    """One child's consents for this day; POST notes some."""
    one = open_event(request.reader, event_id)  # type: ignore[attr-defined]
    seat = next((row for row in _named(request, one) if row.public_id == seat_id), None)
    if seat is None:
        raise Http404
    form = ConsentForm(posted(request))
    if request.method == "POST" and form.is_valid():
        _note_consents(request, [seat], form.cleaned_data)
        messages.success(request, _("记下了。"))
        return redirect("web:event-seats", event_id)
    context = {"event": one, "seat": seat, "form": form, "consents": seat.consents.order_by("purpose", "pk")}
    return render(request, "web/coordinator/event_seat.html", context)


def event_seat_act(request: HttpRequest, event_id: str, seat_id: str) -> HttpResponse:
    """Take a child off the list, or note that a consent was taken back."""
    reader = request.reader  # type: ignore[attr-defined]
    one = open_event(reader, event_id)
    seat = seats_visible_to(reader, one).filter(public_id=seat_id).first()
    if seat is None:
        raise Http404
    try:
        if request.POST.get("do") == "leave":
            event_seats.leave(seat=seat, actor=request.user)
            messages.success(request, _("从名单上去掉了，候补的会补上来。"))
        elif request.POST.get("do") == "withdraw":
            purpose = request.POST.get("purpose", "")
            event_seats.withdraw_consent(seat=seat, purpose=purpose, actor=request.user, now=timezone.now())
            is_off = not event_seats.is_listed(seat)
            messages.success(
                request,
                _("记下了：监护人撤回了同意，孩子从名单上去掉了。") if is_off else _("记下了：监护人撤回了同意。"),
            )
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    return redirect("web:event-seats", event_id)
