"""我的孩子, for a guardian: what is held about the child, who looks after it, what was agreed to."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.roster.access import children_visible_to
from backend.roster.masking import classmate_name
from backend.roster.presenting import present_list
from matching.plain_names import plain_name
from matching.selectors import pairings_visible_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from matching.models import Pairing


def named(pairing: Pairing) -> str:
    """Who comes at present. A classmate is somebody else's child: by surname only, with the teacher who leads both."""
    if pairing.leader is not None:
        facts = {"buddy": classmate_name(pairing.helper.name), "leader": (pairing.stand_in or pairing.leader).name}
        return _("%(buddy)s，%(leader)s带领") % facts
    if pairing.stand_in is not None:
        return _("%(name)s，替%(other)s") % {"name": pairing.stand_in.name, "other": pairing.helper.name}
    return pairing.helper.name


def my_child(request: HttpRequest) -> HttpResponse:
    """One card per child; helpers appear with name and role, never with where they live."""
    reader = request.reader  # type: ignore[attr-defined]
    visible = children_visible_to(reader).select_related("village", "school", "school_class")
    children = list(visible.prefetch_related("consents").order_by("name_sort", "pk"))
    shown = present_list(reader, children, now=timezone.now())
    pairings = list(pairings_visible_to(reader).filter(state="ACTIVE").order_by("pk"))
    cards = [
        {
            "child_id": one.public_id,
            "values": facts.values,
            "helpers": [(named(row), plain_name(row.slot.rule.name)) for row in pairings if row.child_id == one.pk],
            "consents": sorted((row for row in one.consents.all() if row.withdrawn_at is None), key=attrgetter("pk")),
        }
        for one, facts in zip(children, shown, strict=True)
    ]
    return render(request, "web/guardian/my_child.html", {"cards": cards})
