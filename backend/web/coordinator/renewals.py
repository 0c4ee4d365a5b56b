"""续到下学期: every scheme with pairings, and whether they can be taken over yet or what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone

from matching.renewal_selectors import schemes_to_renew

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def renewals(request: HttpRequest) -> HttpResponse:
    """One row a scheme and term; nothing is done here."""
    today = timezone.localdate()
    rows = schemes_to_renew(request.reader)  # type: ignore[attr-defined]
    context = {"rows": [(one, one.is_over(today)) for one in rows]}
    return render(request, "web/coordinator/renewals.html", context)
