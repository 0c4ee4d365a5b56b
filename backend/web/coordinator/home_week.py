"""One home: its week, booking a room, the sheet for the wall, and what is in it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.models import Booking, Home, Room
from activities.place_selectors import bookings_of, bookings_visible_to, homes_visible_to, weeks_after
from activities.services.homes import (
    add_room,
    book_room,
    book_weekly,
    cancel_booking,
    cancel_following,
    change_room,
    set_equipment,
    set_opening_hours,
)
from backend.kernel.errors import DomainError
from backend.web.shared.forms import PlainForm, date_field, posted
from backend.web.shared.hours import WEEKDAYS, minutes_in, span_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from activities.models import OpeningHours

_WEEK = 7
_FARTHEST_DAYS = 3660
_QUARTERS = [(f"{hour:02d}:{minute:02d}",) * 2 for hour in range(6, 23) for minute in (0, 15, 30, 45)]


class BookingForm(PlainForm):
    """A room, what for, and when."""

    room = forms.ChoiceField(label=gettext_lazy("房间"))
    purpose = forms.ChoiceField(label=gettext_lazy("做什么"), choices=Booking.Purpose.choices)
    day = date_field(gettext_lazy("哪一天"))
    start = forms.ChoiceField(label=gettext_lazy("几点开始"), choices=_QUARTERS, initial="16:00")
    end = forms.ChoiceField(label=gettext_lazy("几点结束"), choices=_QUARTERS, initial="17:00")
    until = date_field(
        gettext_lazy("每周都要，到哪一天"),
        required=False,
        hint=gettext_lazy("只订这一次就不填。有一周被别人订了，就一次也不订。"),
    )

    def __init__(self, home: Home, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rooms = home.rooms.order_by("name")
        self.fields["room"].choices = [(room.public_id, room.name) for room in rooms]  # type: ignore[attr-defined]


class RoomForm(PlainForm):
    name = forms.CharField(label=gettext_lazy("房间"), max_length=40)
    zone = forms.ChoiceField(label=gettext_lazy("哪个区"), choices=Room.Zone.choices)
    seats = forms.IntegerField(label=gettext_lazy("能坐几个人"), min_value=1, max_value=500, initial=20)


class HoursForm(PlainForm):
    """One span for the days that are ticked, or none; the other days stay as they are."""

    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("哪几天"),
        coerce=int,
        choices=[(n + 1, word) for n, word in enumerate(WEEKDAYS)],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("几天时间不一样，就分几次存。没勾的那几天不变。"),
    )
    start = forms.ChoiceField(label=gettext_lazy("几点开门"), choices=_QUARTERS, initial="08:00")
    end = forms.ChoiceField(label=gettext_lazy("几点关门"), choices=_QUARTERS, initial="18:00")
    is_closed = forms.BooleanField(label=gettext_lazy("勾的这几天不开放"), required=False)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not found.get("is_closed") and found.get("start", "") >= found.get("end", "24"):
            self.add_error("end", _("关门要比开门晚。"))
        return found


class EquipmentForm(PlainForm):
    name = forms.CharField(label=gettext_lazy("设备"), max_length=40)
    wanted = forms.IntegerField(label=gettext_lazy("应有"), min_value=0, max_value=100_000)
    present = forms.IntegerField(label=gettext_lazy("现有"), min_value=0, max_value=100_000)


_FORMS = {"room": RoomForm, "hours": HoursForm, "equipment": EquipmentForm}


def home_week(request: HttpRequest, home_id: str) -> HttpResponse:
    """The week of a home; POST books a room."""
    one = _visible(request, home_id)
    form = BookingForm(one, posted(request), initial={"day": timezone.localdate() + timedelta(days=1)})
    if request.method == "POST" and form.is_valid():
        try:
            number = _book(request, one, form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            said = _("订好了。") if number == 1 else _("订好了，一共 %(n)s 周。") % {"n": number}
            messages.success(request, said)
            return redirect(f"{request.path}?day={form.cleaned_data['day']:%Y-%m-%d}")
    return render(request, "web/coordinator/home_week.html", _week_of(request, one) | {"form": form})


def _book(request: HttpRequest, one: Home, wanted: dict[str, Any]) -> int:
    """How many times it is booked: once, or every week up to a day."""
    room = one.rooms.select_related("home").get(public_id=wanted["room"])
    start, end = (_moment(wanted["day"], wanted[key]) for key in ("start", "end"))
    asked: dict[str, Any] = {"room": room, "purpose": wanted["purpose"], "start_at": start, "end_at": end}
    who: dict[str, Any] = {"actor": request.user, "now": timezone.now()}
    if wanted["until"] is None:
        book_room(**asked, **who)
        return 1
    return len(book_weekly(**asked, until=wanted["until"], **who))


def _moment(day: date, clock: str) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.fromisoformat(clock)))


def _week_of(request: HttpRequest, one: Home) -> dict[str, Any]:
    """Seven days from a Monday with what is booked on each."""
    monday = _monday(request)
    start = timezone.make_aware(datetime.combine(monday, time.min))
    rows = list(bookings_of(one, start=start, end=start + timedelta(days=_WEEK)))
    later = weeks_after(rows)
    for row in rows:
        row.goes_on = bool(later[row.pk])  # type: ignore[attr-defined]
    hours = {row.weekday: row for row in one.opening_hours.all()}
    days = [monday + timedelta(days=n) for n in range(_WEEK)]
    return {
        "home": one,
        "days": [
            (day, WEEKDAYS[day.weekday()], _said(hours.get(day.isoweekday())),
             [row for row in rows if timezone.localdate(row.start_at) == day])
            for day in days
        ],
        "monday": monday, "before": monday - timedelta(days=_WEEK), "after": monday + timedelta(days=_WEEK),
        "count": len(rows),
    }  # fmt: skip


def _said(hours: OpeningHours | None) -> str:
    return span_of(hours) if hours is not None else _("不开放")


def _monday(request: HttpRequest) -> date:
    try:
        day = date.fromisoformat(request.POST.get("day") or request.GET.get("day", ""))
    except ValueError:
        day = timezone.localdate()
    if abs(day - timezone.localdate()).days > _FARTHEST_DAYS:
        # The first and the last year a date can have hold no week before and after.
        day = timezone.localdate()
    return day - timedelta(days=day.weekday())


def home_wall(request: HttpRequest, home_id: str) -> HttpResponse:
    """The week on one sheet for the wall: times, rooms and purposes, and nobody's name."""
    return render(request, "web/coordinator/home_wall.html", _week_of(request, _visible(request, home_id)))


def home_edit(request: HttpRequest, home_id: str) -> HttpResponse:
    """Rooms, opening hours and equipment, each with a form of its own."""
    one = _visible(request, home_id)
    room = _room_of(one, request.POST.get("room") or request.GET.get("room", ""))
    shown = {name: form(prefix=name) for name, form in _FORMS.items()}
    shown["hours"] = HoursForm(prefix="hours", initial=_hours_of(one))
    if room is not None:
        shown["room"] = RoomForm(prefix="room", initial={"name": room.name, "zone": room.zone, "seats": room.seats})
    what = request.POST.get("what", "")
    if request.method == "POST" and what in _FORMS:
        form = shown[what] = _FORMS[what](posted(request), prefix=what)
        if form.is_valid() and _changed(request, one, what, form, room):
            messages.success(request, _("已保存。"))
            return redirect("web:home-edit", home_id)
    hours = [(WEEKDAYS[row.weekday - 1], _said(row)) for row in one.opening_hours.order_by("weekday")]
    context = {
        "home": one, "forms": shown, "hours": hours, "rooms": one.rooms.order_by("name"),
        "equipment": one.equipment.order_by("name"), "room": room,
    }  # fmt: skip
    return render(request, "web/coordinator/home_edit.html", context)


def _hours_of(one: Home) -> dict[str, Any]:
    """What the form begins with: the hours of the first open day, and the days that have the same."""
    rows = list(one.opening_hours.order_by("weekday"))
    if not rows:
        return {}
    start, end = (f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in (rows[0].start_minute, rows[0].end_minute))
    span = (rows[0].start_minute, rows[0].end_minute)
    alike = [row.weekday for row in rows if (row.start_minute, row.end_minute) == span]
    return {"days": alike, "start": start, "end": end}


def _hours_with(one: Home, wanted: dict[str, Any]) -> dict[int, tuple[int, int]]:
    """All hours of the week, those of the ticked days changed."""
    kept = {row.weekday: (row.start_minute, row.end_minute) for row in one.opening_hours.all()}
    rest = {day: span for day, span in kept.items() if day not in wanted["days"]}
    if wanted["is_closed"]:
        return rest
    return rest | dict.fromkeys(wanted["days"], (minutes_in(wanted["start"]), minutes_in(wanted["end"])))


def _room_of(one: Home, public_id: str) -> Room | None:
    """The room to change; 404 for one that is not of this home."""
    if not public_id:
        return None
    room: Room | None = one.rooms.select_related("home").filter(public_id=public_id).first()
    if room is None:
        raise Http404
    return room


def _changed(request: HttpRequest, one: Home, what: str, form: PlainForm, room: Room | None) -> bool:
    wanted = form.cleaned_data
    try:
        if what == "room" and room is not None:
            change_room(room=room, actor=request.user, **wanted)
        elif what == "room":
            add_room(home=one, actor=request.user, **wanted)
        elif what == "equipment":
            set_equipment(home=one, actor=request.user, **wanted)
        else:
            set_opening_hours(home=one, hours=_hours_with(one, wanted), actor=request.user)
    except DomainError as error:
        form.refuse(error)
        return False
    return True


def booking_cancel(request: HttpRequest, booking_id: str) -> HttpResponse:
    """Give a room back, once or from that week on; then show the week it was in."""
    booking = bookings_visible_to(request.reader).filter(public_id=booking_id).first()  # type: ignore[attr-defined]
    if booking is None:
        raise Http404
    try:
        if request.POST.get("do") == "following":
            number = cancel_following(booking=booking, actor=request.user, now=timezone.now())
            words = _("已取消 %(n)s 周，这些时间别人可以订了。") % {"n": number}
        else:
            cancel_booking(booking=booking, actor=request.user, now=timezone.now())
            words = _("已取消，这段时间别人可以订了。")
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, words)
    week = reverse("web:home-week", args=[booking.room.home.public_id])
    return redirect(f"{week}?day={timezone.localdate(booking.start_at):%Y-%m-%d}")


def _visible(request: HttpRequest, home_id: str) -> Home:
    found = homes_visible_to(request.reader).filter(public_id=home_id).first()  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return found
