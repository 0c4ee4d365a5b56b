"""What is first to do with a new ledger or a new term: match, and assess whoever is not assessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import Role
from backend.roster.access import children_visible_to
from backend.roster.models import Child
from backend.web.coordinator.due_item import Due
from matching.models import Pairing, Proposal
from matching.models.pairings import OPEN_STATES
from matching.plain_names import plain_name
from matching.selectors import schemes_visible_to, targeted_children

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader
    from matching.models import Scheme

_GREATEST_NEED = 4


def scheme_in_hand(reader: Reader, now: datetime) -> Scheme | None:
    """The scheme of the present term that serves the children in greatest need."""
    day = timezone.localdate(now)
    running = schemes_visible_to(reader).filter(is_active=True, term__start_date__lte=day, term__end_date__gte=day)
    for scheme in running.prefetch_related("slot_rules").order_by("pk"):
        if _GREATEST_NEED in scheme.target_levels:
            return scheme
    return None


def never_matched(reader: Reader, now: datetime) -> list[Due]:
    """For the county: nobody has been matched in this term yet."""
    scheme = scheme_in_hand(reader, now) if reader.role == Role.COUNTY_COORDINATOR else None
    if scheme is None:
        return []
    stands = Pairing.objects.filter(slot__rule__scheme=scheme, state__in=OPEN_STATES)
    if Proposal.objects.filter(scheme=scheme).exists() or stands.exists():
        return []
    mine = children_visible_to(reader).filter(need_level=_GREATEST_NEED).order_by().values("pk")
    count = targeted_children(scheme, timezone.localdate(now)).filter(pk__in=mine).count()
    if not count:
        return []
    return [
        Due(
            "open",
            "run",
            _("%(scheme)s：%(n)s 名四级儿童还没有匹配过") % {"scheme": plain_name(scheme.name), "n": f"{count:,}"},
            _("先看清谁参加、谁不参加，再开始。算出来的是方案，发布以前谁也不会收到消息"),
            f"{reverse('web:run-new')}?scheme={scheme.public_id}",
            _("去匹配"),
        )
    ]


def not_assessed(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001 - one shape for all kinds
    """Children without a heart level: schemes by level pass them over."""
    count = children_visible_to(reader).filter(state=Child.State.ACTIVE, heart_level=None).count()
    if not count:
        return []
    return [
        Due(
            "",
            "child",
            _("%(n)s 名孩子还没有评心级") % {"n": f"{count:,}"},
            _("按心级配的项目配不到他们"),
            reverse("web:children") + "?level=none",
            _("看名单"),
        )
    ]
