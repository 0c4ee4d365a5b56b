"""What the person asked may know of an offer before saying yes, whether by link or signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.roster.masking import classmate_name
from backend.roster.presenting import present_to_link_holder
from backend.web.shared.forms import PlainForm
from matching.models import Offer, Pairing, PlaceRole
from matching.models.pairings import OPEN_STATES
from matching.plain_names import plain_name
from matching.selectors import holder_of_place, reasons_for_asked

if TYPE_CHECKING:
    from datetime import datetime

_WHY = {
    "same_school": gettext_lazy("您与这个孩子同校"),
    "same_village": gettext_lazy("您和孩子同村"),
    "near": gettext_lazy("您住得不远"),
    "same_township": gettext_lazy("您和孩子在同一个乡镇"),
    "wish": gettext_lazy("您或孩子家里提出过"),
    "kept": gettext_lazy("上学期就是您"),
}
_MOST_REASONS = 2


class DeclineForm(PlainForm):
    """Why not: one reason, none of them ticked beforehand; that two children do not fit is asked of their teacher."""

    reason = forms.ChoiceField(
        label=gettext_lazy("选一个原因，只有协调员看得到"),
        choices=Offer.DeclineReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("请选一个原因。")},
    )
    note = forms.CharField(
        label=gettext_lazy("想说明的话"), required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )


class AskForm(PlainForm):
    """What somebody wants to know before answering."""

    text = forms.CharField(
        label=gettext_lazy("想问什么"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("协调员会在这里回答，有了回答会告诉您。"),
    )


def decline_form(offer: Offer, data: Any) -> DeclineForm:
    """The form for one offer, with the reasons that can be meant."""
    form = DeclineForm(data)
    if offer.leader_id is None:
        form.fields["reason"].choices = [row for row in Offer.DeclineReason.choices if row[0] != "UNFIT"]  # type: ignore[attr-defined]
    return form


def buddy_of(offer: Offer) -> str:
    """The classmate's name as the holder of a link may read it; "" where no classmate is meant."""
    return classmate_name(offer.helper.name) if offer.leader_id is not None else ""


def title_of(offer: Offer) -> str:
    """The question itself, the child by surname only."""
    facts = {
        "name": _called(offer),
        "child": present_to_link_holder(offer.child, now=timezone.now()).values.get("name", ""),
        "place": plain_name(offer.slot.rule.name),
        "buddy": buddy_of(offer),
    }
    if facts["buddy"]:
        return _("%(name)s，请您带%(child)s和%(buddy)s结成%(place)s") % facts
    return _("%(name)s，请您做%(child)s的%(place)s") % facts


def _called(offer: Offer) -> str:
    surname = offer.asked.name[:1]
    if offer.leader_id is not None or offer.slot.rule.roles[:1] == [PlaceRole.TEACHER]:
        return _("%(surname)s老师") % {"surname": surname}
    return _("%(surname)s同志") % {"surname": surname}


def why_of(offer: Offer) -> str:
    """One sentence: what the two have in common, and how much room the helper has."""
    if offer.leader_id is not None:
        return _("您和两个孩子同校，所以先想到您。")
    words = [str(_WHY[code]) for code in reasons_for_asked(offer)[:_MOST_REASONS]]
    room = _room(offer)
    if room > 0:
        words.append(_("名下还可以再带 %(n)s 名") % {"n": room})
    return _("%(facts)s，所以先想到您。") % {"facts": _("，").join(words)} if words else ""


def _room(offer: Offer) -> int:
    """Places the helper has left, in total and in this scheme; 0 where neither has a limit."""
    scheme = offer.slot.rule.scheme
    held = Pairing.objects.filter(helper_id=offer.helper_id, state__in=OPEN_STATES).aggregate(
        all=Count("pk", filter=Q(slot__rule__scheme__counts_towards_total=True)),
        here=Count("pk", filter=Q(slot__rule__scheme=scheme)),
    )
    rooms = [offer.helper.total_limit - held["all"]] if scheme.counts_towards_total else []
    rooms += [scheme.limit_per_helper - held["here"]] if scheme.limit_per_helper is not None else []
    return min(rooms, default=0)


def facts_of(offer: Offer, now: datetime) -> dict[str, Any]:
    """Everything the page of an open offer says."""
    scheme = offer.slot.rule.scheme
    return {
        "offer": offer,
        "title": title_of(offer),
        "buddy": buddy_of(offer),
        "why": why_of(offer),
        "child": present_to_link_holder(offer.child, now=now).values,
        "days_left": max(0, (timezone.localdate(offer.expires_at) - timezone.localdate(now)).days),
        "scheme": scheme,
        "county": scheme.county,
        "term_end": scheme.term.end_date,
        "questions": list(offer.questions.order_by("asked_at", "pk")),
        "monthly_hours": f"{offer.slot.rule.monthly_minutes / 60:g}",
    }


def state_of(offer: Offer, now: datetime) -> str:
    """The state a person sees: an open offer past its deadline has lapsed already."""
    return "LAPSED" if offer.state == Offer.State.SENT and offer.expires_at <= now else str(offer.state)


def shown_state(offer: Offer, now: datetime) -> str:
    """
    The same as it is said to whoever was asked: TAKEN where somebody looks after the child on this place by now, so
    that a yes could not be recorded, YOURS where it is they themselves.
    """
    state = state_of(offer, now)
    was_filled = state == Offer.State.WITHDRAWN and offer.note == Offer.FILLED
    if state != Offer.State.SENT and not was_filled:
        return state
    holder = holder_of_place(offer)
    if holder is None:
        return "TAKEN" if was_filled else state
    return "YOURS" if holder.helper_id == offer.helper_id else "TAKEN"
