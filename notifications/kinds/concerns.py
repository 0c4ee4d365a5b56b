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
