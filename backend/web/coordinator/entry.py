"""新增: a child or a helper entered by hand, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.kernel.errors import DomainError
from backend.roster.access import children_visible_to, helpers_visible_to
from backend.roster.models.imports import SheetKind
from backend.roster.services.by_hand import EntryWrong, LooksAlike, OnFileAlready, enter_person
from backend.roster.services.entry_places import place_cells
from backend.web.coordinator.entry_form import EntryForm
from backend.web.coordinator.entry_groups import CHILD_GROUPS, NEW_HELPER_GROUPS
from backend.web.coordinator.import_rows import told
from backend.web.shared.forms import posted

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

_GROUPS = {SheetKind.CHILDREN: CHILD_GROUPS, SheetKind.HELPERS: NEW_HELPER_GROUPS}


def child_new(request: HttpRequest) -> HttpResponse:
    """Open a child's file."""
    words = {
        "title": _("新增孩子"),
        "lead": _("先填这几项就能建档，其余的以后再补。"),
        "act": _("建档"),
        "list_url": reverse("web:children"),
        "list_name": _("儿童"),
    }
    return _enter(request, posted(request), SheetKind.CHILDREN, "web:child", words)


def helper_new(request: HttpRequest) -> HttpResponse:
    """Open a helper's file; the address given opens a login."""
    words = {
        "title": _("新增帮扶人"),
        "lead": _("背景核查要另一位协调员确认以后，才能结对。"),
        "act": _("建档"),
        "list_url": reverse("web:helpers"),
        "list_name": _("帮扶人"),
    }
    return _enter(request, posted(request), SheetKind.HELPERS, "web:helper", words)


def _enter(
    request: HttpRequest, sent: QueryDict | None, kind: SheetKind, page: str, words: dict[str, Any]
) -> HttpResponse:
    reader = request.reader  # type: ignore[attr-defined]
    form = EntryForm(sent, kind=kind, groups=_GROUPS[kind], reader=reader)
    asked: dict[str, Any] = {}
    if sent is not None and form.is_valid():
        try:
            person = enter_person(
                kind=kind,
                cells=form.cells() | place_cells(kind, reader, form.places()),
                unlike=form.cleaned_data["unlike"],
                actor=request.user,
                reader=reader,
                now=timezone.now(),
            )
        except EntryWrong as refusal:
            form.say_problems(refusal)
        except (LooksAlike, OnFileAlready) as question:
            asked = _asked(request, kind, page, question)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已建档。"))
            return redirect(page, person.public_id)
    context = {"form": form, "groups": form.shown_groups(), **words, **asked}
    return render(request, "web/coordinator/entry.html", context)


def _asked(request: HttpRequest, kind: str, page: str, question: LooksAlike | OnFileAlready) -> dict[str, Any]:
    """Who is on file, what tells people apart, and whether it may be somebody else."""
    reader = request.reader  # type: ignore[attr-defined]
    person_id = question.facts["person"]
    if kind == SheetKind.CHILDREN:
        child = children_visible_to(reader).select_related("village", "school").get(public_id=person_id)
        who = told(child.name, child.birth_date, child.village.name, child.school)
    else:
        helper = helpers_visible_to(reader).select_related("township", "unit").get(public_id=person_id)
        who = told(helper.name, helper.birth_date, helper.township.name, helper.unit)
    return {
        "who": who,
        "who_url": reverse(page, args=[person_id]),
        "unlike": person_id if isinstance(question, LooksAlike) else "",
    }
