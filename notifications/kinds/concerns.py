"""A report that must be acted on at once. It says that there is one and where, never about whom or what."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.kinds.registry import Audience, Kind, Text, Urgency, register

CONCERN_RAISED = register(
    Kind(
        code="CONCERN_RAISED",
        words=_("强制报告"),
        audience=Audience.COORDINATOR,
        facts="notifications.facts.of_concern",
        urgency=Urgency.URGENT,
        gives_up_after=None,
        zh=Text(
            subject="{village}有一件强制报告，请马上看",
            body="{village}有人刚才上报了一件强制报告。请马上打开，确认由您处理：\n\n{url}",
            short="{village}有一件强制报告，请马上看：{url}",
        ),
        en=Text(
            subject="A mandatory report from {village}: please look at once",
            body="There is a new mandatory report from {village}. Open it at once and say that you have it:\n\n{url}",
            short="A mandatory report from {village}, please look at once: {url}",
        ),
    )
)
CONCERN_UNTAKEN = register(
    Kind(
        code="CONCERN_UNTAKEN",
        words=_("强制报告没有人接"),
        audience=Audience.COORDINATOR,
        facts="notifications.facts.of_waiting_concern",
        urgency=Urgency.URGENT,
        gives_up_after=None,
        zh=Text(
            subject="{village}的强制报告过了 {count} 小时还没有人接",
            body=(
                "{village}的一件强制报告已经过了 {count} 小时，还没有人确认收到。"
                "请马上打开，由您处理或者找到人：\n\n{url}"
            ),
            short="{village}的强制报告过了 {count} 小时还没有人接，请马上看：{url}",
        ),
        en=Text(
            subject="A mandatory report from {village} waits for {count} hours",
            body=(
                "For {count} hours nobody has confirmed a mandatory report from {village}. Open it now, take it up or "
                "find somebody who does:\n\n{url}"
            ),
            short="A mandatory report from {village} waits for {count} hours, please look at once: {url}",
        ),
    )
)
CONCERN_UNRECORDED = register(
    Kind(
        code="CONCERN_UNRECORDED",
        words=_("强制报告没有记下结果"),
        audience=Audience.COORDINATOR,
        facts="notifications.facts.of_unrecorded_concern",
        urgency=Urgency.URGENT,
        gives_up_after=None,
        zh=Text(
            subject="{village}的强制报告过了 {count} 小时还没有记下结果",
            body="{village}的一件强制报告有人接了，过了 {count} 小时还没有记下做了什么。请打开补上：\n\n{url}",
            short="{village}的强制报告还没有记下结果，请补上：{url}",
        ),
        en=Text(
            subject="A mandatory report from {village} has no result after {count} hours",
            body=(
                "Somebody took up a mandatory report from {village} {count} hours ago or more, and what was done is not"
                " written down. Please add it:\n\n{url}"
            ),
            short="A mandatory report from {village} has no result yet, please add it: {url}",
        ),
    )
)
