"""A part of an event day as an invitation by mail, for helpers who want such mails; and what a host answered."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.kinds.registry import EMAIL, Audience, Kind, Text, register

_MAIL = {
    "audience": Audience.HELPER,
    "facts": "notifications.part_mail.facts",
    "calendar": "notifications.part_mail.calendar",
    "channels": frozenset({EMAIL}),
}

PART_INVITED = register(
    Kind(
        code="PART_INVITED",
        words=_("活动环节的邮件邀请"),
        zh=Text(
            subject="请看时间：{date} {time} {part}·{title}",
            body="{helper}您好：\n\n{date}的“{title}”，请您来：\n\n{time}　{part}\n地点：{where}\n\n"
            "可以直接在邮件里接受或谢绝；来不了的话，安排活动的人马上会知道。\n\n当天在手机上看：\n\n{url}\n\n"
            "不想再收这样的邮件，在“订阅日历”里关掉就行。",
            short="{date} {time}“{title}”请您来：{part}。{url}",
        ),
        en=Text(
            subject="Please note: {date} {time} {part}, {title}",
            body="Hello {helper},\n\nYou are asked to help with “{title}” on {date}:\n\n{time}  {part}\n"
            "Place: {where}\n\nYou can accept or decline right in this mail; if you cannot come, whoever plans the "
            "day knows at once.\n\nOn your phone that day:\n\n{url}\n\n"
            "To stop mails like this, switch them off under “Calendar”.",
            short="“{title}” on {date}, {time}: {part}. {url}",
        ),
        **_MAIL,  # type: ignore[arg-type]
    )
)
PART_OFF = register(
    Kind(
        code="PART_OFF",
        words=_("活动环节的邮件邀请取消"),
        zh=Text(
            subject="已取消：{date} {time} {part}·{title}",
            body="{helper}您好：\n\n{date}的“{title}”，这一项不用您来了：\n\n{time}　{part}\n\n"
            "谢谢您。现在的安排：\n\n{url}",
            short="{date} {time}“{title}”不用您来了：{part}。",
        ),
        en=Text(
            subject="Cancelled: {date} {time} {part}, {title}",
            body="Hello {helper},\n\nYou are no longer needed for this part of “{title}” on {date}:\n\n"
            "{time}  {part}\n\nThank you. As it is now:\n\n{url}",
            short="“{title}” on {date}: you are no longer needed at {time}, {part}.",
        ),
        **_MAIL,  # type: ignore[arg-type]
    )
)
HOST_DECLINED = register(
    Kind(
        code="HOST_DECLINED",
        words=_("有主持人来不了"),
        audience=Audience.COORDINATOR,
        facts="notifications.facts.of_host_declined",
        zh=Text(
            subject="{helper}来不了{date}的“{title}”",
            body="{helper}说来不了{date}的“{title}”：\n\n{lines}\n\n请换人，别的尽量不动：\n\n{url}",
            short="{date}的“{title}”有主持人来不了，请换人：{url}",
        ),
        en=Text(
            subject="{helper} cannot come to “{title}” on {date}",
            body="{helper} cannot come to “{title}” on {date}:\n\n{lines}\n\n"
            "Please find somebody else; little else need change:\n\n{url}",
            short="A host cannot come to “{title}” on {date}; please find somebody else: {url}",
        ),
    )
)
