"""A small county and its people. Every name is invented and every id counts up, so nothing depends on order."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from stdnum.cn import ric

from backend.accounts.models import Role, User
from backend.accounts.services import make_api_token
from backend.roster.models import (
    Area,
    CareLink,
    Child,
    Clearance,
    Consent,
    Guardian,
    Helper,
    HelperRole,
    Membership,
    Organisation,
    SchoolClass,
)
from backend.roster.names import name_keys
from backend.vault.hashes import lookup_hash

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = NOW.date()
_count = itertools.count(1)


def an_id_number(number: int, *, birth: date = date(2016, 5, 4), is_female: bool = True) -> str:
    """A valid identity number of a division that does not exist."""
    serial = (number * 2) % 1000 // 2 * 2 + (0 if is_female else 1)
    body = f"529900{birth:%Y%m%d}{serial:03d}"
    return body + ric.calc_check_digit(f"{body}0")


def a_county(code: str = "529901", name: str = "清溪县") -> Area:
    county, _new = Area.objects.get_or_create(
        code=code, defaults={"name": name, "kind": Area.Kind.COUNTY, "x_m": 0, "y_m": 0}
    )
    return county


def a_township(county: Area | None = None, *, number: int = 101, name: str = "土城镇") -> Area:
    county = county or a_county()
    town, _new = Area.objects.get_or_create(
        code=f"{county.code}{number:03d}",
        defaults={"name": name, "kind": Area.Kind.TOWNSHIP, "parent": county, "x_m": 1000, "y_m": 1000},
    )
    return town


def a_village(township: Area | None = None, *, number: int = 201, name: str = "水狮坝村") -> Area:
    if township is None:
        # Each child and helper comes by here: one question where the village is there, not one for each level.
        there = Area.objects.select_related("parent__parent").filter(code=f"529901101{number:03d}").first()
        if there is not None:
            return there
    township = township or a_township()
    village, _new = Area.objects.get_or_create(
        code=f"{township.code}{number:03d}",
        defaults={"name": name, "kind": Area.Kind.VILLAGE, "parent": township, "x_m": 1200, "y_m": 1100},
    )
    return village


def a_school(village: Area | None = None, *, name: str = "土城小学") -> Organisation:
    village = village or a_village()
    school, _new = Organisation.objects.get_or_create(
        area=village, name=name, defaults={"kind": Organisation.Kind.SCHOOL, "x_m": 1300, "y_m": 1150}
    )
    return school


def a_class(school: Organisation | None = None, *, name: str = "四(1)班", grade: int = 4) -> SchoolClass:
    row, _new = SchoolClass.objects.get_or_create(school=school or a_school(), name=name, defaults={"grade": grade})
    return row


def a_child(name: str = "", *, level: int | None = 4, has_consent: bool = True, **columns: Any) -> Child:
    number = next(_count)
    name = name or f"袁小{'甲乙丙丁戊己庚辛'[number % 8]}{number}"
    sort, search = name_keys(name)
    village = columns.pop("village", None) or a_village()
    school = columns.pop("school", None) or a_school(village)
    id_number = columns.pop("id_number", an_id_number(number))
    child = Child.objects.create(
        name=name, name_sort=sort, name_search=search, sex=columns.pop("sex", "F"),
        birth_date=columns.pop("birth_date", date(2016, 5, 4)), village=village, school=school,
        school_class=columns.pop("school_class", None) or a_class(school),
        id_number=id_number, id_hash=lookup_hash(id_number, "child.id_number"),
        heart_level=level, need_level=level or 1, **columns,
    )  # fmt: skip
    if has_consent:
        Consent.objects.create(
            child=child, purpose="MATCHING", text_version="1", given_by="监护人", given_date=date(2026, 9, 1)
        )
    return child


def a_guardian(child: Child, **columns: Any) -> Guardian:
    facts = {"kind": "DELEGATED", "is_in_charge": True, "name": "祖母某", "relation": "祖母", "phone": "13900001111"}
    return Guardian.objects.create(child=child, **facts | columns)


def a_helper(
    name: str = "", *, role: str = Role.TEACHER, is_cleared: bool = True, has_account: bool = True, **columns: Any
) -> Helper:
    number = next(_count)
    name = name or f"何国{'平安康宁'[number % 4]}{number}"
    sort, search = name_keys(name)
    village = columns.pop("village", None) or a_village()
    unit = columns.pop("unit", None) or a_school(village)
    email = columns.pop("email", f"helper{number}@example.org")
    user = User.objects.create(email=email or None, display_name=name) if has_account else None
    helper = Helper.objects.create(
        name=name, name_sort=sort, name_search=search, sex=columns.pop("sex", "F"), birth_date=date(1985, 1, 1),
        village=village, township=village.parent, unit=unit, email=email, user=user, **columns,
    )  # fmt: skip
    HelperRole.objects.create(helper=helper, role=role)
    if is_cleared:
        a_clearance(helper)
    return helper


def a_clearance(helper: Helper, **columns: Any) -> Clearance:
    facts = {
        "issuer": "县公安局", "issued_date": date(2026, 9, 1), "expires_date": date(2027, 8, 31),
        "confirmed_at": NOW, "confirmed_by": a_user(),
    }  # fmt: skip
    return Clearance.objects.create(helper=helper, **facts | columns)


def a_user(**columns: Any) -> User:
    number = next(_count)
    facts = {"email": f"person{number}@example.org", "display_name": f"周敏{number}"}
    return User.objects.create(**facts | columns)


def a_member(
    role: str, *, area: Area | None = None, organisation: Organisation | None = None, body: str = "", **columns: Any
) -> User:
    """A user with one valid grant."""
    user = a_user(**columns)
    Membership.objects.create(
        user=user, role=role, area=area, organisation=organisation, body=body, reason="测试",
        starts_at=NOW - timedelta(days=30), expires_at=NOW + timedelta(days=300),
    )  # fmt: skip
    return user


def a_coordinator(area: Area | None = None) -> User:
    """A county coordinator, unless the area is a township."""
    area = area or a_county()
    role = Role.COUNTY_COORDINATOR if area.kind == Area.Kind.COUNTY else Role.TOWNSHIP_COORDINATOR
    return a_member(role, area=area)


def a_checker(body: str) -> User:
    """A county coordinator who checks applications in a body's name."""
    return a_member(Role.COUNTY_COORDINATOR, area=a_county(), body=body)


def a_token(user: User, scope: str = "WRITE") -> str:
    """The secret of a fresh API token."""
    from django.utils import timezone

    return make_api_token(user=user, label="test", scope=scope, days=30, now=timezone.now())[1]


def a_care_link(child: Child, helper: Helper, role: str = Role.TEACHER, **columns: Any) -> CareLink:
    number = next(_count)
    return CareLink.objects.create(
        child=child, helper=helper, role=role, source_id=f"source{number:010d}", started_at=NOW, **columns
    )
