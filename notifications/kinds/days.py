"""One's own part of an event day: new, changed, or no longer needed. For hosts, and for guardians."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.kinds.registry import Audience, Kind, Text, Urgency, register

_FACTS = "notifications.facts.of_day_notice"


def _day_kind(code: str, words: object, audience: Audience, zh: Text, en: Text) -> Kind:
    return register(Kind(code=code, words=words, audience=audience, facts=_FACTS, zh=zh, en=en, urgency=Urgency.SOON))


DAY_NEW = _day_kind(
    "DAY_NEW",
    _("活动安排"),
    Audience.HELPER,
    Text(
        subject="{date}的“{title}”，请您来",
        body="您好。\n\n{date}的“{title}”，您的安排是：\n\n{lines}\n\n当天在手机上看：\n\n{url}",
        short="{date}的“{title}”请您来，安排见 {url}",
    ),
    Text(
        subject="{title} on {date}: your part",
        body="Hello.\n\nYour part of “{title}” on {date}:\n\n{lines}\n\nOn your phone that day:\n\n{url}",
        short="You have a part in “{title}” on {date}: {url}",
    ),
)
DAY_CHANGED = _day_kind(
    "DAY_CHANGED",
    _("活动有变动"),
    Audience.HELPER,
    Text(
        subject="{date}的“{title}”有变动",
        body="您好。\n\n{date}的“{title}”，您的安排有变动：\n\n{lines}\n\n现在的安排：\n\n{url}",
        short="{date}的“{title}”您的安排有变动，请看 {url}",
    ),
    Text(
        subject="{title} on {date} has changed",
        body="Hello.\n\nYour part of “{title}” on {date} has changed:\n\n{lines}\n\nAs it is now:\n\n{url}",
        short="Your part of “{title}” on {date} has changed: {url}",
    ),
)
DAY_OFF = _day_kind(
    "DAY_OFF",
    _("活动不用来"),
    Audience.HELPER,
    Text(
        subject="{date}的“{title}”，不用您来了",
        body="您好。\n\n{date}的“{title}”，您原来的安排取消了，不用来：\n\n{lines}\n\n谢谢您。",
        short="{date}的“{title}”您原来的安排取消了，不用来。谢谢您。",
    ),
    Text(
        subject="{title} on {date}: you are not needed any more",
        body="Hello.\n\nYour part of “{title}” on {date} was cancelled; no need to come:\n\n{lines}\n\nThank you.",
        short="Your part of “{title}” on {date} was cancelled; no need to come. Thank you.",
    ),
)
DAY_NEW_GUARDIAN = _day_kind(
    "DAY_NEW_GUARDIAN",
    _("孩子的活动安排"),
    Audience.GUARDIAN,
    Text(
        subject="{date}的“{title}”，孩子的安排",
        body="您好。\n\n您的孩子参加{date}的“{title}”，安排是：\n\n{lines}",
        short="您的孩子参加{date}的“{title}”，安排见站内消息或问协调员。",
    ),
    Text(
        subject="{title} on {date}: your child's day",
        body="Hello.\n\nYour child takes part in “{title}” on {date}:\n\n{lines}",
        short="Your child takes part in “{title}” on {date}; see your inbox or ask the coordinator.",
    ),
)
DAY_CHANGED_GUARDIAN = _day_kind(
    "DAY_CHANGED_GUARDIAN",
    _("孩子的活动有变动"),
    Audience.GUARDIAN,
    Text(
        subject="{date}的“{title}”有变动",
        body="您好。\n\n{date}的“{title}”，孩子的安排有变动：\n\n{lines}",
        short="{date}的“{title}”孩子的安排有变动，请看站内消息或问协调员。",
    ),
    Text(
        subject="{title} on {date} has changed",
        body="Hello.\n\nYour child's part of “{title}” on {date} has changed:\n\n{lines}",
        short="Your child's part of “{title}” on {date} has changed; see your inbox or ask the coordinator.",
    ),
)
DAY_OFF_GUARDIAN = _day_kind(
    "DAY_OFF_GUARDIAN",
    _("孩子的活动取消"),
    Audience.GUARDIAN,
    Text(
        subject="{date}的“{title}”，孩子不用来了",
        body="您好。\n\n{date}的“{title}”，孩子不用来了：\n\n{lines}",
        short="{date}的“{title}”，孩子不用来了。",
    ),
    Text(
        subject="{title} on {date}: no need to come",
        body="Hello.\n\nYour child need not come to “{title}” on {date}:\n\n{lines}",
        short="Your child need not come to “{title}” on {date}.",
    ),
)

WORD_TAKEN_BACK = register(
    Kind(
        code="DAY_WORD_TAKEN_BACK",
        words=_("监护人撤回了参加活动的同意"),
        audience=Audience.COORDINATOR,
        facts="notifications.facts.of_word_taken_back",
        urgency=Urgency.SOON,
        zh=Text(
            subject="{date}的“{title}”，有一名孩子不参加了",
            body="一名孩子的监护人撤回了参加{date}“{title}”的同意。孩子已经从名单上去掉{moved_up}；"
            "以前打印的签到表和姓名牌请换掉。\n\n{url}",
            short="{date}的“{title}”有一名孩子的监护人撤回了同意，名单变了：{url}",
        ),
        en=Text(
            subject="“{title}” on {date}: one child does not take part any more",
            body="A guardian took back the consent that a child takes part in “{title}” on {date}. The child is off "
            "the list{moved_up}; please replace sign-in sheets and name tags printed before.\n\n{url}",
            short="“{title}” on {date}: a guardian took a consent back, the list has changed: {url}",
        ),
    )
)

FOR_HELPERS = {"NEW": DAY_NEW, "CHANGED": DAY_CHANGED, "OFF": DAY_OFF}
FOR_GUARDIANS = {"NEW": DAY_NEW_GUARDIAN, "CHANGED": DAY_CHANGED_GUARDIAN, "OFF": DAY_OFF_GUARDIAN}
