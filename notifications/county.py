"""What a county decides about telling: quiet hours and reminders, and its own words for each kind of message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.audit.services import record
from backend.kernel.errors import DomainError, NotAllowed
from backend.roster.models import Area
from backend.roster.own_texts import ensure_known, ensure_says_nobody, in_braces, placeholders_of
from notifications.kinds import Text, kind_of
from notifications.models import OwnText, TellingRules
from notifications.rules import rules_for
from notifications.texts import filled

if TYPE_CHECKING:
    from datetime import datetime

    from notifications.kinds import Kind

# Placeholders that tell of one child: never where others read along, and never in a subject line.
_ABOUT_A_CHILD = frozenset({"child", "buddy"})
_ABOUT_PEOPLE = _ABOUT_A_CHILD | {"helper"}
# A personal link in a subject would stand in every log on the way.
_NOT_IN_SUBJECTS = _ABOUT_A_CHILD | {"link"}
_LONGEST = {"subject": 80, "body": 2000, "short": 120}
_SAMPLES = {
    "helper": "李老师",
    "child": "王同学",
    "buddy": "陈同学",
    "place": "监管教师",
    "scheme": "二对一结对",
    "village": "水狮坝村",
    "school": "土城小学",
    "deadline": "11月30日 20:00",
    "link": "https://…",
    "url": "https://…",
    "what": "家访",
    "until": "12月20日",
    "who": "周敏",
    "when": "12月5日 14:00",
    "title": "春日游园",
    "date": "12月5日",
    "lines": "· 9:00–9:40 破冰之旅，操场",
    "count": "3",
    "part": "趣味游戏",
    "time": "9:40–10:20",
    "where": "操场",
    "moved_up": "，候补的补上来了",
}


class RulesWrong(DomainError):
    code = "telling.wrong"
    status = 400
    message = "An hour lies between 0 and 23, a reminder between 0 and %(most)s."


class TextTooLong(DomainError):
    code = "text.too_long"
    status = 400
    message = "A subject has at most 80 characters, a text 2000, a short text 120; none is empty."


class PlaceholderForbidden(DomainError):
    code = "text.placeholder_forbidden"
    status = 400
    message = "A subject has no child and no link in it, a short text nobody: others read along. Take out: %(names)s."


class LinkMissing(DomainError):
    code = "text.link_missing"
    status = 400
    message = "Without {link} nobody can answer. Keep it in the text and in the short text."


def set_rules(*, county: Area, actor: Any, **columns: Any) -> TellingRules:
    """
    Keep a county's rules.

    Args:
        columns: any of `quiet_from`, `quiet_until`, `digest_hour`, `remind_hours`, `duty_days`, `unread_hours`.

    Raises:
        NotAllowed: the area is no county.
        RulesWrong: a number nobody can mean.
    """
    if county.kind != Area.Kind.COUNTY:
        raise NotAllowed
    most = {"digest_hour": 23, "remind_hours": 168, "duty_days": 14, "unread_hours": 168}
    for name, limit in most.items():
        if not 0 <= columns.get(name, 0) <= limit:
            raise RulesWrong(most=limit)
    before = rules_for(county)
    with transaction.atomic():
        rules, _is_new = TellingRules.objects.update_or_create(county=county, defaults=columns)
        said = {name: [str(getattr(before, name)), str(value)] for name, value in columns.items()}
        record(actor=actor, verb="county.telling_set", subject=county, after=said)
    return rules


def check_text(*, kind: Kind, text: Text, county: Area) -> None:
    """
    Refuse what must not be sent.

    Raises:
        TextTooLong, TextBroken, PlaceholderUnknown, PlaceholderForbidden, LinkMissing, OwnAddress, NamesAChild.
    """
    parts = {"subject": text.subject, "body": text.body, "short": text.short}
    if any(not part.strip() or len(part) > _LONGEST[name] for name, part in parts.items()):
        raise TextTooLong
    used = {name: placeholders_of(part) for name, part in parts.items()}
    ensure_known(frozenset().union(*used.values()), kind.allowed())
    forbidden = (used["subject"] & _NOT_IN_SUBJECTS) | (used["short"] & _ABOUT_PEOPLE)
    if forbidden:
        raise PlaceholderForbidden(names=in_braces(forbidden))
    if kind.has_link and not ("link" in used["body"] and "link" in used["short"]):
        raise LinkMissing
    ensure_says_nobody("\n".join(parts.values()), county)


def keep_text(*, county: Area, kind: Kind, language: str, text: Text, actor: Any, now: datetime) -> OwnText:
    """
    Use a county's own words from now on.

    Raises:
        As `check_text`.
    """
    check_text(kind=kind, text=text, county=county)
    columns = {"subject": text.subject, "body": text.body, "short": text.short, "changed_at": now, "changed_by": actor}
    with transaction.atomic():
        row, _is_new = OwnText.objects.update_or_create(
            county=county, kind=kind.code, language=language, defaults=columns
        )
        record(actor=actor, verb="county.text_kept", subject=county, after={"kind": kind.code, "language": language})
    return row


def reset_text(*, county: Area, kind: Kind, language: str, actor: Any) -> None:
    """Go back to the built-in words; doing it twice changes nothing."""
    with transaction.atomic():
        deleted, _by_model = OwnText.objects.filter(county=county, kind=kind.code, language=language).delete()
        if deleted:
            after = {"kind": kind.code, "language": language}
            record(actor=actor, verb="county.text_reset", subject=county, after=after)


def text_in_use(county: Area, kind: Kind, language: str) -> tuple[Text, OwnText | None]:
    """The words of a kind in a county, with the row they stand in where they are its own."""
    own = OwnText.objects.filter(county=county, kind=kind.code, language=language).select_related("changed_by").first()
    return (Text(own.subject, own.body, own.short), own) if own else (kind_of(kind.code).text(language), None)


def preview(text: Text) -> Text:
    """How a text looks with invented people in it."""
    return filled(text, _SAMPLES)
