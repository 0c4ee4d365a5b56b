"""What every operation shares: the reader, the clock, and one answer per Idempotency-Key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.utils import timezone
from rest_framework.viewsets import GenericViewSet

from backend.api.idempotency import Keeping, answer_once
from backend.api.permissions import reader_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Model, QuerySet
    from rest_framework.request import Request
    from rest_framework.response import Response

    from backend.roster.access import Reader


class Door(GenericViewSet):
    """A viewset that starts every read from the reader. `get_queryset` returns what is visible, nothing else."""

    lookup_field = "public_id"
    lookup_value_regex = "[2-9a-hjkmnp-z]{16}"
    filterset_class: Any = None
    # Names of actions whose answer holds a secret, and of those too long for one transaction.
    secret_actions: frozenset[str] = frozenset()
    long_actions: frozenset[str] = frozenset()

    @property
    def reader(self) -> Reader:
        return reader_of(self.request)

    @property
    def actor(self) -> Any:
        """The user who acts; operations open to nobody but PUBLIC never ask."""
        return self.request.user

    @property
    def now(self) -> datetime:
        return timezone.now()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """DRF's own steps, with the handler run once per Idempotency-Key."""
        self.args, self.kwargs = args, kwargs
        request = self.initialize_request(request, *args, **kwargs)
        self.request = request
        self.headers = self.default_response_headers
        try:
            self.initial(request, *args, **kwargs)
            handler = getattr(self, (request.method or "").lower(), self.http_method_not_allowed)
            response = answer_once(request, lambda: handler(request, *args, **kwargs), self._keeping())
        except Exception as error:  # noqa: BLE001 - DRF's handler lets anything unexpected rise again
            response = self.handle_exception(error)
        self.response = self.finalize_response(request, response, *args, **kwargs)
        return self.response

    def _keeping(self) -> Keeping:
        if "Idempotency-Key" not in self.request.headers:
            return Keeping(reach="")
        reader, name = self.reader, self.action or ""
        reach = f"{reader.role} {reader.area_codes} {reader.organisation_ids} {reader.helper_id}"
        return Keeping(reach, is_secret=name in self.secret_actions, is_long=name in self.long_actions)

    def paged(self, queryset: QuerySet[Any], present: Any) -> Response:
        """One page of a queryset, each row through `present`, which takes and answers a list."""
        page = self.paginate_queryset(queryset)
        return self.get_paginated_response(present(page))

    def one_of(self, queryset: QuerySet[Any], public_id: str) -> Any:
        """The row of that public id among those visible, else 404."""
        row = queryset.filter(public_id=public_id).first()
        if row is None:
            raise Http404
        return row


def public_id_or_none(row: Model | None) -> str | None:
    """The public id of an optional row."""
    return getattr(row, "public_id", None) if row is not None else None


def data_of(serializer_class: Any, request: Request) -> dict[str, Any]:
    """Validated input; unknown keys are refused rather than ignored."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values
