"""Changing a child's file by hand: fields, consents, leaving. Assessments have a file of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import F

from backend.audit.services import record
from backend.kernel.errors import DomainError, InvalidMove
from backend.outbox.services import publish
from backend.roster.events import ChildLeft, ConsentGiven, ConsentWithdrawn
from backend.roster.models import Child, Consent
from backend.roster.services.papers import ensure_paper
from backend.roster.sheets.identity import phone_of
from backend.roster.sheets.problems import CellProblem
from backend.roster.sheets.text import plain_text
from backend.roster.vocabulary import CATEGORIES, NEEDS, SERVICES
from backend.vault.hashes import lookup_hash
from backend.vault.storage import sealed_storage, unnamed

if TYPE_CHECKING:
    from datetime import date, datetime


class ChangedMeanwhile(DomainError):
    code = "child.changed_meanwhile"
    message = "Somebody changed this file since you opened it; look at it again."


class WrongPhone(DomainError):
    code = "child.wrong_phone"
    status = 400
    message = "Write a mobile number, or a landline with its area code."


class UnknownWord(DomainError):
    code = "child.unknown_word"
    status = 400
    message = "Categories and needs are chosen from the county's own words."


class ConsentStands(DomainError):
    code = "consent.stands"
    message = "Consent to this purpose stands already; withdraw it before recording a new one."


OF_AGE = 18

# Fields a coordinator changes by hand; the rest arrives by import or by services of their own.
EDITABLE = (
    "address", "phone", "is_boarding", "categories", "needs", "personality", "interests", "medical_history",
    "psych_notes", "care_alert", "study_state", "away_reason", "away_since_date",
)  # fmt: skip
# Audited by name only: their values are encrypted at rest and stay out of the audit.
_SECRET = frozenset({"address", "phone", "medical_history", "psych_notes"})


def edit_child(*, child: Child, changes: dict[str, Any], version: int, actor: Any) -> Child:
    """
    Change fields of a file.

    Args:
        changes: field -> value, of `EDITABLE` only.
        version: the version the editor saw.

    Raises:
        ChangedMeanwhile: the file has a later version; nothing was changed.
        WrongPhone, UnknownWord: a value the ledger cannot hold.
    """
    kept = _cleaned({field: value for field, value in changes.items() if field in EDITABLE})
    told = [field for field in kept if field != "phone_hash"]
    before = {field: getattr(child, field) for field in told if field not in _SECRET}
    with transaction.atomic():
        claimed = Child.objects.filter(pk=child.pk, version=version).update(version=F("version") + 1, **kept)
        if claimed != 1:
            raise ChangedMeanwhile
        after = {field: "***" if field in _SECRET else kept[field] for field in told}
        record(actor=actor, verb="child.edited", subject=child, before=_plain(before), after=_plain(after))
    return Child.objects.get(pk=child.pk)


def _cleaned(values: dict[str, Any]) -> dict[str, Any]:
    """Texts without unseen characters, words of the vocabulary only, a phone that is one, and its hash."""
    kept = {field: _text(value) if isinstance(value, str) else value for field, value in values.items()}
    known = {"categories": CATEGORIES, "needs": (*NEEDS, *SERVICES)}
    if any(not set(kept.get(field, ())) <= set(words) for field, words in known.items()):
        raise UnknownWord
    if "phone" in kept:
        kept["phone"] = _phone(kept["phone"])
        kept["phone_hash"] = lookup_hash(kept["phone"], "child.phone")
    return kept


def _text(value: str) -> str:
    """Line ends stay: histories and notes have paragraphs."""
    return "\n".join(plain_text(line) for line in value.splitlines())


def _phone(text: str) -> str:
    try:
        return phone_of(text) if text else ""
    except CellProblem as problem:
        raise WrongPhone from problem


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        field: value if isinstance(value, list | bool | int | None) else str(value) for field, value in values.items()
    }


def record_consent(
    *, child: Child, purpose: str, text_version: str, given_by: str, given_date: date, actor: Any, paper: Any = None
) -> Consent:
    """
    Record a consent the guardian signed on paper.

    Args:
        paper: the scan as uploaded, or None; it is kept encrypted.

    Raises:
        ConsentStands: one for this purpose is live already. PaperRefused: no scan, or too large.
    """
    kept = ""
    if paper:
        ensure_paper(paper)
        kept = sealed_storage().save(unnamed("consents"), paper)
    is_recorded = False
    try:
        with transaction.atomic():
            consent = Consent.objects.create(
                child=child,
                purpose=purpose,
                text_version=text_version,
                given_by=given_by,
                given_date=given_date,
                recorded_by=actor,
                paper=kept,
            )
            record(actor=actor, verb="consent.recorded", subject=child, after={"purpose": purpose})
            publish(ConsentGiven(child_id=child.pk, purpose=purpose))
        is_recorded = True
    except IntegrityError as error:
        raise ConsentStands from error
    finally:
        if kept and not is_recorded:
            sealed_storage().delete(kept)
    return consent


def withdraw_consent(*, consent: Consent, actor: Any, now: datetime) -> None:
    """
    End a consent at once; whoever relies on it hears of it.

    Raises:
        InvalidMove: withdrawn already.
    """
    with transaction.atomic():
        if Consent.objects.filter(pk=consent.pk, withdrawn_at=None).update(withdrawn_at=now) != 1:
            raise InvalidMove(state="WITHDRAWN")
        record(actor=actor, verb="consent.withdrawn", subject=consent.child, after={"purpose": consent.purpose})
        publish(ConsentWithdrawn(child_id=consent.child_id, purpose=consent.purpose))


def close_file(*, child: Child, state: str, reason: str, actor: Any) -> None:
    """
    A child moves away, dies, or the case is closed: open offers are withdrawn and pairings end by the fact told.

    Raises:
        InvalidMove: the file is closed already.
    """
    with transaction.atomic():
        open_file = Child.objects.filter(pk=child.pk, state=Child.State.ACTIVE)
        if open_file.update(state=state, version=F("version") + 1) != 1:
            raise InvalidMove(state=Child.objects.values_list("state", flat=True).get(pk=child.pk))
        record(actor=actor, verb="child.left", subject=child, after={"state": state}, reason=reason)
        publish(ChildLeft(child_id=child.pk, state=state))


def close_grown_up(*, today: date) -> int:
    """Close the files of those who are of age; answers how many."""
    born_by = today.replace(year=today.year - OF_AGE, day=min(today.day, 28)) if _is_leap_day(today) else None
    born_by = born_by or today.replace(year=today.year - OF_AGE)
    grown = Child.objects.filter(state=Child.State.ACTIVE, birth_date__lte=born_by).order_by("pk")[:500]
    closed = 0
    for child in grown:
        try:
            close_file(child=child, state=Child.State.CLOSED, reason="of age", actor=None)
        except InvalidMove:
            # A coordinator closed it a moment ago; the others must not wait for the next sweep.
            continue
        closed += 1
    return closed


def _is_leap_day(day: date) -> bool:
    return (day.month, day.day) == (2, 29)
