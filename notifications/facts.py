"""
What the placeholders of each kind of message say: one function per subject, named in the kind.

Each takes the message and the clock and answers names -> texts with `url`, the page about it, or None when there is
nothing left to tell. Of a child only what the holder of an open offer may know is said.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from activities.calendar_selectors import where_of
from activities.event_selectors import day_notices_by_id, declined_parts
from activities.models import EventDay
from activities.selectors import open_duties
from backend.roster.masking import classmate_name
from backend.roster.models import Area, Concern, Consent
from backend.roster.selectors import concerns_by_id, has_taken_back, helpers_by_id
from matching.models import Offer
from matching.plain_names import plain_name
from notifications.entries import noun_of
from notifications.kinds import words_of
from notifications.models import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

Facts = dict[str, str]


def page(path: str) -> str:
    """The address of one of our pages."""
    return f"{settings.PUBLIC_URL}{path}"


# Where the row a message is about is read: the name of its id in `about` -> many rows at once.
_READERS: dict[str, Callable[[Iterable[int]], Mapping[int, Any]]] = {
    "duty_id": open_duties,
    "notice_id": day_notices_by_id,
    "concern_id": concerns_by_id,
    "whose_id": helpers_by_id,
}


def read_ahead(messages: Sequence[Message]) -> None:
    """Read what many messages are about with one query for each kind of row."""
    for name, read in _READERS.items():
        about = [one for one in messages if name in one.about]
        rows = read(one.about[name] for one in about) if about else {}
        for one in about:
            one.row_ahead = {name: rows.get(one.about[name])}


def _row(message: Message, name: str) -> Any:
    """The row a message is about, None where it is gone or over."""
    if message.row_ahead is not None and name in message.row_ahead:
        return message.row_ahead[name]
    pk = message.about.get(name, 0)
    return _READERS[name]([pk]).get(pk)


def of_nothing(message: Message, *, now: datetime) -> Facts | None:  # noqa: ARG001 - one shape for all
    return {"url": page("/my/contact/")}


def of_open_offer(message: Message, *, now: datetime) -> Facts | None:
    """An offer that still waits for its answer."""
    offer = _offer(message)
    if offer is None or offer.state != Offer.State.SENT or offer.expires_at <= now:
        return None
    return _said(offer) | {"url": page(f"/my/offers/{offer.public_id}/")}


def of_offer(message: Message, *, now: datetime) -> Facts | None:  # noqa: ARG001
    """An offer or the pairing it became, for its helper."""
    offer = _offer(message)
    return None if offer is None else _said(offer) | {"url": page("/week/")}


def of_question(message: Message, *, now: datetime) -> Facts | None:
    """An offer its helper asks about, as long as it is open; the question itself stands on its page only."""
    facts = of_open_offer(message, now=now)
    offer = _offer(message)
    return None if facts is None or offer is None else facts | {"url": page(f"/offers/{offer.public_id}/")}


def of_stand_in(message: Message, *, now: datetime) -> Facts | None:  # noqa: ARG001
    """A pairing somebody stands in for, said to either of the two."""
    offer = _offer(message)
    if offer is None:
        return None
    until = date.fromisoformat(message.about["until_date"])
    return _said(offer) | {"helper": _you(message), "until": date_format(until, _("n月j日")), "url": page("/week/")}


def of_offer_for_guardian(message: Message, *, now: datetime) -> Facts | None:  # noqa: ARG001
    """The same for the guardian, who knows the child: only the place is named."""
    offer = _offer(message)
    return None if offer is None else {"place": plain_name(offer.slot.rule.name), "url": page("/my/child/")}


def of_stand_in_for_guardian(message: Message, *, now: datetime) -> Facts | None:
    """The same while somebody stands in, and until when."""
    facts = of_offer_for_guardian(message, now=now)
    until = date.fromisoformat(message.about["until_date"])
    return None if facts is None else facts | {"until": date_format(until, _("n月j日"))}


def of_stopped_visits(message: Message, *, now: datetime) -> Facts | None:
    """That nobody is to come to a child's home, as long as that is so; to whoever looks after it at present."""
    facts = of_offer(message, now=now)
    return None if facts is None or not _is_stopped(message) else facts | {"helper": _you(message)}


def of_visits_again(message: Message, *, now: datetime) -> Facts | None:
    """That they may come again, as long as the guardian has not thought better of it; to the same people."""
    facts = of_offer(message, now=now)
    return None if facts is None or _is_stopped(message) else facts | {"helper": _you(message)}


def of_stopped_visits_for_guardian(message: Message, *, now: datetime) -> Facts | None:
    """The same for the guardian whose word it is."""
    return of_offer_for_guardian(message, now=now) if _is_stopped(message) else None


def _is_stopped(message: Message) -> bool:
    offer = _offer(message)
    return offer is not None and has_taken_back(offer.child_id, Consent.Purpose.VISITS)


def _you(message: Message) -> str:
    """Whom it goes to: of a pairing somebody stands in for, either of the two."""
    return message.helper.name if message.helper is not None else ""


def of_lost_messages(message: Message, *, now: datetime) -> Facts | None:  # noqa: ARG001
    return {"url": page("/messages/?state=lost")}


def of_concern(message: Message, *, now: datetime) -> Facts | None:  # noqa: ARG001
    """Only where it comes from."""
    concern = _row(message, "concern_id")
    if concern is not None:
        return {"village": concern.area.name, "url": page(f"/concerns/{concern.public_id}/")}
    area = Area.objects.filter(pk=message.about["area_id"]).first()
    return {"village": area.name if area is not None else "", "url": page("/concerns/")}


def of_waiting_concern(message: Message, *, now: datetime) -> Facts | None:
    """The same as long as nobody has it, and for how long by then."""
    return _of_late_concern(message, now, Concern.State.OPEN)


def of_unrecorded_concern(message: Message, *, now: datetime) -> Facts | None:
    """The same as long as somebody has it and no result is written down."""
    return _of_late_concern(message, now, Concern.State.TAKEN)


def _of_late_concern(message: Message, now: datetime, state: str) -> Facts | None:
    concern = _row(message, "concern_id")
    if concern is None or concern.state != state:
        return None
    facts = of_concern(message, now=now)
    return None if facts is None else facts | {"count": str(message.about["hours"])}


def of_helper_limit(message: Message, *, now: datetime) -> Facts | None:  # noqa: ARG001
    """How many children a helper takes on by now, as long as they help."""
    helper = _row(message, "whose_id")
    if helper is None:
        return None
    return {"helper": helper.name, "count": str(helper.total_limit), "url": page(f"/helpers/{helper.public_id}/")}


def of_day_notice(message: Message, *, now: datetime) -> Facts | None:
    """What somebody's part of an event day is, or how it changed; nothing once the day is over."""
    notice = _row(message, "notice_id")
    if notice is None or notice.version.date < timezone.localdate(now):
        return None
    is_english = (get_language() or "").startswith("en")
    event = notice.version.event
    return {
        "title": notice.version.day.get("title") or event.title,
        "date": date_format(notice.version.date, _("n月j日")),
        "lines": "\n".join(line["en" if is_english else "zh"] for line in notice.lines),
        "url": page(f"/my/days/{event.public_id}/" if notice.helper_id else "/my/child/"),
    }


def of_host_declined(message: Message, *, now: datetime) -> Facts | None:
    """What a helper said no to of a day, as long as it stands and lies ahead."""
    parts = [one for one in declined_parts(message.about["day_id"], message.about["helper_id"]) if one.end_at > now]
    if not parts:
        return None
    event, helper = parts[0].event, parts[0].helper
    return {
        "helper": helper.name if helper is not None else "",
        "title": event.shown_title,
        "date": date_format(event.shown_date, _("n月j日")),
        "lines": "\n".join(f"{timezone.localtime(one.start_at):%H:%M} {one.name}" for one in parts),
        "url": page(f"/days/{event.public_id}/"),
    }


def of_word_taken_back(message: Message, *, now: datetime) -> Facts | None:
    """
    That a child left the list of a day, as long as the day lies ahead, and whether somebody moved up; which child says
    the page behind a login.
    """
    event = EventDay.objects.filter(pk=message.about["day_id"]).exclude(state=EventDay.State.CANCELLED).first()
    if event is None or event.shown_date < timezone.localdate(now):
        return None
    return {
        "title": event.shown_title,
        "date": date_format(event.shown_date, _("n月j日")),
        # Before it was counted, the fact did not say.
        "moved_up": _("，候补的补上来了") if message.about.get("moved_up") else "",
        "url": page(f"/days/{event.public_id}/seats/"),
    }


def of_open_visit(message: Message, *, now: datetime) -> Facts | None:  # noqa: ARG001
    """A visit that is still to be made, by `about["duty_id"]`."""
    duty = _row(message, "duty_id")
    if duty is None:
        return None
    return {
        "helper": duty.helper.name,
        "what": noun_of(duty),
        "village": where_of(duty),
        "when": date_format(timezone.localtime(duty.start_at), _("n月j日 H:i")) if duty.start_at else "",
        "deadline": date_format(duty.latest_date, _("n月j日")),
        "url": page("/week/"),
    }


def of_timed_visit(message: Message, *, now: datetime) -> Facts | None:
    """The same, as long as it has a time that lies ahead."""
    duty = _row(message, "duty_id")
    return of_open_visit(message, now=now) if duty is not None and duty.start_at and duty.start_at > now else None


def of_unread_offers(message: Message, *, now: datetime) -> Facts | None:  # noqa: ARG001
    return {"url": page("/offers/?tab=sent")}


def of_digest(message: Message, *, now: datetime) -> Facts | None:  # noqa: ARG001
    """The kinds of what came since yesterday and was not read, by `about["messages"]`."""
    rows = Message.objects.filter(pk__in=message.about.get("messages", []), read_at=None).order_by("pk")
    kinds = Counter(row.kind for row in rows)
    if not kinds:
        return None
    lines = "\n".join(f"· {words_of(kind)}" + (f" × {n}" if n > 1 else "") for kind, n in kinds.items())
    return {"count": str(sum(kinds.values())), "lines": lines, "url": page("/inbox/")}


def _offer(message: Message) -> Offer | None:
    return message.offer


def _said(offer: Offer) -> Facts:
    return {
        "helper": offer.asked.name,
        "buddy": classmate_name(offer.helper.name) if offer.leader_id else "",
        "child": classmate_name(offer.child.name),
        "place": plain_name(offer.slot.rule.name),
        "scheme": plain_name(offer.slot.rule.scheme.name),
        "village": offer.child.village.name,
        "school": offer.child.school.name if offer.child.school else "",
        "deadline": date_format(timezone.localtime(offer.expires_at), _("n月j日 H:i")),
        "who": offer.answered_by.display_name if offer.answered_by else "",
    }
