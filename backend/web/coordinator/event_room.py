"""A room of a home as a place of a day: chosen here, held once the day is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.place_selectors import rooms_visible_to
from activities.services.event_rooms import name_of, use_room
from backend.kernel.errors import DomainError
from backend.web.coordinator.event import event_of
from backend.web.shared.forms import PlainForm, posted, version_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from activities.models import Room


class DayRoomForm(PlainForm):
    """One of the rooms that are no place of the day yet."""

    room = forms.ChoiceField(
        label=gettext_lazy("哪个房间"),
        help_text=gettext_lazy("容几个人、那天几点开放，照房间和家的登记。发布的时候订下来，取消活动就退掉。"),
    )

    def __init__(self, *args: Any, rooms: dict[str, Room], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["room"].choices = [(key, f"{name_of(room)}（{room.seats}）") for key, room in rooms.items()]  # type: ignore[attr-defined]


def event_room(request: HttpRequest, event_id: str) -> HttpResponse:
    """The rooms to choose from; POST makes one of them a place of the day."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    free = rooms_visible_to(request.reader).exclude(day_rooms__event=one)  # type: ignore[attr-defined]
    rooms = {room.public_id: room for room in free.order_by("home__name", "name", "pk")}
    form = DayRoomForm(posted(request), rooms=rooms)
    if request.method == "POST" and form.is_valid():
        room = rooms[form.cleaned_data["room"]]
        try:
            use_room(event=one, version=version_of(request), room=room, actor=request.user, now=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("加进场地了。哪些环节用它，在环节里选。"))
            return redirect("web:event", event_id)
    return render(request, "web/coordinator/event_room.html", {"event": one, "form": form, "rooms": rooms})
