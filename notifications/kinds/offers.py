"""Being asked to look after a child, and what follows from the answer."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.kinds.registry import Audience, Kind, Text, register

OFFER_SENT = register(
    Kind(
        code="OFFER_SENT",
        words=_("邀请"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_open_offer",
        has_link=True,
        zh=Text(
            subject="请您做一名孩子的{place}",
            body=(
                "{helper}，您好。\n\n“{scheme}”请您做{school}{child}（{village}）的{place}。\n\n"
                "请在 {deadline} 前答复，点开下面的链接就可以，不用密码：\n\n{link}\n\n"
                "链接只给您本人，请不要转发。打开链接不算答复。"
            ),
            short="请您做一名孩子的{place}，{deadline}前答复：{link}",
        ),
        en=Text(
            subject="Will you be a child's {place}?",
            body=(
                "Dear {helper},\n\n“{scheme}” asks you to be the {place} of {child} ({school}, {village}).\n\n"
                "Please answer by {deadline}. Open this link, no password needed:\n\n{link}\n\n"
                "The link is for you alone; please do not forward it. Opening it is not an answer."
            ),
            short="You are asked to be a child's {place}. Please answer by {deadline}: {link}",
        ),
    )
)
OFFER_SENT_BUDDY = register(
    Kind(
        code="OFFER_SENT_BUDDY",
        words=_("邀请（学习帮手）"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_open_offer",
        has_link=True,
        zh=Text(
            subject="请您带两名孩子结成{place}",
            body=(
                "{helper}，您好。\n\n“{scheme}”请您带{school}{child}和{buddy}结成{place}。\n\n"
                "请在 {deadline} 前答复，点开下面的链接就可以，不用密码：\n\n{link}\n\n"
                "链接只给您本人，请不要转发。打开链接不算答复。"
            ),
            short="请您带两名孩子结成{place}，{deadline}前答复：{link}",
        ),
        en=Text(
            subject="Will you lead two children as {place}?",
            body=(
                "Dear {helper},\n\n“{scheme}” asks you to lead {child} and {buddy} of {school} as {place}.\n\n"
                "Please answer by {deadline}. Open this link, no password needed:\n\n{link}\n\n"
                "The link is for you alone; please do not forward it. Opening it is not an answer."
            ),
            short="You are asked to lead two children as {place}. Please answer by {deadline}: {link}",
        ),
    )
)
OFFER_ACCEPTED = register(
    Kind(
        code="OFFER_ACCEPTED",
        words=_("接受确认"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_offer",
        zh=Text(
            subject="已记下：您接受了{place}的邀请",
            body=(
                "{helper}，谢谢您。\n\n请在两周内去看一次孩子，并在网页上约好时间：\n\n{url}\n\n"
                "登录时用登记的邮箱或手机收一次验证码即可。"
            ),
            short="已记下您接受{place}的邀请。请在两周内去看一次孩子，约时间：{url}",
        ),
        en=Text(
            subject="Recorded: you accepted to be {place}",
            body=(
                "Thank you, {helper}.\n\nPlease visit the child within two weeks and set the time here:\n\n{url}\n\n"
                "To sign in, have a code sent to your registered mail address or phone."
            ),
            short="Recorded: you accepted to be {place}. Please visit the child within two weeks: {url}",
        ),
    )
)
OFFER_ACCEPTED_BUDDY = register(
    Kind(
        code="OFFER_ACCEPTED_BUDDY",
        words=_("接受确认（学习帮手）"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_offer",
        zh=Text(
            subject="已记下：您带两名孩子结成{place}",
            body=(
                "{helper}，谢谢您。\n\n请在两周内带{child}和{buddy}碰一次头，并在网页上约好时间：\n\n{url}\n\n"
                "登录时用登记的邮箱或手机收一次验证码即可。"
            ),
            short="已记下您带两名孩子结成{place}。请在两周内带他们碰一次头，约时间：{url}",
        ),
        en=Text(
            subject="Recorded: you lead two children as {place}",
            body=(
                "Thank you, {helper}.\n\nPlease bring {child} and {buddy} together within two weeks and set the time "
                "here:\n\n{url}\n\nTo sign in, have a code sent to your registered mail address or phone."
            ),
            short="Recorded: you lead two children as {place}. Please bring them together within two weeks: {url}",
        ),
    )
)
OFFER_ACCEPTED_FOR = register(
    Kind(
        code="OFFER_ACCEPTED_FOR",
        words=_("代为接受"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_offer",
        zh=Text(
            subject="{who}替您记下：您愿意做{place}",
            body=(
                "{helper}，您好。\n\n{who}替您记下了：您愿意做{school}{child}（{village}）的{place}。"
                "不是这样的话，请马上告诉他。\n\n安排在这里：\n\n{url}\n\n登录时用登记的邮箱或手机收一次验证码即可。"
            ),
            short="协调员替您记下：您愿意做{place}。不是这样请马上告诉他。安排见 {url}",
        ),
        en=Text(
            subject="{who} recorded for you: you will be {place}",
            body=(
                "Dear {helper},\n\n{who} recorded for you that you will be the {place} of {child} ({school}, "
                "{village}). If that is not so, please say so at once.\n\nWhat follows is here:\n\n{url}\n\n"
                "To sign in, have a code sent to your registered mail address or phone."
            ),
            short="Your coordinator recorded that you will be {place}. If that is not so, please say so at once: {url}",
        ),
    )
)
OFFER_ASKED = register(
    Kind(
        code="OFFER_ASKED",
        words=_("有人问问题"),
        audience=Audience.COORDINATOR,
        facts="notifications.facts.of_question",
        zh=Text(
            subject="{helper}答复邀请以前想问一句",
            body="{helper}想先问一句，再决定做不做{place}。请在这里回答：\n\n{url}",
            short="有人答复邀请以前想问一句，请回答：{url}",
        ),
        en=Text(
            subject="{helper} has a question before answering",
            body="{helper} would like to know something before deciding about {place}. Please answer here:\n\n{url}",
            short="Somebody has a question before answering a request: {url}",
        ),
    )
)
OFFER_ANSWERED = register(
    Kind(
        code="OFFER_ANSWERED",
        words=_("您的问题有了回答"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_open_offer",
        has_link=True,
        zh=Text(
            subject="您问的有了回答：{place}",
            body=(
                "{helper}，您好。\n\n您问的已经有了回答，点开就能看，也可以接着答复：\n\n{link}\n\n"
                "{deadline} 截止。链接只给您本人，请不要转发。打开链接不算答复。"
            ),
            short="您问的有了回答，点开就能看：{link}",
        ),
        en=Text(
            subject="Your question is answered: {place}",
            body=(
                "Dear {helper},\n\nYour question is answered. Open this to read it, and to give your own answer:\n\n"
                "{link}\n\nIt ends on {deadline}. The link is for you alone; please do not forward it. Opening it is "
                "not an answer."
            ),
            short="Your question is answered, please see: {link}",
        ),
    )
)
OFFER_WITHDRAWN = register(
    Kind(
        code="OFFER_WITHDRAWN",
        words=_("邀请撤回"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_offer",
        zh=Text(
            subject="{place}的邀请已撤回",
            body="{helper}，您好。\n\n之前请您做{place}的邀请已经撤回，您不用再答复。谢谢您。",
            short="请您做{place}的邀请已经撤回，您不用再答复。谢谢您。",
        ),
        en=Text(
            subject="The request to be {place} was withdrawn",
            body="Dear {helper},\n\nThe request to be {place} was withdrawn; you need not answer. Thank you.",
            short="The request to be {place} was withdrawn; you need not answer. Thank you.",
        ),
    )
)
OFFER_FILLED = register(
    Kind(
        code="OFFER_FILLED",
        words=_("名额已经有人"),
        audience=Audience.HELPER,
        facts="notifications.facts.of_offer",
        zh=Text(
            subject="{place}的名额已经有人了",
            body="{helper}，您好。\n\n之前请您做{place}的那个名额已经有人接下，您不用再答复。谢谢您愿意考虑。",
            short="之前请您做{place}的名额已经有人接下，您不用再答复。谢谢您。",
        ),
        en=Text(
            subject="The place as {place} is filled",
            body=(
                "Dear {helper},\n\nSomebody else has taken the place as {place} that we asked you about; you need not "
                "answer. Thank you for considering it."
            ),
            short="The place as {place} is filled by now; you need not answer. Thank you.",
        ),
    )
)
# Those that ask for an answer.
ASKING = (OFFER_SENT.code, OFFER_SENT_BUDDY.code)


def asking_kind(*, has_leader: bool) -> Kind:
    """How somebody is asked: a teacher who leads two classmates has words of their own."""
    return OFFER_SENT_BUDDY if has_leader else OFFER_SENT
