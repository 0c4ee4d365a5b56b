"""Whether anybody may come to a child's home, told to those who would and to the guardian who decides."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.kinds.registry import Audience, Kind, Text, register

VISITS_STOPPED = register(
    Kind(
        code="VISITS_STOPPED",
        words=_("监护人不同意家访了"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_stopped_visits",
        zh=Text(
            subject="{village}的家访先不要去了",
            body=(
                "{helper}，您好。\n\n您做{place}的一个孩子，监护人撤回了家访的同意：约好的家访取消了，请不要上门。"
                "结对还在，可以在学校或打电话关心孩子；有疑问请找协调员。"
            ),
            short="您做{place}的一个孩子，监护人不同意家访了：约好的取消，请不要上门，结对还在。",
        ),
        en=Text(
            subject="Please do not visit: {village}",
            body=(
                "Dear {helper},\n\nFor one of your pairings as {place} the guardian no longer agrees to visits at "
                "home: what was planned is called off, please do not go there. The pairing goes on, at school or by "
                "phone; ask your coordinator if anything is unclear."
            ),
            short="One guardian no longer agrees to visits (you: {place}). Please do not go; the pairing goes on.",
        ),
    )
)
GUARDIAN_VISITS_STOPPED = register(
    Kind(
        code="GUARDIAN_VISITS_STOPPED",
        words=_("家访停了（告诉监护人）"),
        audience=Audience.GUARDIAN,
        facts="notifications.facts.of_stopped_visits_for_guardian",
        zh=Text(
            subject="家访停了",
            body=(
                "您好。\n\n您撤回了家访的同意，约好的家访都取消了，不会有人上门。孩子的{place}还在；"
                "以后又愿意家访的，告诉协调员，重新签字就行。"
            ),
            short="您撤回了家访的同意，约好的家访都取消了。孩子的{place}还在；以后又愿意的，告诉协调员。",
        ),
        en=Text(
            subject="No more visits at home",
            body=(
                "Hello,\n\nYou withdrew your consent to visits at home: what was planned is called off, and nobody "
                "will come. Your child's {place} goes on; should you agree again, tell the coordinator and sign anew."
            ),
            short="You withdrew your consent to visits: they are off. {place} goes on; you can always agree again.",
        ),
    )
)
VISITS_AGAIN = register(
    Kind(
        code="VISITS_AGAIN",
        words=_("又可以家访了"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_visits_again",
        zh=Text(
            subject="{village}又可以家访了",
            body=(
                "{helper}，您好。\n\n您做{place}的一个孩子，监护人又同意家访了。"
                "还没去看过孩子的，请在这里约一次：\n\n{url}"
            ),
            short="您做{place}的一个孩子，监护人又同意家访了。还没去过的，请约一次：{url}",
        ),
        en=Text(
            subject="Visits are welcome again: {village}",
            body=(
                "Dear {helper},\n\nFor one of your pairings as {place} the guardian agrees to visits again. If the "
                "first one is still due, please set a time here:\n\n{url}"
            ),
            short="For one of your pairings as {place} visits are welcome again. If one is due, set a time: {url}",
        ),
    )
)
