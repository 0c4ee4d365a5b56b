"""Why a pairing rests or ended, or an offer was taken back, as people read it. Pages and lists that leave use it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# Words for the reasons the service itself gives when it ends or pauses a pairing, or takes an offer back.
REASON_WORDS = {
    "clearance": _("背景核查到期"),
    "rested.too_long": _("暂停太久，没有说哪天恢复"),
    "child.left": _("孩子不再需要结对"),
    "child.moved": _("孩子迁走了"),
    "child.closed": _("孩子满 18 岁或已结案"),
    "child.deceased": _("孩子去世"),
    "child.moved_house": _("孩子搬了家或转了学"),
    "helper.left": _("帮扶人离开了"),
    "consent.withdrawn": _("监护人撤回了同意"),
    "pair.excluded": _("登记为不可结对"),
    "slot.filled": _("这个名额已经有人了"),
    "application.withdrawn": _("申请撤回了"),
    "handed_over": _("交接给别人"),
    "helper.paused": _("帮扶人请假"),
    "renewal.ends:child_left": _("学期结束：孩子不在册了"),
    "renewal.ends:no_place": _("学期结束：下学期没有这个名额"),
    "renewal.ends:not_targeted": _("学期结束：下学期不再是这个项目的对象"),
    "renewal.ends:no_consent": _("学期结束：没有监护人同意"),
    "renewal.ends:not_applied": _("学期结束：没有核查过的申请"),
    "renewal.ends:taken": _("学期结束：下学期的名额已经有别人"),
    "renewal.changes:helper_left": _("学期结束：帮扶人离开了，另请人"),
    "renewal.changes:not_cleared": _("学期结束：背景核查到不了学期末，另请人"),
    "renewal.changes:excluded": _("学期结束：登记为不可结对，另请人"),
    "renewal.changes:role": _("学期结束：身份不合这个名额，另请人"),
    "renewal.changes:limit": _("学期结束：名额满了，另请人"),
}


def plain_reason(reason: str) -> str:
    """A reason as people read it: the service's own in words, anybody else's as it was typed."""
    return str(REASON_WORDS.get(reason, reason))
