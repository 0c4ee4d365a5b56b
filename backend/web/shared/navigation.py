"""What each role finds in its navigation."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backend.accounts.models import COORDINATORS, HELPERS, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backend.roster.access import Reader

NOTHING_DUE: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Item:
    """One link; `is_here` marks the page that is open or the list it belongs to."""

    url: str
    icon: str
    words: Any
    is_here: bool = False
    due: int = 0


@dataclass(frozen=True)
class Group:
    """Links under one heading."""

    name: Any
    items: list[Item]


@dataclass(frozen=True)
class Shell:
    """The frame around a page."""

    groups: list[Group] = field(default_factory=list)
    foot: list[Item] = field(default_factory=list)
    tabs: list[Item] = field(default_factory=list)
    place: str = ""
    term: str = ""
    who: str = ""
    role_words: str = ""
    can_find: bool = False
    areas: tuple[tuple[str, str], ...] = ()
    area: str = ""
    other_roles: list[tuple[str, Any]] = field(default_factory=list)


# (url name, icon, words, url names of pages that belong to it)
_Row = tuple[str, str, Any, tuple[str, ...]]

_DESK: tuple[tuple[Any, tuple[_Row, ...]], ...] = (
    ("", (("web:today", "home", _("今天"), ()), ("web:inbox", "bell", _("收到的消息"), ("inbox-letter", "contact")))),
    (
        _("台账"),
        (
            (
                "web:children",
                "child",
                _("儿童"),
                (
                    "child",
                    "child-new",
                    "child-edit",
                    "child-assess",
                    "child-lower",
                    "child-consent",
                    "child-close",
                    "child-reveal",
                ),
            ),
            (
                "web:helpers",
                "people",
                _("帮扶人"),
                ("helper", "helper-new", "helper-edit", "helper-clearance", "helper-login"),
            ),
            ("web:clearances", "shield", _("背景核查"), ()),
            ("web:imports", "sheet", _("导入与导出"), ("import", "export", "import-mend", "import-confirm")),
        ),
    ),
    (
        _("结对"),
        (
            (
                "web:schemes",
                "scheme",
                _("结对项目"),
                (
                    "scheme",
                    "scheme-new",
                    "scheme-edit",
                    "scheme-restore",
                    "talks",
                    "talk-round-new",
                    "talk-round",
                    "talk-class",
                    "talk-new",
                    "talk-plan",
                    "talk-plan-print",
                    "talk-swap",
                ),
            ),
            ("web:runs", "run", _("匹配运行"), ("run", "run-new")),
            (
                "web:proposals",
                "proposal",
                _("结对方案"),
                (
                    "proposal",
                    "proposal-pair",
                    "publish",
                    "what-if",
                    "trial",
                    "why-not",
                    "reviews",
                    "pair-candidates",
                    "pair-edit",
                    "draft-compare",
                    "draft-export",
                ),
            ),
            ("web:offers", "mail", _("邀请"), ("offer-copy-link", "offer-accept", "offer-withdraw")),
            ("web:applications", "shield", _("申请与核查"), ("application-new",)),
            ("web:repairs", "half", _("补派"), ()),
            (
                "web:pairings",
                "pairing",
                _("结对"),
                ("pairing", "pairing-end", "pairing-suspend", "renewals", "renewal"),
            ),
            ("web:statements", "paper", _("责任书"), ("statements-print", "statements-export", "statement-text")),
        ),
    ),
    (
        _("安排"),
        (
            (
                "web:events",
                "event",
                _("活动"),
                (
                    "event",
                    "event-new",
                    "event-head",
                    "event-rules",
                    "event-part",
                    "event-place",
                    "event-groups",
                    "event-move",
                    "event-publish",
                    "event-versions",
                    "event-version",
                    "event-call-off",
                    "event-drop",
                    "event-editor",
                    "event-papers",
                    "event-paper",
                    "event-seats",
                    "event-seat",
                ),
            ),
            ("web:homes", "pin", _("留守儿童之家"), ("home-week", "home-edit", "home-wall")),
            ("web:calendar", "calendar", _("订阅日历"), ("calendar-renew",)),
        ),
    ),
    (
        _("进展"),
        (
            ("web:summaries", "sheet", _("学期小结"), ("summaries-print", "wall")),
            ("web:messages", "plane", _("消息"), ()),
        ),
    ),
)
_TABS: tuple[_Row, ...] = (
    ("web:week", "calendar", _("本周"), ("duty-time", "my-event", "week-list")),
    ("web:my-children", "child", pgettext_lazy("many", "孩子"), ("child", "my-offer", "my-offer-decline")),
    ("web:calendar", "bell", _("日历"), ("calendar-renew",)),
    ("web:inbox", "mail", _("消息"), ("inbox-letter",)),
    ("web:my-details", "me", _("我的"), ("contact", "my-limit", "my-hours", "my-hours-week", "my-pause")),
)
_GUARDIAN_TABS: tuple[_Row, ...] = (
    ("web:my-child", "child", _("孩子"), ("child",)),
    ("web:inbox", "mail", _("消息"), ("inbox-letter", "contact")),
)
_OTHERS: dict[str, tuple[_Row, ...]] = {
    Role.VILLAGE_DIRECTOR: (
        ("web:my-village", "home", _("我的村"), ()),
        ("web:inbox", "bell", _("收到的消息"), ("inbox-letter", "contact")),
        ("web:report", "warn", _("紧急上报"), ()),
        ("web:children", "child", pgettext_lazy("many", "孩子"), ("child",)),
        ("web:applications", "paper", _("申请与核查"), ("application-new",)),
        ("web:homes", "pin", _("留守儿童之家"), ("home-week", "home-wall")),
        ("web:calendar", "calendar", _("订阅日历"), ("calendar-renew",)),
    ),
    Role.AUDITOR: (("web:audit", "paper", _("审计记录"), ()),),
    Role.ADMIN: (
        ("web:system", "gear", _("系统"), ()),
        ("web:grants", "shield", _("角色授权"), ("grant-new", "grant-revoke", "grant-refuse")),
    ),
}


def groups_for(reader: Reader, here: str, due: Mapping[str, int] = NOTHING_DUE) -> list[Group]:
    """The groups of the left rail for one role; `here` is the url name of the open page, `due` counts by url name."""
    if reader.role in COORDINATORS:
        return [Group(name, [_item(row, here, due) for row in rows]) for name, rows in _DESK]
    rows = _OTHERS.get(str(reader.role), ())
    return [Group("", [_item(row, here, due) for row in rows])] if rows else []


def foot_for(reader: Reader, here: str) -> list[Item]:
    """What stands at the foot of the rail."""
    if reader.role not in COORDINATORS:
        return []
    reports = _item(("web:concerns", "warn", _("强制报告"), ("concern", "report")), here)
    if reader.role != Role.COUNTY_COORDINATOR:
        return [reports]
    belongs = ("county-telling", "county-texts", "county-text")
    return [reports, _item(("web:county-settings", "gear", _("全县设置"), belongs), here)]


def tabs_for(reader: Reader, here: str, due: Mapping[str, int] = NOTHING_DUE) -> list[Item]:
    """The tabs of the phone pages."""
    rows = _TABS if reader.role in HELPERS else _GUARDIAN_TABS if reader.role == Role.GUARDIAN else ()
    return [_item(row, here, due) for row in rows]


def _item(row: _Row, here: str, due: Mapping[str, int] = NOTHING_DUE) -> Item:
    name, icon, words, belongs = row
    is_here = here == name or here.removeprefix("web:") in belongs
    return Item(reverse(name), icon, words, is_here, due.get(name, 0))
