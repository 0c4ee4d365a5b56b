"""What helpers say about themselves, told to whoever coordinates for them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.kinds.registry import Audience, Kind, Text, Urgency, register

HELPER_LIMIT_SET = register(
    Kind(
        code="HELPER_LIMIT_SET",
        words=_("帮扶人改了名额"),
        audience=Audience.COORDINATOR,
        facts="notifications.facts.of_helper_limit",
        urgency=Urgency.CALM,
        zh=Text(
            subject="{helper}改了自己的名额",
            body="{helper}自己定了：最多带 {count} 名孩子。带着的这学期照旧。档案在这里：\n\n{url}",
            short="有帮扶人改了自己的名额，见 {url}",
        ),
        en=Text(
            subject="{helper} has set a limit",
            body=(
                "{helper} looks after at most this many children from now on: {count}. Whoever is looked after now "
                "stays this term. The file:\n\n{url}"
            ),
            short="A helper has set a limit of their own: {url}",
        ),
    )
)
