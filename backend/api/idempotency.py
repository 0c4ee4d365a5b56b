"""
`Idempotency-Key` on every POST: kept a day, written in the transaction of the act itself.

Same key and body: the first answer again. Another body: 422. The first still running: 409. The key is tied to what
its user could reach at the time, so a grant that ended takes its answers along. An answer that holds a secret or a
revealed field is never kept: asking again says that it was done.

Work too long for one transaction (a county's import, a publication) claims its key first and answers afterwards; its
own services make sure that it takes effect once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from backend.api.models import KeptAnswer
from backend.kernel.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.request import Request

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 80
_RUNNING = 0
_LONGEST_WORK = timedelta(minutes=10)


class KeyReused(DomainError):
    code = "idempotency.other_request"
    status = 422
    message = "This Idempotency-Key was used for another request."


class KeyRunning(DomainError):
    code = "idempotency.still_running"
    message = "The first request with this Idempotency-Key is still running; ask again in a moment."


class KeyTooLong(DomainError):
    code = "idempotency.too_long"
    status = 400
    message = "An Idempotency-Key has at most %(most)s characters."


class AnsweredOnce(DomainError):
    code = "idempotency.answered_once"
    message = "This was done; its answer holds a secret and was given once."


@dataclass(frozen=True)
class Keeping:
    """
    How the answers of one operation are kept.

    Args:
        reach: what the reader may reach now, as text.
        is_secret: the answer is not kept; is_long: the work does not fit one transaction.
    """

    reach: str
    is_secret: bool = False
    is_long: bool = False


def answer_once(request: Request, handler: Callable[[], Response], keeping: Keeping) -> Response:
    """Run the handler, or answer what it answered the first time. Errors are not kept: they may be tried again."""
    key = request.headers.get("Idempotency-Key", "")
    if request.method != "POST" or not key or not request.user.is_authenticated:
        return handler()
    if len(key) > LONGEST_KEY:
        raise KeyTooLong(most=LONGEST_KEY)
    digest = _hash_of(request, keeping.reach)
    try:
        if keeping.is_long:
            return _long_answer(request, key, digest, handler)
        with transaction.atomic():
            return _first_answer(request, key, digest, handler, is_secret=keeping.is_secret)
    except _Kept as kept:
        return kept.response


class _Kept(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def _hash_of(request: Request, reach: str) -> str:
    digest = hashlib.sha256(f"{request.get_full_path()}\n{reach}\n".encode())
    if request.content_type and request.content_type.startswith("multipart/"):
        for name, upload in sorted(request.FILES.items()):
            digest.update(name.encode())
            for chunk in upload.chunks():
                digest.update(chunk)
            upload.seek(0)
        digest.update(json.dumps(sorted(request.POST.items())).encode())
    else:
        digest.update(json.dumps(request.data, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def _first_answer(
    request: Request, key: str, digest: str, handler: Callable[[], Response], *, is_secret: bool
) -> Response:
    now, user_id = timezone.now(), int(request.user.pk or 0)
    _refuse_while_running(user_id, key)
    KeptAnswer.objects.filter(user_id=user_id, key=key, created_at__lte=now - KEPT_FOR).delete()
    kept = KeptAnswer.objects.filter(user_id=user_id, key=key).first()
    if kept is not None:
        raise _Kept(_again(kept, digest))
    response = handler()
    if not isinstance(response, Response):
        return response  # a file: made again when asked again
    body = "" if is_secret else JSONRenderer().render(response.data).decode()
    try:
        KeptAnswer.objects.create(
            user_id=user_id, key=key, request_hash=digest, status=response.status_code, body=body, created_at=now
        )
    except IntegrityError as error:
        raise KeyRunning from error
    return response


def _long_answer(request: Request, key: str, digest: str, handler: Callable[[], Response]) -> Response:
    """Claim the key, work, keep the answer: three transactions. A claim whose worker died is free after a while."""
    now, user_id = timezone.now(), int(request.user.pk or 0)
    KeptAnswer.objects.filter(user_id=user_id, key=key, created_at__lte=now - KEPT_FOR).delete()
    KeptAnswer.objects.filter(user_id=user_id, key=key, status=_RUNNING, created_at__lte=now - _LONGEST_WORK).delete()
    claim = KeptAnswer(user_id=user_id, key=key, request_hash=digest, status=_RUNNING, created_at=now)
    try:
        with transaction.atomic():
            claim.save(force_insert=True)
    except IntegrityError as error:
        kept = KeptAnswer.objects.filter(user_id=user_id, key=key).first()
        if kept is None or kept.status == _RUNNING:
            raise KeyRunning from error
        raise _Kept(_again(kept, digest)) from error
    try:
        response = handler()
    except Exception:
        claim.delete()
        raise
    claim.status, claim.body = response.status_code, JSONRenderer().render(response.data).decode()
    claim.save(update_fields=["status", "body"])
    return response


def _refuse_while_running(user_id: int, key: str) -> None:
    """PostgreSQL tells at once; SQLite has one writer, so a second request waits for the first and then sees it."""
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(hashlib.sha256(f"{user_id}:{key}".encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
    if row is None or not row[0]:
        raise KeyRunning


def _again(kept: KeptAnswer, digest: str) -> Response:
    if kept.request_hash != digest:
        raise KeyReused
    if not kept.body:
        raise AnsweredOnce
    body: Any = json.loads(kept.body) if kept.body else None
    return Response(body, status=kept.status, headers={"Idempotent-Replay": "true"})
