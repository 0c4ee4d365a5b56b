"""A child's history as one line of time, for coordinators."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from matching.draft_selectors import stand_ins_of
from matching.plain_names import plain_name
from matching.selectors import offers_visible_to, pairings_visible_to
from matching.services.plain_reasons import plain_reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backend.roster.access import Reader
    from backend.roster.models import Child

_MOST = 40


def history_of(reader: Reader, child: Child) -> list[tuple[datetime, str]]:
    """(when, what) of assessments, consents, offers and pairings, the latest first."""
    rows = [*_assessments(child), *_consents(child), *_offers(reader, child), *_pairings(reader, child)]
    return sorted(rows, key=lambda row: row[0], reverse=True)[:_MOST]


def _assessments(child: Child) -> Iterator[tuple[datetime, str]]:
    for row in child.assessments.all():
        when = timezone.make_aware(datetime.combine(row.assessed_date, time(12)))
        level = row.heart_level or "—"
        yield when, _("评估：心级 %(level)s") % {"level": level} + (f"，{row.reason}" if row.reason else "")


def _consents(child: Child) -> Iterator[tuple[datetime, str]]:
    for row in child.consents.all():
        given = timezone.make_aware(datetime.combine(row.given_date, time(12)))
        yield given, _("监护人同意：%(purpose)s") % {"purpose": row.get_purpose_display()}
        if row.withdrawn_at:
            yield row.withdrawn_at, _("监护人撤回同意：%(purpose)s") % {"purpose": row.get_purpose_display()}


def _offers(reader: Reader, child: Child) -> Iterator[tuple[datetime, str]]:
    for row in offers_visible_to(reader).filter(child=child):
        facts = {"name": row.helper.name, "place": plain_name(row.slot.rule.name), "state": row.get_state_display()}
        yield row.sent_at, _("请%(name)s做%(place)s（%(state)s）") % facts


def _pairings(reader: Reader, child: Child) -> Iterator[tuple[datetime, str]]:
    for row in pairings_visible_to(reader).filter(child=child):
        facts = {"name": row.helper.name, "place": plain_name(row.slot.rule.name), "why": plain_reason(row.end_reason)}
        yield row.started_at, _("与%(name)s结对，%(place)s") % facts
        if row.ended_at:
            yield row.ended_at, _("与%(name)s结束结对：%(why)s") % facts
        for one in stand_ins_of(row).exclude(state="CANCELLED"):
            days = {"name": one.helper.name, "from": f"{one.from_date:%Y-%m-%d}", "until": f"{one.until_date:%Y-%m-%d}"}
            yield one.made_at, _("%(name)s替班，%(from)s 至 %(until)s") % days
