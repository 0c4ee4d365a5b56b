"""What the service says about itself: a test, and messages that did not arrive."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.kinds.registry import EMAIL, ROBOT, SMS, Audience, Kind, Text, Urgency, register

CHANNEL_TEST = register(
    Kind(
        code="CHANNEL_TEST",
        words=_("测试"),
        audience=Audience.ANYBODY,
        facts="notifications.facts.of_nothing",
        urgency=Urgency.URGENT,
        channels=frozenset({EMAIL, SMS, ROBOT}),
        zh=Text(
            subject="这是一条测试",
            body="收到这一条，说明这条路是通的。不用回复。\n\n要改收消息的办法：\n\n{url}",
            short="这是一条测试，收到说明这条路是通的。不用回复。",
        ),
        en=Text(
            subject="This is a test",
            body="If you read this, messages reach you this way. No answer is needed.\n\nTo change how:\n\n{url}",
            short="This is a test: messages reach you this way. No answer is needed.",
        ),
    )
)
MESSAGES_LOST = register(
    Kind(
        code="MESSAGES_LOST",
        words=_("有消息没有送到"),
        audience=Audience.COORDINATOR,
        facts="notifications.facts.of_lost_messages",
        urgency=Urgency.CALM,
        zh=Text(
            subject="有消息没有送到",
            body="今天有人没有收到消息。请看是谁，换个办法告诉他，或者重发：\n\n{url}",
            short="今天有人没有收到消息，请看是谁：{url}",
        ),
        en=Text(
            subject="Messages did not arrive",
            body="Somebody was not reached today. Please see who, tell them another way, or send again:\n\n{url}",
            short="Somebody was not reached today, please see who: {url}",
        ),
    )
)
