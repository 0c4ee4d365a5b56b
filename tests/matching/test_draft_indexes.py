"""Two indexes less for every row of a draft: dropped without touching the rows, whatever the database."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext

from matching.models import ProposedPair
from tests.factories.roster import a_child, a_helper
from tests.matching.test_publishing import a_draft

pytestmark = pytest.mark.django_db(transaction=True)

DROPPED = {"matching_proposedpair_changed_by_id_d3cb2d23", "matching_proposedpair_proposal_id_e058a9ea"}
KEPT = {"proposed_by_child", "proposed_by_helper", "proposed_open"}


def migrate(*targets):
    MigrationExecutor(connection).migrate([("matching", name) for name in targets])


def indexes():
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "matching_proposedpair")
    return {name for name, one in found.items() if one["index"]}


@pytest.fixture
def before():
    """A draft with its rows, and the tables as they were before; afterwards they are up to date again."""
    a_draft((a_child("冉欣怡"), a_helper(), None), (a_child("穆子轩"), a_helper(), None))
    rows = list(ProposedPair.objects.order_by("pk").values())
    migrate("0016_trials_remember_what_they_changed")
    yield rows
    migrate(*(name for app, name in MigrationExecutor(connection).loader.graph.leaf_nodes("matching")))


def test_the_indexes_go_and_the_rows_stay_as_they_are(before):
    assert indexes() >= DROPPED | KEPT

    with CaptureQueriesContext(connection) as seen:
        migrate("0017_drafts_of_a_county_save_quicker")

    written = [one["sql"] for one in seen if re.match("CREATE|ALTER|INSERT|UPDATE|DELETE", one["sql"])]
    assert [sql for sql in written if "proposedpair" in sql] == []
    assert (indexes() & DROPPED, indexes() >= KEPT) == (set(), True)
    migrate("0018_drafts_count_their_changes")
    assert list(ProposedPair.objects.order_by("pk").values()) == before != []


def test_cut_short_after_the_first_index_it_goes_on_with_the_other(before):
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {min(DROPPED)}")

    migrate("0017_drafts_of_a_county_save_quicker")

    assert indexes() & DROPPED == set()
