"""Who may answer for another coordinator's import or export: whoever holds all of their places."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import Role
from backend.roster.access import coordinators_covered_by, covers, reader_for
from backend.roster.models import Helper, ImportBatch, Membership
from backend.roster.services.imports import batches_visible_to
from tests.factories.roster import (
    NOW,
    a_coordinator,
    a_county,
    a_helper,
    a_member,
    a_school,
    a_token,
    a_township,
    a_village,
)  # fmt: skip

pytestmark = pytest.mark.django_db


def a_reader(role, **place):
    return reader_for(a_member(role, **place), NOW)


def test_whose_places_lie_within_whose():
    county, town = a_county(), a_township()
    school = a_school(a_village(town))
    far = a_county("529902", "云河县")
    readers = {
        "county": a_reader(Role.COUNTY_COORDINATOR, area=county),
        "town": a_reader(Role.TOWNSHIP_COORDINATOR, area=town),
        "school": a_reader(Role.SCHOOL_COORDINATOR, organisation=school),
        "far": a_reader(Role.COUNTY_COORDINATOR, area=far),
        "teacher": reader_for(a_helper().user, NOW),
    }
    pairs = {(one, other) for one in readers for other in readers if covers(readers[one], readers[other])}

    assert pairs == {
        ("county", "county"), ("county", "town"), ("county", "school"), ("town", "town"), ("town", "school"),
        ("school", "school"), ("far", "far"),
    }  # fmt: skip


def test_the_list_of_covered_coordinators_agrees_with_covers():
    town, other = a_township(), a_township(number=102, name="水田乡")
    far = a_county("529902", "云河县")
    users = [
        a_coordinator(), a_coordinator(town), a_coordinator(other), a_coordinator(far), a_member(Role.ADMIN),
        a_member(Role.SCHOOL_COORDINATOR, organisation=a_school(a_village(town))), a_member(Role.AUDITOR), a_helper().user,
    ]  # fmt: skip
    for second_place in (other, far):
        both = a_coordinator(town)
        Membership.objects.create(
            user=both, role=both.memberships.get().role, area=second_place, reason="兼任", starts_at=NOW - timedelta(1),
            expires_at=NOW + timedelta(9),
        )  # fmt: skip
        users.append(both)
    over, gone, admin_too = a_coordinator(town), a_coordinator(town), a_coordinator(town)
    over.memberships.update(expires_at=NOW)
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    Membership.objects.create(
        user=admin_too, role=Role.ADMIN, reason="兼", starts_at=NOW - timedelta(1), expires_at=NOW + timedelta(9)
    )
    users += [over, type(gone).objects.get(pk=gone.pk), admin_too]

    for user in users:
        reader = reader_for(user, NOW)
        expected = {one.pk for one in users if covers(reader, reader_for(one, NOW))}
        assert coordinators_covered_by(reader, NOW) == expected


def test_an_old_batch_is_listed_however_many_other_counties_made_since(django_assert_num_queries):
    mine, far = a_coordinator(), a_coordinator(a_county("529902", "云河县"))
    old = ImportBatch.objects.create(kind="CHILDREN", file_name="a", uploaded_by=mine, created_at=NOW - timedelta(9))
    ImportBatch.objects.bulk_create(
        ImportBatch(kind="CHILDREN", file_name="b", uploaded_by=far, created_at=NOW) for _ in range(201)
    )
    reader = reader_for(mine, NOW)

    with django_assert_num_queries(2):
        assert list(batches_visible_to(reader, NOW)) == [old]
    assert not batches_visible_to(reader_for(a_helper().user, NOW), NOW).exists()


def test_a_filter_of_the_wrong_kind_is_refused_not_an_error():
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(a_coordinator())}")
    for filters in ({"heart_level": "abc"}, {"public_ids": "abc"}, {"nothing": "1"}, {"area": ["1"]}):
        body = {"kind": "CHILDREN", "reason": "学期初核对一次台账内容", "filters": filters}
        assert client.post("/api/v1/exports/file/", body, format="json").status_code == 400, filters


def test_no_sheet_changes_the_address_of_a_login_with_other_rights():
    from backend.roster.sheets.logins import Addresses

    helper = a_helper()
    plain = a_helper()
    Membership.objects.create(
        user=helper.user,
        role=Role.COUNTY_COORDINATOR,
        area=a_county(),
        starts_at=NOW,
        expires_at=NOW.replace(year=2027),
    )

    class Row:
        def __init__(self, number, address):
            self.number, self.values, self.problems = number, {"email": address}, []

        def wrong(self, column, problem, mend):
            self.problems.append((column, problem, mend))

    rows = [Row(2, "evil@example.org"), Row(3, "new@example.org"), Row(4, helper.email), Row(5, "")]
    persons = {2: helper.pk, 3: plain.pk, 4: helper.pk, 5: helper.pk}
    Addresses.of(row.values["email"] for row in rows).check(rows, persons)

    assert [row.number for row in rows if row.problems] == [2, 5]
    assert Helper.objects.count() == 2


def test_a_grant_that_was_taken_back_covers_nobody():
    from backend.roster.access import coordinators_covered_by, reader_for

    revoked, present = a_coordinator(a_township()), a_coordinator(a_township())
    revoked.memberships.update(revoked_at=NOW)
    reader = reader_for(a_coordinator(a_county()), NOW)
    covered = coordinators_covered_by(reader, NOW)
    assert present.pk in covered and revoked.pk not in covered
