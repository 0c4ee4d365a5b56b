"""Helpers from the sheet, prepared before the transaction and written inside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from backend.accounts.models import Role, User
from backend.audit.models import AuditEntry
from backend.audit.services import entry_for
from backend.roster.bulk import Key, Rows, insert, insert_named, prepare, update
from backend.roster.events import HelperLeft
from backend.roster.models import Clearance, Helper, HelperRole, TeachingPost, WeeklyHours
from backend.roster.models.imports import SheetKind
from backend.roster.sheets.helper_values import CLEARANCE_KEYS
from backend.roster.sheets.login_phones import LoginPhones, set_login_phone
from backend.roster.sheets.person_writing import entry, set_fields
from backend.roster.sheets.place_writing import area_key, class_key, unit_key

if TYPE_CHECKING:
    from backend.kernel.events import Fact
    from backend.roster.sheets.work import Work

_FIELDS = (
    "name", "sex", "id_number", "birth_date", "phone", "email", "state", "paused_until_date", "address", "skills",
    "total_limit", "share_permille",
)  # fmt: skip


@dataclass
class HelperRows:
    """Prepared rows of one import; `write` runs inside the transaction, after the places."""

    works: list[Work]
    logins: Rows
    new: Rows
    changed: Rows
    changed_keys: list[tuple[int, ...]]
    renamed: Rows
    renamed_ids: list[tuple[int, ...]]
    stale_roles: list[int]
    stale_posts: list[int]
    stale_hours: list[int]
    stale_addresses: list[int]
    parts: list[Rows]
    audit: Rows
    facts: list[Fact]
    used_places: set[Key]

    def write(self, ids: dict[Key, int], now: datetime) -> int:  # noqa: ARG002 - the same shape as for children
        """Write everything; answers how many persons were written (fewer than asked: somebody was faster)."""
        ids |= {("login", public_id): pk for public_id, pk in insert_named(self.logins, ids).items()}
        ids |= insert_named(self.new, ids)
        count = len(self.new) + update(self.changed, self.changed_keys, ids)
        update(self.renamed, self.renamed_ids, ids, where=("id",))
        EmailAddress.objects.filter(user_id__in=self.stale_addresses).delete()
        HelperRole.objects.filter(helper_id__in=self.stale_roles).delete()
        TeachingPost.objects.filter(helper_id__in=self.stale_posts).delete()
        WeeklyHours.objects.filter(helper_id__in=self.stale_hours).delete()
        for rows in self.parts:
            insert(rows, ids)
        insert(self.audit, ids)
        return count


@dataclass
class _Parts:
    """Rows that hang off helpers, each with the key of its helper."""

    rows: list[Any] = field(default_factory=list)
    helpers: list[Key | None] = field(default_factory=list)
    classes: list[Key | None] = field(default_factory=list)

    def add(self, row: Any, helper: Helper, school_class: Key | None = None) -> None:
        row.helper_id = helper.pk
        self.rows.append(row)
        self.helpers.append(None if helper.pk else helper.public_id)
        self.classes.append(school_class)


class HelperWriter:
    """Turns works into rows. `actor` records, `now` dates, `batch_id` is the public id noted in the audit."""

    def __init__(self, works: list[Work], actor: Any, now: datetime, batch_id: str) -> None:
        self.works, self.actor, self.now, self.batch_id = works, actor, now, batch_id
        known = [work.person_id for work in works if work.person_id]
        self._helpers = Helper.objects.select_related("user", "unit__area").in_bulk(known)
        self._phones = LoginPhones.of(work.values.get("phone") or "" for work in works if "phone" in work.changed)
        self._guarded = set(
            Helper.objects.filter(pk__in=self._helpers, user__memberships__isnull=False).values_list(
                "user_id", flat=True
            )
        )
        self._new: list[Helper] = []
        self._changed: list[Helper] = []
        self._places: dict[int, dict[str, Key | None]] = {}
        self._logins: list[User] = []
        self._renamed: list[User] = []
        self._moved: list[User] = []
        self._parts = {model: _Parts() for model in (HelperRole, TeachingPost, WeeklyHours, Clearance)}
        self._audit: list[AuditEntry] = []
        self._facts: list[Fact] = []

    def ready(self) -> HelperRows:
        """Everything as columns."""
        for work in self.works:
            self._add(work)
        changed = [(work, work.person_id) for work in self.works if work.person_id]
        return HelperRows(
            works=self.works,
            logins=prepare(User, self._logins),
            new=prepare(Helper, self._new, self._links(self._new)),
            changed=prepare(Helper, self._changed, self._links(self._changed), is_new=False),
            changed_keys=[(helper.pk, helper.version - 1) for helper in self._changed],
            renamed=prepare(User, self._renamed, only=("email", "display_name", "phone", "phone_hash"), is_new=False),
            renamed_ids=[(user.pk,) for user in self._renamed],
            stale_roles=[pk for work, pk in changed if work.touches("roles", "elder_kind")],
            stale_posts=[pk for work, pk in changed if work.touches("classes")],
            stale_hours=[pk for work, pk in changed if work.touches("hours")],
            stale_addresses=[user.pk for user in self._moved],
            parts=[self._prepared(model, parts) for model, parts in self._parts.items()],
            audit=prepare(AuditEntry, self._audit),
            facts=self._facts,
            used_places=self._used_places(),
        )

    def _used_places(self) -> set[Key]:
        linked = {key for links in self._places.values() for key in links.values() if key is not None}
        return linked | {key for key in self._parts[TeachingPost].classes if key is not None}

    def _links(self, helpers: list[Helper]) -> dict[str, list[Key | None]]:
        columns = ("township_id", "village_id", "unit_id", "user_id")
        return {column: [self._places[id(one)].get(column) for one in helpers] for column in columns}

    def _prepared(self, model: Any, parts: _Parts) -> Rows:
        links: dict[str, list[Key | None]] = {"helper_id": parts.helpers}
        if model is TeachingPost:
            links["school_class_id"] = parts.classes
        return prepare(model, parts.rows, links)

    def _add(self, work: Work) -> None:
        helper = Helper() if work.person_id is None else self._helpers[work.person_id]
        work.public_id = helper.public_id
        state = helper.state
        set_fields(helper, SheetKind.HELPERS, work, _FIELDS)
        if "total_limit" in work.changed:
            helper.given_limit = None
        self._place(helper, work)
        self._login(helper, work)
        self._hang_off(helper, work)
        if helper.state != state and helper.state == Helper.State.LEFT and helper.pk:
            self._facts.append(HelperLeft(helper_id=helper.pk))
        self._audit.append(entry(self.actor, "helper", helper, work, self.batch_id))
        if work.is_new:
            self._new.append(helper)
        else:
            helper.version = work.version + 1
            self._changed.append(helper)

    def _place(self, helper: Helper, work: Work) -> None:
        values, links = work.values, self._places.setdefault(id(helper), {})
        if "township_code" in work.changed:
            links["township_id"] = area_key(values["township_code"])
        if "village_code" in work.changed:
            helper.village_id = None
            links["village_id"] = area_key(values["village_code"]) if values["village_code"] else None
        if work.changed & {"unit", "unit_code"}:
            helper.unit_id = None
            unit = values.get("unit")
            links["unit_id"] = unit_key(values["unit_code"], unit) if unit else None

    def _login(self, helper: Helper, work: Work) -> None:
        """An account without a password, opened by the address or phone on file; none for a buddy, who is a child."""
        if helper.peer_child_id is not None:
            return
        if helper.user is None:
            user = User(email=helper.email or None, display_name=helper.name, password=make_password(None))
            set_login_phone(user, self._phones.free_for(work.values.get("phone") or "", None))
            self._logins.append(user)
            self._places[id(helper)]["user_id"] = ("login", user.public_id)
        elif work.changed & {"name", "email", "phone"}:
            self._rename(helper.user, helper)
            if "phone" in work.changed:
                self._move_phone(helper.user, work.values.get("phone") or "")

    def _rename(self, user: User, helper: Helper) -> None:
        """The coordinator who confirms the import changes the address, and the audit says from what to what."""
        before, after = user.email or "", helper.email
        user.display_name, user.email = helper.name, after or None
        self._renamed.append(user)
        if before != after:
            self._moved.append(user)
            change = entry_for(self.actor, "user.email_changed", user, before={"email": before}, after={"email": after})
            self._audit.append(change)

    def _move_phone(self, user: User, phone: str) -> None:
        """A login with other rights loses the number a sheet changes, and never gets one from a sheet."""
        login = "" if user.pk in self._guarded else self._phones.free_for(phone, user.pk)
        if login == user.phone:
            return
        had, has = bool(user.phone), bool(login)
        set_login_phone(user, login)
        self._audit.append(
            entry_for(self.actor, "user.phone_changed", user, before={"is_set": had}, after={"is_set": has})
        )

    def _hang_off(self, helper: Helper, work: Work) -> None:
        values = work.values
        if work.touches("roles", "elder_kind"):
            for role in values.get("roles") or []:
                elder = values.get("elder_kind") or "" if role == Role.ELDER else ""
                self._parts[HelperRole].add(HelperRole(role=role, elder_kind=elder), helper)
        if work.touches("hours"):
            for weekday, start, end in values["hours"]:
                row = WeeklyHours(weekday=weekday, start_minute=start, end_minute=end)
                self._parts[WeeklyHours].add(row, helper)
        if work.touches("classes"):
            self._teach(helper, work)
        if work.touches("clearance."):
            self._clear(helper, work)

    def _teach(self, helper: Helper, work: Work) -> None:
        unit, code = work.values.get("unit"), work.values.get("unit_code", "")
        for name, subject, is_head in work.values["classes"]:
            row = TeachingPost(subject=subject, is_head=is_head)
            self._parts[TeachingPost].add(row, helper, class_key(code, str(unit), name))

    def _clear(self, helper: Helper, work: Work) -> None:
        """A background check is recorded by the importer and counts once somebody else confirms it."""
        values = {key: work.values[f"clearance.{key}"] for key in CLEARANCE_KEYS}
        row = Clearance(
            result=values["result"],
            issuer=values["issuer"],
            issued_date=date.fromisoformat(values["issued_date"]),
            expires_date=date.fromisoformat(values["expires_date"]),
            recorded_by=self.actor,
        )
        self._parts[Clearance].add(row, helper)
        work.note("clearances", row.public_id)
