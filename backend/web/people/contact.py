"""怎样告诉您: over which ways one wants to be told, and a test of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.masking import masked_phone
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.frames import frame_of
from backend.web.shared.sentences import sentence_of
from notifications.contacts import choose_contact, mail_and_mobile, test_channels
from notifications.models import LANGUAGES
from notifications.recipients import contact_of, wants_text
from notifications.selectors import latest_tests_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from notifications.models import Contact

_SHOWN_BADGES = {"WAITING": "WAITING", "SENT": "DONE", "RETURNED": "BOUNCED", "EXPIRED": "LAPSED", "DEAD": "FAILED"}


class ContactForm(PlainForm):
    by_mail = forms.BooleanField(label=gettext_lazy("邮件"), required=False)
    by_sms = forms.BooleanField(label=gettext_lazy("短信"), required=False)
    robot = forms.CharField(
        label=gettext_lazy("群机器人的地址"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
        help_text=gettext_lazy(
            "企业微信、钉钉或飞书群：群设置里添加机器人，复制它的整个地址粘贴到这里。群里别人也看得到，所以只发短句，"
            "不发个人链接和孩子的任何情况。"
        ),
    )
    no_robot = forms.BooleanField(label=gettext_lazy("不再发到群里"), required=False)
    wants_digest = forms.BooleanField(
        label=gettext_lazy("不急的消息每天汇成一条"),
        required=False,
        help_text=gettext_lazy("邀请、家访和急事照样马上告诉您。"),
    )
    language = forms.ChoiceField(label=gettext_lazy("消息用什么文字"), choices=LANGUAGES)


def contact(request: HttpRequest) -> HttpResponse:
    """The choices, what is on file, and how the latest test went."""
    user: Any = request.user
    chosen = contact_of(user)
    mail, mobile = mail_and_mobile(user)
    form = ContactForm(posted(request), initial=_initial(chosen, mail, mobile))
    if request.method == "POST" and form.is_valid():
        try:
            _keep(request, form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已保存。"))
            return redirect("web:contact")
    context = {
        "form": form,
        "chosen": chosen,
        "mail": mail,
        "mobile": masked_phone(mobile),
        "tests": [(one, _SHOWN_BADGES[one.state]) for one in latest_tests_of(request.reader)],  # type: ignore[attr-defined]
    }
    return render(request, "web/people/contact.html", context | frame_of(request))


def contact_test(request: HttpRequest) -> HttpResponse:
    """Send one test over every way that is on."""
    try:
        count = test_channels(user=request.user, now=timezone.now())  # type: ignore[arg-type]
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return redirect("web:contact")
    if count:
        messages.success(request, _("发出 %(n)s 条测试，一两分钟内会到。到了没有，看这一页下面。") % {"n": count})
    else:
        messages.warning(request, _("没有打开任何一条路，只能在“收到的消息”里看。"))
    return redirect("web:contact")


def _initial(chosen: Contact | None, mail: str, mobile: str) -> dict[str, Any]:
    if chosen is not None:
        names = ("by_mail", "by_sms", "language", "wants_digest")
        return {name: getattr(chosen, name) for name in names}
    return {
        "by_mail": True,
        "by_sms": wants_text(None, mail=mail, mobile=mobile),
        "language": "zh-hans",
        "wants_digest": True,
    }


def _keep(request: HttpRequest, values: dict[str, Any]) -> None:
    """An empty address leaves the robot as it is: it is never shown again, so it cannot be typed back."""
    robot = "" if values["no_robot"] else values["robot"] or None
    choose_contact(
        user=request.user,  # type: ignore[arg-type]
        by_mail=values["by_mail"],
        by_sms=values["by_sms"],
        language=values["language"],
        wants_digest=values["wants_digest"],
        robot=robot,
        now=timezone.now(),
    )
