"""What a waiting run, trial or repair stands behind, in words; used by their pages and by the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from matching.models import MatchingRun
    from matching.queue_selectors import Ahead

_MINUTE = 60


def told_ahead(ahead: Ahead | None) -> str:
    """E.g. 「等前面 1 个任务：绥阳县“二对一”的匹配，大约还要 2 分钟。」; "" where nothing stands before."""
    if ahead is None:
        return ""
    facts = {"n": ahead.count, "what": _first(ahead), "time": _time(ahead.seconds)}
    if ahead.is_most:
        return _("等前面 %(n)s 个任务：%(what)s，最多还要%(time)s。") % facts
    return _("等前面 %(n)s 个任务：%(what)s，大约还要%(time)s。") % facts


def _first(ahead: Ahead) -> str:
    if ahead.first is not None:
        return _run(ahead.first)
    words = {"run": _("别处的一次匹配"), "repair": _("空名额的补派"), "trial": _("一次试算")}
    return words.get(ahead.kind, _("一项别的计算"))


def _run(run: MatchingRun) -> str:
    schemes = run.schemes
    if len(schemes) == 1:
        return _("%(place)s“%(scheme)s”的匹配") % {"place": run.area.name, "scheme": schemes[0].name}
    return _("%(place)s %(n)s 个项目一起的匹配") % {"place": run.area.name, "n": len(schemes)}


def _time(seconds: int) -> str:
    if seconds < _MINUTE:
        return _("不到 1 分钟")
    return _(" %(n)s 分钟") % {"n": -(-seconds // _MINUTE)}
