"""The demo: people who do not exist, in files that import without a wrong row, with accounts for every role."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from stdnum.cn import ric

from activities.models import DayConsent, EventDay
from backend.accounts.models import NEEDS_SECOND_FACTOR, Role, User
from backend.accounts.services import user_of_token
from backend.demo.build import LedgerNotEmpty, build_demo, invent
from backend.demo.sizes import SIZES
from backend.roster.access import reader_for
from backend.roster.models import Child, Clearance, Helper, ImportBatch
from backend.roster.sheets.identity import mobile_of
from notifications.models import Feed

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "children", "key"), [("school", 566, 24), ("township", 360, 170), ("county", 9780, 4570)]
)
def test_sizes_are_as_promised(name, children, key):
    county, rows, helpers = invent(SIZES[name], 1, TODAY)
    size = SIZES[name]
    assert (len(rows), sum(row.get("heart_level") == 4 for row in rows)) == (children, key)
    assert len(helpers) == size.teachers + size.cadres + size.elders + size.volunteers
    assert (len(county.townships), len(county.villages)) == (size.townships, size.villages)
    assert Counter(row["sex"] for row in rows)["F"] > 0.38 * children


def test_the_county_has_the_figures_of_the_real_case():
    county, _rows, helpers = invent(SIZES["county"], 1, TODAY)
    roles = Counter(row["roles"][0] for row in helpers)
    assert (roles["TEACHER"] + roles["CADRE"], len(county.schools)) == (8453, 233)


def test_the_same_seed_invents_the_same_people_and_another_seed_others():
    again = [invent(SIZES["school"], seed, TODAY)[1:] for seed in (1, 1, 2)]
    assert again[0] == again[1] != again[2]


def test_nobody_could_be_real():
    _county, rows, helpers = invent(SIZES["township"], 1, TODAY)
    people = rows + helpers
    numbers = [row["id_number"] for row in people]
    assert len(set(numbers)) == len(numbers)
    assert all(number.startswith("529981") and ric.calc_check_digit(number) == number[-1] for number in numbers)
    assert all(mobile_of(row["phone"]) for row in helpers)
    assert all(row["email"].endswith(".example") for row in helpers if row["email"])


@pytest.mark.django_db
def test_the_demo_goes_through_the_front_door(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    lines: list[str] = []
    path = build_demo(SIZES["school"], seed=1, now=NOW, say=lines.append)
    assert (Child.objects.count(), Helper.objects.count(), len(lines)) == (566, 60, 7)
    assert list(ImportBatch.objects.order_by("pk").values_list("kind", "state", "skip_wrong")) == [
        ("CHILDREN", "CONFIRMED", False), ("HELPERS", "CONFIRMED", False),
    ]  # fmt: skip
    assert not Clearance.objects.filter(confirmed_at=None).exists()
    assert path.stat().st_mode & 0o777 == 0o600
    _check_accounts(json.loads(path.read_text()))
    _check_event(EventDay.objects.get())
    with pytest.raises(LedgerNotEmpty):
        build_demo(SIZES["school"], seed=1, now=NOW, say=lines.append)


def _check_event(event):
    """Published with hosts, children, people who wait and a plan for rain, and every name of it invented."""
    version = event.versions.get()
    assert (event.state, event.shown_date, event.shown_date.isoweekday()) == ("PUBLISHED", date(2026, 12, 12), 6)
    assert version.rain_plan is not None
    assert not re.search("诸暨|绍兴|马剑|越城|栗金", json.dumps(version.day, ensure_ascii=False))
    assert Counter(event.seats.values_list("state", flat=True)) == {"PLACE": 48, "WAITING": 2}
    assert event.seats.filter(state="PLACE", group_key="").count() == 0
    assert len(version.helpers) == 7
    assert Feed.objects.get().helper_id not in version.helpers.values()
    assert version.notices.filter(helper__isnull=False).count() == 6
    assert DayConsent.objects.filter(seat__event=event, purpose="TAKE_PART").count() == 48
    assert {one["size"] for one in event.draft["groups"]} == {12}


def _check_accounts(entries):
    """Every role can sign in and use the API, and is who the list says."""
    roles = Counter(entry["role"] for entry in entries)
    assert set(roles) == {role.value for role in Role} | {"calendar_subscriber"}
    for role in (Role.ADMIN, Role.COUNTY_COORDINATOR, Role.TOWNSHIP_COORDINATOR, Role.SCHOOL_COORDINATOR):
        assert roles[role.value] == 2
    for entry in entries:
        if entry["role"] == "calendar_subscriber":
            assert "/ical/" in entry["feed_url"]
            continue
        user = User.objects.get(email=entry["login"])
        assert user.check_password(entry["password"])
        assert user_of_token(entry["api_token"], now=NOW).user == user
        assert reader_for(user, NOW).role == entry["role"]
        assert bool(entry["totp_secret"]) == user.needs_second_factor == (Role(entry["role"]) in NEEDS_SECOND_FACTOR)
        assert bool(entry["helper_id"]) == (
            Role(entry["role"]) in {Role.TEACHER, Role.CADRE, Role.ELDER, Role.VOLUNTEER}
        )
