"""Somebody stands in for a helper for a while: told to both and to the guardian, at the beginning and the end."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.kinds.registry import Audience, Kind, Text, register


def _kind(code: str, words: object, zh: Text, en: Text) -> Kind:
    facts = "notifications.facts.of_stand_in"
    return register(Kind(code=code, words=words, audience=Audience.HELPER, facts=facts, zh=zh, en=en))


def _for_guardian(code: str, words: object, zh: Text, en: Text) -> Kind:
    facts = "notifications.facts.of_stand_in_for_guardian"
    return register(Kind(code=code, words=words, audience=Audience.GUARDIAN, facts=facts, zh=zh, en=en))


STAND_IN_BEGAN = _kind(
    "STAND_IN_BEGAN",
    _("请您替班"),
    Text(
        subject="到 {until} 为止，请您替做{place}",
        body=(
            "{helper}，您好。\n\n到 {until} 为止，请您替做{school}{child}（{village}）的{place}。"
            "这段时间的安排在这里：\n\n{url}\n\n登录时用登记的邮箱或手机收一次验证码即可。不方便的话请马上找协调员。"
        ),
        short="到{until}为止请您替做{place}，安排见 {url} 不方便请找协调员。",
    ),
    Text(
        subject="You stand in as {place} until {until}",
        body=(
            "Dear {helper},\n\nUntil {until} you stand in as {place} of {child} ({school}, {village}). What is due is "
            "here:\n\n{url}\n\nTo sign in, have a code sent to your registered mail address or phone. If you cannot, "
            "please tell your coordinator at once."
        ),
        short="You stand in as {place} until {until}: {url} If you cannot, please tell your coordinator.",
    ),
)
STAND_IN_FOR_YOU = _kind(
    "STAND_IN_FOR_YOU",
    _("有人替您"),
    Text(
        subject="到 {until} 为止，有人替您做{place}",
        body=(
            "{helper}，您好。\n\n到 {until} 为止，有人替您照看{child}，这段时间的家访不用您去，孩子的资料您先看不到。"
            "到时自动交还给您。"
        ),
        short="到{until}为止有人替您做{place}，这段时间的家访不用您去，到时自动交还。",
    ),
    Text(
        subject="Somebody stands in for you as {place} until {until}",
        body=(
            "Dear {helper},\n\nUntil {until} somebody else looks after {child} in your stead. You need not make the "
            "visits of that time and do not see the child's file; it all comes back to you by itself."
        ),
        short="Somebody stands in for you as {place} until {until}; it comes back to you by itself.",
    ),
)
STAND_IN_OVER = _kind(
    "STAND_IN_OVER",
    _("替班结束"),
    Text(
        subject="替做{place}结束了，谢谢您",
        body="{helper}，您好。\n\n您替做的{place}结束了，没做的家访不用去了。谢谢您帮这个忙。",
        short="您替做的{place}结束了，没做的家访不用去了。谢谢您。",
    ),
    Text(
        subject="You no longer stand in as {place}; thank you",
        body=(
            "Dear {helper},\n\nYou no longer stand in as {place}; visits not made yet are not yours any more. "
            "Thank you."
        ),
        short="You no longer stand in as {place}. Thank you.",
    ),
)
STAND_IN_BACK = _kind(
    "STAND_IN_BACK",
    _("交还给您"),
    Text(
        subject="{place}又由您来做了",
        body="{helper}，您好。\n\n替您的人做完了，{child}又由您照看，没做的家访在这里：\n\n{url}",
        short="您做{place}的孩子又由您照看，没做的家访见 {url}",
    ),
    Text(
        subject="You are {place} again",
        body=(
            "Dear {helper},\n\nWhoever stood in for you has finished: {child} is yours again. Visits still to be made "
            "are here:\n\n{url}"
        ),
        short="You are {place} again; visits still to be made: {url}",
    ),
)
GUARDIAN_STAND_IN_BEGAN = _for_guardian(
    "GUARDIAN_STAND_IN_BEGAN",
    _("有人替班（告诉监护人）"),
    Text(
        subject="到 {until} 为止，孩子的{place}由别人替",
        body=(
            "您好。\n\n到 {until} 为止，您家孩子的{place}由另一位来做。登录后在“我的孩子”里看得到是谁；"
            "有疑问请找协调员：\n\n{url}"
        ),
        short="到{until}为止您家孩子的{place}由另一位来做，登录后看得到是谁。",
    ),
    Text(
        subject="Until {until} somebody else is your child's {place}",
        body=(
            "Hello,\n\nUntil {until} somebody else is your child's {place}. Sign in to see who it is, under “My "
            "child”; ask the coordinator if anything is unclear:\n\n{url}"
        ),
        short="Until {until} somebody else is your child's {place}; sign in to see who.",
    ),
)
GUARDIAN_STAND_IN_OVER = _for_guardian(
    "GUARDIAN_STAND_IN_OVER",
    _("替班结束（告诉监护人）"),
    Text(
        subject="孩子的{place}又是原来那位了",
        body="您好。\n\n替班结束了，您家孩子的{place}又由原来那位来做。在“我的孩子”里看得到：\n\n{url}",
        short="替班结束了，您家孩子的{place}又由原来那位来做。",
    ),
    Text(
        subject="Your child's {place} is back",
        body=(
            "Hello,\n\nWhoever stood in has finished: your child's {place} is the same person as before. See “My "
            "child”:\n\n{url}"
        ),
        short="Your child's {place} is the same person as before again.",
    ),
)
