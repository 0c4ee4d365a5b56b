"""The demo from nothing: accounts of the county, two spreadsheets through the front door, and what follows them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import time as clock_time
from random import Random
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from backend.accounts.models import Role, User
from backend.demo.accounts import FILE_NAME, Accounts
from backend.demo.children import make_children
from backend.demo.county import COUNTY_CODE, COUNTY_NAME, County, make_county
from backend.demo.event import make_event
from backend.demo.files import write_sheet
from backend.demo.helpers import make_helpers
from backend.demo.people import Register
from backend.jobs.statistics import refresh
from backend.kernel.errors import DomainError
from backend.roster.access import reader_for
from backend.roster.models import Area, CheckingBody, Clearance, Guardian, Helper, ImportBatch, Organisation
from backend.roster.models.imports import SheetKind
from backend.roster.services.clearances import confirm_clearances
from backend.roster.services.confirming import confirm
from backend.roster.services.imports import stage_batch, upload

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from backend.demo.sizes import Size

Say = Callable[[str], None]
_LOGINS_PER_ROLE = {Role.TEACHER: 2, Role.CADRE: 2, Role.ELDER: 1, Role.VOLUNTEER: 1}


class LedgerNotEmpty(DomainError):
    code = "demo.ledger_not_empty"
    message = "There is a county on file already; the demo needs an empty database."


def build_demo(size: Size, *, seed: int, now: datetime, say: Say) -> Path:
    """
    Make the demo; answers where the list of accounts lies.

    Raises:
        LedgerNotEmpty
    """
    if Area.objects.exists():
        raise LedgerNotEmpty
    county, children, helpers = invent(size, seed, timezone.localdate(now))
    say(
        f"编好了：{len(children)} 名儿童，{len(helpers)} 位帮扶人，"
        f"{len(county.villages)} 个村，{len(county.schools)} 所学校"
    )
    folder = settings.DATA_DIR / "demo"
    files = {
        SheetKind.CHILDREN: write_sheet(SheetKind.CHILDREN, children, folder),
        SheetKind.HELPERS: write_sheet(SheetKind.HELPERS, helpers, folder),
    }
    say(f"两张表写在 {folder}")
    accounts = Accounts(now)
    area = Area.objects.create(code=COUNTY_CODE, name=COUNTY_NAME, kind=Area.Kind.COUNTY)
    first, second = _county_accounts(accounts, area)
    for kind, path in files.items():
        _import(kind, path, first, now, say)
    _survey(county)
    number = _confirm_clearances(second, now)
    say(f"第二位协调员确认了 {number} 份背景核查")
    _other_accounts(accounts)
    _matching_and_calendar(accounts, area, first, now)
    event = make_event(
        township=_first_township(), spared=_helpers_of(Role.TEACHER)[0], actor=first, now=now, clock=timezone.now
    )
    say(f"{event.date}的活动“{event.title}”发布了，{event.seats.filter(state='PLACE').count()} 名孩子有名额")
    refresh()
    path = settings.DATA_DIR / FILE_NAME
    accounts.write(path)
    say(f"演示账号写在 {path}")
    return path


def invent(size: Size, seed: int, today: Any) -> tuple[County, list[dict[str, Any]], list[dict[str, Any]]]:
    """(county, children's rows, helpers' rows), the same for the same size, seed and day."""
    chance = Random(f"{seed}/{size.name}")  # noqa: S311 - repeatable on purpose
    county = make_county(size, chance)
    register = Register(chance)
    children = make_children(size, county, register, chance, today)
    children[0]["carer.email"] = register.mail("g")
    return county, children, make_helpers(size, county, children, register, chance, today)


def _county_accounts(accounts: Accounts, area: Area) -> tuple[User, User]:
    for number, name in enumerate(("管理员甲", "管理员乙"), start=1):
        accounts.member(Role.ADMIN, f"admin{number}@qianshou.example", name)
    first = accounts.member(
        Role.COUNTY_COORDINATOR, "county1@qianshou.example", "周敏", area, body=CheckingBody.ASSOCIATION
    )
    second = accounts.member(
        Role.COUNTY_COORDINATOR, "county2@qianshou.example", "刘洋", area, body=CheckingBody.BUREAU
    )
    accounts.member(Role.AUDITOR, "auditor1@qianshou.example", "审计员甲", area)
    accounts.member(Role.API_CLIENT, "program1@qianshou.example", "对接程序", area)
    return first, second


def _import(kind: str, path: Path, actor: User, now: datetime, say: Say) -> ImportBatch:
    """Upload, read, check and confirm, as a coordinator would; a row that is wrong is a fault of the demo."""
    began = time.monotonic()
    reader = reader_for(actor, now)
    batch = upload(
        kind=kind, file_name=path.name, content=path.read_bytes(), actor=actor, reader=reader, now=now, is_queued=False
    )
    batch = stage_batch(batch_id=batch.pk, now=now)
    batch = confirm(batch=batch, skip_wrong=False, actor=actor, reader=reader, now=now)
    say(f"导入 {path.name}：{batch.counts['written']} 行，用了 {time.monotonic() - began:.1f} 秒")
    return batch


def _survey(county: County) -> None:
    """Where places lie: the sheets carry positions of people only."""
    points = {place.code: place.point for place in (*county.townships, *county.villages)}
    areas = list(Area.objects.filter(code__in=points))
    for area in areas:
        area.x_m, area.y_m = points[area.code]
    Area.objects.bulk_update(areas, ["x_m", "y_m"], batch_size=200)
    schools = {(school.code, school.name): school.point for school in county.schools}
    units = list(Organisation.objects.select_related("area").exclude(area__code=COUNTY_CODE))
    for unit in units:
        unit.x_m, unit.y_m = schools.get((unit.area.code, unit.name), points[unit.area.code])
    Organisation.objects.bulk_update(units, ["x_m", "y_m"], batch_size=200)


def _confirm_clearances(second: User, now: datetime) -> int:
    waiting = Clearance.objects.filter(confirmed_at=None)
    return confirm_clearances(clearances=waiting, actor=second, reader=reader_for(second, now), now=now)


def _other_accounts(accounts: Accounts) -> None:
    township = _first_township()
    schools = list(Organisation.objects.filter(kind=Organisation.Kind.SCHOOL).order_by("pk")[:1])
    for number, name in enumerate(("陈乡助", "吴乡助"), start=1):
        accounts.member(Role.TOWNSHIP_COORDINATOR, f"township{number}@qianshou.example", name, township)
    for number, name in enumerate(("郑校助", "冯校助"), start=1):
        accounts.member(Role.SCHOOL_COORDINATOR, f"school{number}@qianshou.example", name, organisation=schools[0])
    village = Area.objects.filter(kind=Area.Kind.VILLAGE).order_by("code")[0]
    accounts.member(Role.VILLAGE_DIRECTOR, "director1@qianshou.example", "村儿童主任", village)
    for role, number in _LOGINS_PER_ROLE.items():
        for helper in _helpers_of(role)[:number]:
            accounts.helper(helper, role)
    guardian = Guardian.objects.exclude(user__email=None).select_related("user", "child__village").order_by("pk")[0]
    if guardian.user is not None:
        accounts.guardian(guardian.user, guardian.child.public_id)


def _first_township() -> Area:
    return Area.objects.filter(kind=Area.Kind.TOWNSHIP).order_by("code")[0]


def _helpers_of(role: Role) -> list[Helper]:
    with_mail = Helper.objects.filter(roles__role=role, user__email__isnull=False).order_by("pk")
    return list(with_mail.select_related("user", "township")[:2])


def _matching_and_calendar(accounts: Accounts, area: Area, actor: User, now: datetime) -> None:
    """The built-in schemes of the county, and one helper's calendar."""
    from backend.roster.access import reader_in_role
    from matching.services.schemes import install_presets
    from notifications.county import set_rules
    from notifications.feed_services import create_feed

    install_presets(area, now=now, actor=actor)
    # Nobody real is woken: whoever tries the demo at night sees its messages at once.
    set_rules(county=area, actor=actor, quiet_from=clock_time(0), quiet_until=clock_time(0))
    helper = _helpers_of(Role.TEACHER)[0]
    _feed, url = create_feed(reader=reader_in_role(helper.user, Role.TEACHER, now), label="演示", now=now)
    accounts.feed(url)
