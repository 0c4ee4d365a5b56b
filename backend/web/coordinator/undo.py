"""撤销: one step after the other, back to the draft's beginning; never another step than the button names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.web.coordinator.listed_edits import back_to_list
from backend.web.coordinator.proposal import proposal_of
from backend.web.shared.forms import PlainForm
from backend.web.shared.sentences import sentence_of
from backend.web.shared.words import BROKEN
from backend.web.templatetags.qianshou import moment
from matching.plain_names import plain_name
from matching.selectors import pairs_visible_to
from matching.services.hand_edits import RuleBroken
from matching.services.undoing import ChangedAfter, undo_latest

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

STAYS = {
    "LIMIT": gettext_lazy("试算改过的上限后来又有人改了，没有动，请到帮扶人的档案里看。"),
    "RULE": gettext_lazy("试算改过的规则后来又有人改了，没有动，请到结对项目里看。"),
}

_NO_STEP = "?"
"""Names no step: what cannot be read is refused, and never taken for the latest."""


class UndoForm(PlainForm):
    """The step the button named."""

    batch = forms.CharField(max_length=16, required=False)


def edit_undo(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """Take back the reader's latest step, if it still is the one the button named."""
    draft = proposal_of(request.reader, proposal_id)  # type: ignore[attr-defined]
    form = UndoForm(request.POST)
    batch = form.cleaned_data["batch"] if form.is_valid() else _NO_STEP
    try:
        undone = undo_latest(proposal=draft, actor=request.user, now=timezone.now(), batch=batch)
    except DomainError as error:
        messages.warning(request, _refused_words(request, error))
    else:
        done = _("已撤销，%(n)s 个名额恢复原样。") % {"n": f"{len(undone.edits):,}"}
        messages.success(request, done + "".join(str(STAYS[one]) for one in undone.stays))
    return back_to_list(request, proposal_id)


def _refused_words(request: HttpRequest, error: DomainError) -> str:
    """What stands in the way, at which place, and what can be done about it."""
    visible = pairs_visible_to(request.reader)  # type: ignore[attr-defined]
    pair = visible.filter(public_id=error.facts["place"]).first() if "place" in error.facts else None
    if pair is None:
        return sentence_of(error)
    return _("没有撤销，一处也没动。") + _what_to_do(error) % {
        "child": pair.child.name,
        "place": plain_name(pair.slot.rule.name),
        "who": error.facts.get("who"),
        "when": moment(error.facts.get("when")),
        "rule": BROKEN.get(error.facts.get("rule", "")),
    }


def _what_to_do(error: DomainError) -> str:
    if isinstance(error, ChangedAfter):
        return _("%(child)s的%(place)s，%(who)s %(when)s 又改过。请对方先撤销那一步，您再撤销；或者在表里逐个改。")
    if isinstance(error, RuleBroken):
        return _("%(child)s的%(place)s，原来的人现在回不来：%(rule)s。先理顺这一处再撤销，或者在表里筛出其余的整批改。")
    return _("%(child)s的%(place)s已经结对或请过人，要改请到“结对”或“邀请”。其余的在表里筛出来整批改。")
