"""What happens to a pairing, told to the helper and to the child's guardian."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.kinds.registry import Audience, Kind, Text, register

PAIRING_ENDED = register(
    Kind(
        code="PAIRING_ENDED",
        words=_("结对结束"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_offer",
        zh=Text(
            subject="{place}的结对已经结束",
            body="{helper}，您好。\n\n您做{place}的一个结对已经结束，以后的家访不用去了。谢谢您这段时间的照看。",
            short="您做{place}的一个结对已经结束，以后的家访不用去了。谢谢您。",
        ),
        en=Text(
            subject="A pairing as {place} has ended",
            body=(
                "Dear {helper},\n\nOne of your pairings as {place} has ended; no more visits are due. "
                "Thank you for your care."
            ),
            short="One of your pairings as {place} has ended; no more visits are due. Thank you.",
        ),
    )
)
PAIRING_PAUSED = register(
    Kind(
        code="PAIRING_PAUSED",
        words=_("结对暂停"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_offer",
        zh=Text(
            subject="{place}的结对暂停了",
            body=("{helper}，您好。\n\n您做{place}的一个结对先暂停，家访也先停。恢复时会再告诉您；有疑问请找协调员。"),
            short="您做{place}的一个结对先暂停，家访也先停。恢复时会再告诉您。",
        ),
        en=Text(
            subject="A pairing as {place} is paused",
            body=(
                "Dear {helper},\n\nOne of your pairings as {place} is paused, and so are its visits. We will tell you "
                "when it goes on; ask your coordinator if anything is unclear."
            ),
            short="One of your pairings as {place} is paused, and so are its visits.",
        ),
    )
)
PAIRING_RESUMED = register(
    Kind(
        code="PAIRING_RESUMED",
        words=_("结对恢复"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_offer",
        zh=Text(
            subject="{place}的结对恢复了",
            body=(
                "{helper}，您好。\n\n您做{place}的一个结对恢复了，又看得到孩子的资料。"
                "还没去看过孩子的，请重新约一次家访；有疑问请找协调员。"
            ),
            short="您做{place}的一个结对恢复了。还没去看过孩子的，请重新约一次家访。",
        ),
        en=Text(
            subject="A pairing as {place} goes on",
            body=(
                "Dear {helper},\n\nOne of your pairings as {place} goes on, and you see the child's file again. "
                "If the first visit is still due, please set a new time; ask your coordinator if anything is unclear."
            ),
            short="One of your pairings as {place} goes on. If the first visit is still due, please set a new time.",
        ),
    )
)
GUARDIAN_PAIRING_ENDED = register(
    Kind(
        code="GUARDIAN_PAIRING_ENDED",
        words=_("结对结束（告诉监护人）"),
        audience=Audience.GUARDIAN,
        facts="notifications.facts.of_offer_for_guardian",
        zh=Text(
            subject="孩子的{place}结束了",
            body=(
                "您好。\n\n您家孩子的{place}这一段结束了。需要再配人的，我们会另外找，找到了告诉您；有疑问请找协调员。"
            ),
            short="您家孩子的{place}这一段结束了。需要再配人的，找到了告诉您。",
        ),
        en=Text(
            subject="Your child's {place} has ended",
            body=(
                "Hello,\n\nThis time of your child's {place} has ended. Where somebody else is needed we look for them "
                "and tell you; ask the coordinator if anything is unclear."
            ),
            short="This time of your child's {place} has ended. We tell you when somebody else is found.",
        ),
    )
)
GUARDIAN_PAIRING_PAUSED = register(
    Kind(
        code="GUARDIAN_PAIRING_PAUSED",
        words=_("结对暂停（告诉监护人）"),
        audience=Audience.GUARDIAN,
        facts="notifications.facts.of_offer_for_guardian",
        zh=Text(
            subject="孩子的{place}暂停了",
            body=(
                "您好。\n\n您家孩子的{place}先暂停，家访也先停。恢复时会再告诉您；"
                "孩子有急事请找协调员，有危险请先打 110。"
            ),
            short="您家孩子的{place}先暂停，家访也先停。有急事请找协调员，有危险请先打 110。",
        ),
        en=Text(
            subject="Your child's {place} is paused",
            body=(
                "Hello,\n\nYour child's {place} is paused, and so are the visits. We will tell you when it goes on. "
                "If something is urgent ask the coordinator; in danger call 110 first."
            ),
            short="Your child's {place} is paused. Urgent: ask the coordinator; in danger call 110 first.",
        ),
    )
)
GUARDIAN_PAIRING_RESUMED = register(
    Kind(
        code="GUARDIAN_PAIRING_RESUMED",
        words=_("结对恢复（告诉监护人）"),
        audience=Audience.GUARDIAN,
        facts="notifications.facts.of_offer_for_guardian",
        zh=Text(
            subject="孩子的{place}恢复了",
            body="您好。\n\n您家孩子的{place}恢复了，会重新联系您约家访。登录后在“我的孩子”里看得到是谁：\n\n{url}",
            short="您家孩子的{place}恢复了，会重新联系您约家访。",
        ),
        en=Text(
            subject="Your child's {place} goes on",
            body=(
                "Hello,\n\nYour child's {place} goes on; somebody will call to set a visit. Sign in to see who it is, "
                "under “My child”:\n\n{url}"
            ),
            short="Your child's {place} goes on; somebody will call to set a visit.",
        ),
    )
)
GUARDIAN_PAIRING_BEGAN = register(
    Kind(
        code="GUARDIAN_PAIRING_BEGAN",
        words=_("结对开始（告诉监护人）"),
        audience=Audience.GUARDIAN,
        facts="notifications.facts.of_offer_for_guardian",
        zh=Text(
            subject="孩子有了{place}",
            body=(
                "您好。\n\n有人答应做您家孩子的{place}了。登录后在“我的孩子”里看得到是谁；有疑问请找协调员：\n\n{url}"
            ),
            short="有人答应做您家孩子的{place}了。登录后看得到是谁，有疑问请找协调员。",
        ),
        en=Text(
            subject="Your child has a {place} now",
            body=(
                "Hello,\n\nSomebody has agreed to be your child's {place}. Sign in to see who it is, under “My child”; "
                "ask the coordinator if anything is unclear:\n\n{url}"
            ),
            short="Somebody has agreed to be your child's {place}. Sign in to see who; questions to the coordinator.",
        ),
    )
)
FOR_GUARDIANS = {
    PAIRING_ENDED.code: GUARDIAN_PAIRING_ENDED.code,
    PAIRING_PAUSED.code: GUARDIAN_PAIRING_PAUSED.code,
    PAIRING_RESUMED.code: GUARDIAN_PAIRING_RESUMED.code,
}
