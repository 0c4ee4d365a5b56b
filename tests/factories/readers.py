"""One person of every role around one child, and a second child none of the scoped ones may know of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from backend.accounts.models import Role, User
from backend.roster.models import Assessment, Child, Guardian, GuardianRating
from tests.factories.roster import (
    NOW,
    a_care_link,
    a_child,
    a_county,
    a_guardian,
    a_helper,
    a_member,
    a_school,
    a_township,
    a_user,
    a_village,
)

# Each value is unlike any other text on a page, so that finding it is proof of a leak.
SECRETS = {
    "id_number": "529900201605040121",
    "address": "石榴巷七十三号",
    "medical_history": "先天性心脏病史",
    "psych_notes": "夜里惊醒的记录",
    "care_alert": "带哮喘喷雾",
    "phone": "13700008888",
    "guardian_phone": "13600007777",
    "guardian_name": "欧阳桂兰",
    "personality": "内向慢热型",
    "study_state": "数学跟不上进度",
    "away_reason": "广东电子厂务工",
    "interests": "剪纸和跳绳",
}


@dataclass
class Neighbourhood:
    """The child everybody looks at, a stranger's child, and a user per role."""

    child: Child
    stranger: Child
    users: dict[str, User] = field(default_factory=dict)
    helpers: dict[str, Any] = field(default_factory=dict)


def a_full_child() -> Child:
    child = a_child(
        "冉欣怡", level=4, id_number=SECRETS["id_number"], address=SECRETS["address"], phone=SECRETS["phone"],
        medical_history=SECRETS["medical_history"], psych_notes=SECRETS["psych_notes"],
        care_alert=SECRETS["care_alert"], personality=SECRETS["personality"], interests=SECRETS["interests"],
        study_state=SECRETS["study_state"], away_reason=SECRETS["away_reason"],
        away_since_date=date(2024, 2, 20), categories=["单亲家庭"], needs=["学习缺导"],
    )  # fmt: skip
    guardian = a_guardian(child, name=SECRETS["guardian_name"], phone=SECRETS["guardian_phone"], occupation="务农")
    GuardianRating.objects.create(guardian=guardian, rating="FAIR", rated_date=date(2026, 9, 1))
    Assessment.objects.create(
        child=child, assessed_date=date(2026, 9, 1), heart_level=4, need_level=4, guardianship_type=1, severity=2,
        aspects={"mind": 4},
    )  # fmt: skip
    return child


def a_neighbourhood() -> Neighbourhood:
    child = a_full_child()
    far = a_village(a_township(a_county("529902", "云河县"), number=102, name="桑木镇"), number=202, name="青杠坡村")
    stranger = a_child("穆子轩", village=far, school=a_school(far, name="桑木小学"))
    place = Neighbourhood(child, stranger)
    village = child.village
    place.users = {
        Role.ADMIN: a_member(Role.ADMIN),
        Role.COUNTY_COORDINATOR: a_member(Role.COUNTY_COORDINATOR, area=a_county()),
        Role.TOWNSHIP_COORDINATOR: a_member(Role.TOWNSHIP_COORDINATOR, area=village.parent),
        Role.SCHOOL_COORDINATOR: a_member(Role.SCHOOL_COORDINATOR, organisation=child.school),
        Role.VILLAGE_DIRECTOR: a_member(Role.VILLAGE_DIRECTOR, area=village),
        Role.AUDITOR: a_member(Role.AUDITOR),
        Role.API_CLIENT: a_member(Role.API_CLIENT, area=a_county()),
        Role.GUARDIAN: a_user(),
    }
    Guardian.objects.filter(child=child).update(user=place.users[Role.GUARDIAN])
    for role in (Role.TEACHER, Role.CADRE, Role.ELDER, Role.VOLUNTEER):
        helper = a_helper(role=role)
        a_care_link(child, helper, role=role)
        place.helpers[role], place.users[role] = helper, helper.user
    return place


def plan_a_visit(place: Neighbourhood, role: str, *, days_ahead: int) -> None:
    place.helpers[role].care_links.update(next_visit_date=(NOW + timedelta(days=days_ahead)).date())
