"""Changing a child's file: fields, assessment, consent, leaving. Each a form of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.models import Child, Consent, PendingAssessment
from backend.roster.models.assessment import ASPECTS, Assessment
from backend.roster.presenting import present_file
from backend.roster.services.assessments import assess_child
from backend.roster.services.children import close_file, edit_child, record_consent, withdraw_consent
from backend.roster.services.papers import PaperMissing, read_paper
from backend.roster.services.reveal import note_read
from backend.roster.services.second_person import second_person
from backend.roster.vocabulary import CATEGORIES, NEEDS
from backend.web.people.child import child_of
from backend.web.people.file_words import ASPECTS as ASPECT_WORDS
from backend.web.people.file_words import LABELS
from backend.web.shared.forms import PlainForm, date_field, dress, posted
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest

_TEXTS = (
    ("address", 200), ("phone", 20), ("personality", 200), ("interests", 200), ("care_alert", 120),
    ("study_state", 200), ("away_reason", 100), ("medical_history", 2000), ("psych_notes", 4000),
)  # fmt: skip
_BOXES = ("is_boarding", "categories", "needs")
_SHOWN_SALT, _SHOWN_FOR = "child-edit.shown", 12 * 3600
_LONG = 300
_LEVELS = [
    (4, gettext_lazy("四级（最需要）")),
    (3, gettext_lazy("三级")),
    (2, gettext_lazy("二级")),
    (1, gettext_lazy("一级")),
]


class EditForm(PlainForm):
    """
    The fields a coordinator changes by hand, without those that are hidden at the moment.

    `shown` carries, signed, which fields the page had: only those are changed, whatever was opened or closed since.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, child: Child, seen: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.child, self.seen = child, seen
        on_page = self._shown_before() if self.is_bound else None
        self.is_stale = self.is_bound and on_page is None
        for name, most in _TEXTS:
            if name in (seen if on_page is None else on_page):
                widget = forms.Textarea(attrs={"rows": 3}) if most > _LONG else forms.TextInput()
                self.fields[name] = forms.CharField(label=LABELS[name], max_length=most, required=False, widget=widget)
        self.fields["is_boarding"] = forms.BooleanField(label=LABELS["is_boarding"], required=False)
        for name, words in (("categories", CATEGORIES), ("needs", tuple(NEEDS))):
            known = dict.fromkeys([*words, *seen.get(name, [])])
            self.fields[name] = forms.MultipleChoiceField(
                label=LABELS[name],
                required=False,
                choices=[(word, word) for word in known],
                widget=forms.CheckboxSelectMultiple,
            )
        self.fields["away_since_date"] = date_field(LABELS["away_since_date"], required=False)
        self.initial = {"version": child.version, "shown": self._sign(), **seen}
        for field in self.fields.values():
            dress(field)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.is_stale:
            raise forms.ValidationError(_("这一页放得太久了，没有保存。请重新打开再改。"))
        for name, _most in _TEXTS:
            if name in data and name in self.data and name not in self.seen:
                # Opened when the page was made, closed by now: left alone it is simply not changed.
                if _same_text(data[name], getattr(self.child, name)):
                    del data[name]
                else:
                    self.add_error(name, _("这个字段已经关上，没有保存。请重新申请查看后再保存，您写的还在这里。"))
        return data

    def changes(self) -> dict[str, Any]:
        """What to change: fields that were on the page and came back. A box comes back empty by staying away."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in ("version", "shown") and (name in self.data or name in _BOXES)
        }

    def _sign(self) -> str:
        fields = [name for name, _most in _TEXTS if name in self.fields]
        return signing.dumps([self.child.public_id, fields], salt=_SHOWN_SALT)

    def _shown_before(self) -> frozenset[str] | None:
        try:
            child_id, fields = signing.loads(self.data.get("shown", ""), salt=_SHOWN_SALT, max_age=_SHOWN_FOR)
        except signing.BadSignature:
            return None
        return frozenset(fields) if child_id == self.child.public_id else None


def _same_text(one: str, other: str) -> bool:
    return one.split() == other.split()


class AssessForm(PlainForm):
    """One dated judgement."""

    assessed_date = date_field(gettext_lazy("评估日期"))
    heart_level = forms.TypedChoiceField(
        label=LABELS["heart_level"],
        choices=[("", gettext_lazy("不评")), *_LEVELS],
        coerce=int,
        required=False,
        empty_value=None,
    )
    guardianship_type = forms.TypedChoiceField(
        label=LABELS["guardianship_type"],
        choices=[("", gettext_lazy("不评")), *Assessment.GuardianshipType.choices],
        coerce=int,
        required=False,
        empty_value=None,
    )
    severity = forms.TypedChoiceField(
        label=LABELS["severity"],
        choices=[("", gettext_lazy("不评")), *((n, n) for n in range(1, 5))],
        coerce=int,
        required=False,
        empty_value=None,
        help_text=gettext_lazy("1 最重，4 最轻"),
    )
    reason = forms.CharField(
        label=gettext_lazy("评估说明"), max_length=200, required=False, help_text=gettext_lazy("心级下调时必须写。")
    )
    second = forms.EmailField(
        label=gettext_lazy("第二个人的登录邮箱"),
        required=False,
        help_text=gettext_lazy("心级下调时必须写。对方登录后在“今天”里确认。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ASPECTS:
            self.fields[name] = forms.TypedChoiceField(
                label=ASPECT_WORDS[name],
                choices=[("", "—"), *((n, n) for n in range(1, 5))],
                coerce=int,
                required=False,
                empty_value=None,
            )
            dress(self.fields[name])

    def facts(self) -> dict[str, Any]:
        """Arguments for the service."""
        data = dict(self.cleaned_data)
        aspects = {name: data.pop(name) for name in ASPECTS}
        return data | {"aspects": {name: score for name, score in aspects.items() if score is not None}}


class ConsentForm(PlainForm):
    purpose = forms.ChoiceField(label=gettext_lazy("同意什么"), choices=Consent.Purpose.choices)
    given_by = forms.CharField(label=gettext_lazy("谁签的字"), max_length=60)
    given_date = date_field(gettext_lazy("签字日期"))
    text_version = forms.CharField(label=gettext_lazy("同意书版本"), max_length=20, initial="2026-09")
    paper = forms.FileField(
        label=gettext_lazy("扫描件"),
        required=False,
        help_text=gettext_lazy("PDF、JPEG 或 PNG，最大 10 MB。加密保存，谁打开过会记下来。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png", "class": "form-control"}),
    )


class CloseForm(PlainForm):
    state = forms.ChoiceField(
        label=gettext_lazy("为什么离开"),
        choices=[row for row in Child.State.choices if row[0] != Child.State.ACTIVE],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=gettext_lazy("说明"), max_length=200)


def child_edit(request: HttpRequest, child_id: str) -> HttpResponse:
    """Fields changed by hand; when somebody else was faster, it says so and keeps what was typed."""
    reader = request.reader  # type: ignore[attr-defined]
    child = child_of(reader, child_id)
    seen = present_file(reader, child, now=timezone.now()).values
    form = EditForm(posted(request), child=child, seen=seen)
    if request.method == "POST" and form.is_valid():
        try:
            edit_child(child=child, changes=form.changes(), version=form.cleaned_data["version"], actor=request.user)
        except DomainError as error:
            form.refuse(error)
        else:
            return _done(request, child_id, _("已保存。"))
    note_read(reader=reader, child=child)
    return _form_page(request, child_id, form, _("编辑档案"), _("保存"), _("没有显示的字段，要先申请查看才能改。"))


def child_assess(request: HttpRequest, child_id: str) -> HttpResponse:
    """A new assessment; earlier ones stay."""
    child = child_of(request.reader, child_id)  # type: ignore[attr-defined]
    form = AssessForm(posted(request), initial={"assessed_date": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            facts = form.facts()
            login, now = facts.pop("second"), timezone.now()
            second = second_person(login=login, child=child, actor=request.user, now=now) if login else None
            row = assess_child(child=child, actor=request.user, second=second, now=now, **facts)
        except DomainError as error:
            form.refuse(error)
        else:
            if isinstance(row, PendingAssessment):
                said = _("已请%(name)s确认。确认以前，原来的心级照算。") % {"name": row.second.display_name}
                return _done(request, child_id, said)
            return _done(request, child_id, _("已记下这次评估。"))
    why = _("以前的评估都保留，最近的一次说了算。心级上调马上生效，下调要第二个人用自己的账号确认。")
    return _form_page(request, child_id, form, _("新的评估"), _("记下评估"), why)


def child_consent(request: HttpRequest, child_id: str) -> HttpResponse:
    """Record what a guardian signed on paper."""
    child = child_of(request.reader, child_id)  # type: ignore[attr-defined]
    form = ConsentForm(posted(request), request.FILES or None, initial={"given_date": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            record_consent(child=child, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            return _done(request, child_id, _("已登记同意书。"))
    return _form_page(
        request, child_id, form, _("登记同意书"), _("登记"), _("只登记监护人已经签过字的。"), is_upload=True
    )


def child_consent_paper(request: HttpRequest, child_id: str, consent_id: str) -> HttpResponse:
    """The scan of a signed consent, to be saved; opening it is noted."""
    child = child_of(request.reader, child_id)  # type: ignore[attr-defined]
    consent = child.consents.select_related("child").filter(public_id=consent_id).first()
    if consent is None:
        raise Http404
    try:
        paper = read_paper(consent=consent, actor=request.user)
    except PaperMissing as error:
        raise Http404 from error
    return HttpResponse(paper.content, content_type=paper.media_type, headers=paper.headers)


def child_consent_withdraw(request: HttpRequest, child_id: str, consent_id: str) -> HttpResponse:
    """End a consent at once; what rests on it ends too."""
    child = child_of(request.reader, child_id)  # type: ignore[attr-defined]
    consent = child.consents.select_related("child").filter(public_id=consent_id).first()
    if consent is None:
        raise Http404
    try:
        withdraw_consent(consent=consent, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return redirect("web:child", child_id)
    return _done(request, child_id, _withdrawn_words(consent))


def _withdrawn_words(consent: Consent) -> str:
    """What ends with it."""
    match consent.purpose:
        case Consent.Purpose.MATCHING:
            return _("已撤回同意，靠它的邀请和结对会一起结束。")
        case Consent.Purpose.VISITS:
            return _("已撤回同意，约好的家访会取消；结对还在，重新登记同意书以前约不了家访。")
    return _("已撤回同意。")


def child_close(request: HttpRequest, child_id: str) -> HttpResponse:
    """The child leaves: offers are withdrawn, pairings end, the file stays."""
    child = child_of(request.reader, child_id)  # type: ignore[attr-defined]
    form = CloseForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            close_file(child=child, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            return _done(request, child_id, _("已记下。没答复的邀请会撤回，结对会结束，相关的人会收到说明。"))
    why = _("没答复的邀请会撤回，结对会结束，相关的人会收到说明。档案和历史保留。")
    return _form_page(request, child_id, form, _("孩子离开"), _("结束这份档案"), why, is_harm=True)


def _done(request: HttpRequest, child_id: str, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect("web:child", child_id)


def _form_page(
    request: HttpRequest, child_id: str, form: PlainForm, title: str, act: str, lead: str, **more: Any
) -> HttpResponse:
    name = child_of(request.reader, child_id).name  # type: ignore[attr-defined]
    context = {"form": form, "title": title, "act": act, "lead": lead, "child_id": child_id, "name": name, **more}
    return render(request, "web/coordinator/child_form.html", context)
