"""Children from the sheet, prepared before the transaction and written inside it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from backend.audit.models import AuditEntry
from backend.roster.bulk import Key, Rows, insert, insert_named, prepare, update
from backend.roster.events import ChildLeft, ChildMoved, ConsentWithdrawn
from backend.roster.models import Area, Assessment, Child, Consent, Guardian
from backend.roster.models.assessment import need_level_of
from backend.roster.models.imports import SheetKind
from backend.roster.sheets.child_values import PLAIN_KEYS
from backend.roster.sheets.guardian_writing import GuardianRows, GuardianWriter
from backend.roster.sheets.person_writing import day, entry, set_fields
from backend.roster.sheets.place_writing import area_key, class_key, unit_key
from backend.vault.fields import sealed

if TYPE_CHECKING:
    from backend.kernel.events import Fact
    from backend.roster.sheets.work import Work

_FIELDS = (*PLAIN_KEYS, "birth_date", "away_since_date")
_ASSESSED = ("heart_level", "aspects", "guardianship", "assessed_date")
_TEXT_VERSION = "纸质"


@dataclass
class ChildRows:
    """Prepared rows of one import; `write` runs inside the transaction, after the places."""

    works: list[Work]
    new: Rows
    changed: Rows
    changed_keys: list[tuple[int, ...]]
    guardians: GuardianRows
    assessments: Rows
    consents: Rows
    withdrawn: list[int]
    audit: Rows
    facts: list[Fact]
    used_places: set[Key]

    def write(self, ids: dict[Key, int], now: datetime) -> int:
        """Write everything; answers how many persons were written (fewer than asked: somebody was faster)."""
        ids |= insert_named(self.new, ids)
        count = len(self.new) + update(self.changed, self.changed_keys, ids)
        self.guardians.write(ids)
        insert(self.assessments, ids)
        Consent.objects.filter(pk__in=self.withdrawn).update(withdrawn_at=now)
        insert(self.consents, ids)
        insert(self.audit, ids)
        return count


@dataclass
class _Plan:
    """Objects in the making."""

    new: list[Child] = field(default_factory=list)
    changed: list[Child] = field(default_factory=list)
    places: dict[int, dict[str, Key | None]] = field(default_factory=dict)
    assessments: list[Assessment] = field(default_factory=list)
    assessed: list[Key | None] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    agreed: list[Key | None] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


class ChildWriter:
    """Turns works into rows. `actor` signs, `now` dates, `batch_id` is the public id noted in the audit."""

    def __init__(self, works: list[Work], actor: Any, now: datetime, batch_id: str) -> None:
        self.works, self.actor, self.now, self.batch_id = works, actor, now, batch_id
        known = [work.person_id for work in works if work.person_id]
        self._children = Child.objects.in_bulk(known)
        villages = {child.village_id for child in self._children.values()}
        self._codes = dict(Area.objects.filter(pk__in=villages).values_list("pk", "code"))
        self._guardians: dict[int, list[Guardian]] = defaultdict(list)
        for row in Guardian.objects.filter(child_id__in=known).order_by("pk"):
            self._guardians[row.child_id].append(row)
        live = Consent.objects.filter(child_id__in=known, purpose=Consent.Purpose.MATCHING, withdrawn_at=None)
        self._live = dict(live.values_list("child_id", "pk"))
        self._plan = _Plan()
        self._guardian_writer = GuardianWriter(actor, now.date())

    def ready(self) -> ChildRows:
        """Everything as columns."""
        for work in self.works:
            self._add(work)
        plan, places = self._plan, self._plan.places
        return ChildRows(
            works=self.works,
            new=prepare(Child, plan.new, self._links(plan.new)),
            changed=prepare(Child, plan.changed, self._links(plan.changed), is_new=False),
            changed_keys=[(child.pk, child.version - 1) for child in plan.changed],
            guardians=self._guardian_writer.ready(),
            assessments=prepare(Assessment, plan.assessments, {"child_id": plan.assessed}),
            consents=prepare(Consent, plan.consents, {"child_id": plan.agreed}),
            withdrawn=plan.withdrawn,
            audit=prepare(AuditEntry, plan.audit),
            facts=plan.facts,
            used_places={key for links in places.values() for key in links.values() if key is not None},
        )

    def _links(self, children: list[Child]) -> dict[str, list[Key | None]]:
        columns = ("village_id", "school_id", "school_class_id")
        return {column: [self._plan.places[id(child)].get(column) for child in children] for column in columns}

    def _add(self, work: Work) -> None:
        child = Child() if work.person_id is None else self._children[work.person_id]
        work.public_id = child.public_id
        state = child.state
        set_fields(child, SheetKind.CHILDREN, work, _FIELDS)
        self._place(child, work)
        self._assess(child, work)
        self._consent(child, work)
        self._guardian_writer.add(child, work, self._guardians[child.pk] if child.pk else [])
        if child.pk and child.state not in (state, Child.State.ACTIVE):
            self._plan.facts.append(ChildLeft(child_id=child.pk, state=child.state))
        elif child.pk and work.changed & {"village_code", "school", "school_code"}:
            self._plan.facts.append(ChildMoved(child_id=child.pk, from_county=self._codes[child.village_id][:6]))
        self._plan.audit.append(entry(self.actor, "child", child, work, self.batch_id))
        if work.is_new:
            self._plan.new.append(child)
        else:
            child.version = work.version + 1
            self._plan.changed.append(child)

    def _place(self, child: Child, work: Work) -> None:
        values, links = work.values, {}
        if "village_code" in work.changed:
            links["village_id"] = area_key(values["village_code"])
        school, code = values.get("school"), values.get("school_code", "")
        if work.changed & {"school", "school_code"}:
            links["school_id"] = unit_key(code, school) if school else None
            child.school_id = None
        if work.changed & {"class_name", "grade", "school", "school_code"}:
            name = values.get("class_name")
            child.school_class_id = None
            links["school_class_id"] = class_key(code, str(school), name) if name else None
        self._plan.places[id(child)] = links

    def _assess(self, child: Child, work: Work) -> None:
        if not work.changed & set(_ASSESSED):
            return
        values = work.values
        kind, severity = values.get("guardianship") or [None, None]
        level = values.get("heart_level")
        assessment = Assessment(
            child_id=child.pk,
            assessed_date=day(values.get("assessed_date")) or self.now.date(),
            heart_level=level,
            aspects=values.get("aspects") or {},
            guardianship_type=kind,
            severity=severity,
            need_level=need_level_of(level, severity),
            reason=values.get("assessment_reason") or "",
            signed_by=self.actor,
        )
        child.heart_level, child.need_level = level, assessment.need_level
        self._plan.assessments.append(assessment)
        self._plan.assessed.append(None if child.pk else child.public_id)
        work.note("assessments", assessment.public_id)

    def _consent(self, child: Child, work: Work) -> None:
        if not work.touches("consent"):
            return
        live = self._live.get(child.pk) if child.pk else None
        if live is not None:
            self._plan.withdrawn.append(live)
            work.note("withdrawn", str(live))
        if work.values.get("consent"):
            self._agree(child, work)
        elif live is not None:
            self._plan.facts.append(ConsentWithdrawn(child_id=child.pk, purpose=Consent.Purpose.MATCHING.value))

    def _agree(self, child: Child, work: Work) -> None:
        consent = Consent(
            child_id=child.pk,
            purpose=Consent.Purpose.MATCHING,
            text_version=_TEXT_VERSION,
            given_by=sealed(work.values.get("consent_by") or ""),
            given_date=date.fromisoformat(work.values["consent_date"]),
            recorded_by=self.actor,
        )
        self._plan.consents.append(consent)
        self._plan.agreed.append(None if child.pk else child.public_id)
        work.note("consents", consent.public_id)
