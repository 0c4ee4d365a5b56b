"""The one place where a domain error becomes an API answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.http import JsonResponse
from django.utils.translation import gettext
from django.views.defaults import page_not_found
from drf_standardized_errors.handler import exception_handler
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

from backend.api.roster.entry import field_of
from backend.kernel.errors import DomainError
from backend.roster.services.by_hand import EntryWrong
from backend.roster.sheets.problems import spoken

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from rest_framework.response import Response

_RETRY_SECONDS = 30


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: every error leaves in the one standardized shape, with the domain's stable code."""
    if isinstance(error, EntryWrong):
        error = _as_field_errors(error)
    elif isinstance(error, DomainError):
        error = _as_api_error(error)
    return exception_handler(error, cast("Any", context))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 of an address no operation has, such as one with a malformed id: for programs in their shape, else a page."""
    if not request.path.startswith("/api/"):
        return page_not_found(request, exception)
    error = {"code": "not_found", "detail": "Not found.", "attr": None}
    return JsonResponse({"type": "client_error", "errors": [error]}, status=status.HTTP_404_NOT_FOUND)


def _as_field_errors(error: EntryWrong) -> APIException:
    """One error for each wrong cell, beside the field it came from; what to do stands first."""
    detail: dict[str, list[Any]] = {}
    for note in error.problems:
        said = spoken(note)
        sentence = f"{said['mend']} ({said['problem']})"
        detail.setdefault(field_of(note["column"]), []).append(ErrorDetail(sentence, code=error.code))
    return ValidationError(detail)


def _as_api_error(error: DomainError) -> APIException:
    sentence = gettext(error.message)
    answer = APIException(detail=sentence % error.facts if error.facts else sentence, code=error.code)
    answer.status_code = error.status
    if error.status == status.HTTP_429_TOO_MANY_REQUESTS:
        # DRF turns this into a Retry-After header.
        answer.wait = _RETRY_SECONDS  # type: ignore[attr-defined]
    return answer
