"""Proposing a role for somebody, or the same role for another year."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.services import open_account
from backend.kernel.errors import DomainError
from backend.roster.access import areas_visible_to, grants_visible_to, organisations_visible_to
from backend.roster.models import Area, CheckingBody, Organisation
from backend.roster.selectors import places_named
from backend.roster.services.grants import propose_grant
from backend.roster.services.memberships import PLACES
from backend.web.oversight.grants import ROLES, place_words
from backend.web.shared.forms import PlainForm, date_field, posted

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponse

    from backend.accounts.models import User
    from backend.roster.access import Reader

_YEAR = timedelta(days=365)


class GrantForm(PlainForm):
    """Who, what, where, until when, why."""

    email = forms.EmailField(
        label=gettext_lazy("邮箱"), help_text=gettext_lazy("没有账号的，会开一个，用邮箱收验证码登录。")
    )
    name = forms.CharField(
        label=gettext_lazy("姓名"), max_length=60, required=False, help_text=gettext_lazy("只在新开账号时用。")
    )
    role = forms.ChoiceField(label=gettext_lazy("角色"), choices=[("", "—"), *ROLES])
    place = forms.CharField(
        label=gettext_lazy("哪里"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
        help_text=gettext_lazy("县、乡镇、村的名称或区划代码，或学校的名称。管理员和审计员不填。"),
    )
    body = forms.ChoiceField(
        label=gettext_lazy("代表单位"),
        choices=[("", gettext_lazy("不代表单位核查")), *CheckingBody.choices],
        required=False,
        help_text=gettext_lazy("只有县级协调员才选：以哪个单位的名义核查申请。"),
    )
    until = date_field(gettext_lazy("到哪一天"), hint=gettext_lazy("当天还有效，最长十二个月。"))
    reason = forms.CharField(label=gettext_lazy("为什么"), max_length=200, help_text=gettext_lazy("写在审计记录里。"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["found"] = None
        if data.get("place") and data.get("role"):
            found = places_named(PLACES[data["role"]], data["place"])
            if len(found) == 1:
                data["found"] = found[0]
            elif found:
                self.add_error("place", _("这个名称有好几处，请写区划代码，或在前面加上乡镇的名称。"))
            else:
                self.add_error("place", _("没有找到这个角色能管的这个地方。"))
        return data


def grant_new(request: HttpRequest) -> HttpResponse:
    """The form; with `?renew=` filled in from a grant that is to go on."""
    reader, now = request.reader, timezone.now()  # type: ignore[attr-defined]
    form = GrantForm(posted(request), initial=_initial(request, now))
    if request.method == "POST" and form.is_valid():
        try:
            _propose(form.cleaned_data, cast("User", request.user), reader, now)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已提议，等另一位管理员确认。"))
            return redirect("web:grants")
    context = {"form": form, "is_renewal": "renew" in request.GET, "places": _places(reader)}
    return render(request, "web/oversight/grant_new.html", context)


def _initial(request: HttpRequest, now: datetime) -> dict[str, Any]:
    wanted = request.GET.get("renew", "")
    if not wanted:
        return {"until": timezone.localdate(now) + _YEAR}
    row = grants_visible_to(request.reader).filter(public_id=wanted).first()  # type: ignore[attr-defined]
    if row is None:
        raise Http404
    begins = max(now, row.expires_at) if row.revoked_at is None else now
    return {
        "email": row.user.email,
        "role": row.role,
        "place": row.area.code if row.area else place_words(row),
        "body": row.body,
        "until": timezone.localdate(begins - timedelta(seconds=1)) + _YEAR,
        "reason": row.reason,
    }


def _propose(facts: dict[str, Any], actor: User, reader: Reader, now: datetime) -> None:
    """The account and the proposal, both or neither."""
    place = facts["found"]
    with transaction.atomic():
        user = open_account(email=facts["email"], display_name=facts["name"], actor=actor)
        propose_grant(
            user=user,
            role=facts["role"],
            area=place if isinstance(place, Area) else None,
            organisation=place if isinstance(place, Organisation) else None,
            body=facts["body"],
            reason=facts["reason"],
            expires_at=end_of(facts["until"]),
            actor=actor,
            reader=reader,
            now=now,
        )


def end_of(day: date) -> datetime:
    """The moment a last day is over."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _places(reader: Reader) -> list[tuple[str, str]]:
    """(what to write, what it is) for the list under the field; villages are too many, they go by code or name."""
    areas = areas_visible_to(reader).exclude(kind=Area.Kind.VILLAGE).order_by("code")
    schools = organisations_visible_to(reader).filter(kind=Organisation.Kind.SCHOOL).order_by("area__code", "name")
    return [(code, name) for code, name in areas.values_list("code", "name")] + [
        (f"{area} {name}", name) for area, name in schools.values_list("area__name", "name")
    ]
