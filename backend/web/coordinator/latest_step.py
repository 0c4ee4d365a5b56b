"""What the reader changed last in a draft: what the note above the table says, and its button."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import Role
from matching.models import Proposal
from matching.services.undoing import changed_after, latest_batch

if TYPE_CHECKING:
    from django.http import HttpRequest

_JUST_NOW = timedelta(hours=12)
_SHOWN_EDITS = 3


def latest_step(draft: Proposal, request: HttpRequest) -> dict[str, Any]:
    """
    The step that can be taken back next; or who changed one of its places since, and which. Nothing for a reader who
    may not take it back: whoever has changed roles would read of people they see no longer.
    """
    role = request.reader.role  # type: ignore[attr-defined]
    if draft.state != Proposal.State.OPEN or role != Role.COUNTY_COORDINATOR:
        return {}
    batch = latest_batch(proposal=draft, user=request.user)
    shown = list(batch.select_related("pair__child", "pair__slot__rule", "pair__helper").order_by("pk")[:_SHOWN_EDITS])
    if not shown:
        return {}
    n = batch.count()
    return {
        "edits": shown,
        "more_edits": n - len(shown),
        "is_just_now": shown[0].made_at > timezone.now() - _JUST_NOW,
        "undo_batch": shown[0].batch,
        "undo_words": _undo_words(shown[0].verb, n),
        "changed_after": changed_after(batch),
    }


def _undo_words(verb: str, n: int) -> str:
    """What the button takes back."""
    words = {
        "pair.put": _("撤销：换人"),
        "pair.swapped": _("撤销：对调两人"),
        "pair.taken_off": _("撤销：撤下 %(n)s 个名额"),
        "pair.locked": _("撤销：锁定 %(n)s 个名额"),
        "pair.unlocked": _("撤销：解锁 %(n)s 个名额"),
        "pair.applied": _("撤销：用了试算的结果"),
    }
    return words[verb] % {"n": f"{n:,}"} if verb in words else _("撤销")
