"""Asking again before a deadline and after it, and telling a coordinator when nobody looked."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.kinds.registry import EMAIL, INBOX, ROBOT, SMS, Audience, Kind, Text, Urgency, register

OFFER_REMINDER = register(
    Kind(
        code="OFFER_REMINDER",
        words=_("邀请提醒"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_open_offer",
        has_link=True,
        zh=Text(
            subject="还等您答复：{place}",
            body=(
                "{helper}，您好。\n\n前几天请您做{school}{child}（{village}）的{place}，还没有收到您的答复。\n\n"
                "{deadline} 截止。愿意或不方便，都请点开说一声：\n\n{link}\n\n"
                "链接只给您本人，请不要转发。打开链接不算答复。"
            ),
            short="请您做{place}的邀请{deadline}截止，还等您答复：{link}",
        ),
        en=Text(
            subject="Still waiting for your answer: {place}",
            body=(
                "Dear {helper},\n\nWe asked you to be the {place} of {child} ({school}, {village}) and have no answer "
                "yet.\n\nIt ends on {deadline}. Whether you can or cannot, please say so here:\n\n{link}\n\n"
                "The link is for you alone; please do not forward it. Opening it is not an answer."
            ),
            short="The request to be {place} ends on {deadline} and waits for your answer: {link}",
        ),
    )
)
OFFER_LAPSED = register(
    Kind(
        code="OFFER_LAPSED",
        words=_("邀请已截止"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_offer",
        urgency=Urgency.CALM,
        zh=Text(
            subject="{place}的邀请已截止",
            body=(
                "{helper}，您好。\n\n请您做{place}的邀请 {deadline} 已截止，名额会另请别人。"
                "还愿意的话，请找您的协调员。"
            ),
            short="请您做{place}的邀请已截止。还愿意的话，请找您的协调员。",
        ),
        en=Text(
            subject="The request to be {place} has ended",
            body=(
                "Dear {helper},\n\nThe request to be {place} ended on {deadline}; somebody else will be asked. "
                "If you are still willing, please call your coordinator."
            ),
            short="The request to be {place} has ended. Still willing? Please call your coordinator.",
        ),
    )
)
VISIT_DUE = register(
    Kind(
        code="VISIT_DUE",
        words=_("家访快到期"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_open_visit",
        zh=Text(
            subject="{what}请在 {deadline} 前完成",
            body="{helper}，您好。\n\n{village}的一次{what}还没有约时间，请在 {deadline} 前完成。约时间：\n\n{url}",
            short="{village}的一次{what}请在{deadline}前完成，还没有约时间：{url}",
        ),
        en=Text(
            subject="Due by {deadline}: {what}",
            body=(
                "Dear {helper},\n\nThere is no time yet for this, which is due by {deadline}: {what}, {village}. "
                "Set it here:\n\n{url}"
            ),
            short="No time yet, due by {deadline}: {what}, {village}. {url}",
        ),
    )
)
VISIT_OVERDUE = register(
    Kind(
        code="VISIT_OVERDUE",
        words=_("家访过期"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_open_visit",
        zh=Text(
            subject="一次{what}过了期",
            body=(
                "{helper}，您好。\n\n{village}的一次{what} {deadline} 就该完成了。"
                "做过的请记完成，没做的请重新约时间：\n\n{url}"
            ),
            short="{village}的一次{what}{deadline}就该完成了。做过请点一下，没做请重新约：{url}",
        ),
        en=Text(
            subject="Overdue: {what}",
            body=(
                "Dear {helper},\n\nThis was due by {deadline}: {what}, {village}. If it is done, mark it as done; if "
                "not, please set a new time:\n\n{url}"
            ),
            short="Overdue since {deadline}: {what}, {village}. Please mark it as done or set a new time: {url}",
        ),
    )
)
VISIT_TIME = register(
    Kind(
        code="VISIT_TIME",
        words=_("日历邀请"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_timed_visit",
        zh=Text(
            subject="{what}的时间：{when}",
            body="{helper}，您好。\n\n{village}的一次{what}定在 {when}。在这里看：\n\n{url}",
            short="{village}的一次{what}定在{when}：{url}",
        ),
        en=Text(
            subject="{what}: {when}",
            body="Dear {helper},\n\n{what}, {village}: the time is {when}. See it here:\n\n{url}",
            short="{what}, {village}: {when}. {url}",
        ),
    )
)
VISIT_TIMED_FOR = register(
    Kind(
        code="VISIT_TIMED_FOR",
        words=_("家访时间由别人定了"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_timed_visit",
        zh=Text(
            subject="{what}定在 {when}",
            body="{helper}，您好。\n\n协调员把{village}的一次{what}定在 {when}。不方便的话，在这里另约时间：\n\n{url}",
            short="协调员把{village}的一次{what}定在{when}，不方便请另约：{url}",
        ),
        en=Text(
            subject="Set for {when}: {what}",
            body=(
                "Dear {helper},\n\nYour coordinator has set a time: {what}, {village}, {when}. If you cannot then, set "
                "another time here:\n\n{url}"
            ),
            short="Your coordinator has set a time: {what}, {village}, {when}. If you cannot, set another: {url}",
        ),
    )
)
OFFERS_UNREAD = register(
    Kind(
        code="OFFERS_UNREAD",
        words=_("有邀请没人打开"),
        audience=Audience.COORDINATOR,
        facts="notifications.facts.of_unread_offers",
        channels=frozenset({INBOX, EMAIL, ROBOT}),
        zh=Text(
            subject="有邀请一直没人打开",
            body="有人收到邀请好几天了还没有打开过。请打电话问一声，或换个办法：\n\n{url}",
            short="有邀请好几天没人打开，请打电话问一声：{url}",
        ),
        en=Text(
            subject="Requests nobody has opened",
            body="Some people were asked days ago and have not opened it. Please call, or try another way:\n\n{url}",
            short="Some requests were not opened for days, please call: {url}",
        ),
    )
)
DIGEST = register(
    Kind(
        code="DIGEST",
        words=_("每日汇总"),
        audience=Audience.ANYBODY,
        facts="notifications.facts.of_digest",
        channels=frozenset({EMAIL, SMS, ROBOT}),
        zh=Text(
            subject="{count} 条消息等您看",
            body="不急的事，一天一次一起告诉您：\n\n{lines}\n\n到这里看：\n\n{url}",
            short="{count}条消息等您看：{url}",
        ),
        en=Text(
            subject="{count} messages for you",
            body="What is not urgent, once a day:\n\n{lines}\n\nRead them here:\n\n{url}",
            short="{count} messages for you: {url}",
        ),
    )
)
