"""After many rows at once the database is told to look; after a few it is not."""

from __future__ import annotations

import pytest
from django.db import connection

from backend.jobs import statistics
from backend.jobs.models import Job
from tests.factories.roster import NOW, a_child
from tests.scenarios.background import do_background_work

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_look_is_queued_after_many_rows_and_none_after_few():
    statistics.look_again_after(statistics.MANY_ROWS - 1, now=NOW)
    assert not Job.objects.exists()

    statistics.look_again_after(statistics.MANY_ROWS, now=NOW)
    statistics.look_again_after(statistics.MANY_ROWS, now=NOW)

    assert Job.objects.count() == 1


def test_the_look_leaves_the_planner_with_numbers():
    a_child()
    statistics.look_again_after(statistics.MANY_ROWS, now=NOW)
    do_background_work()

    question = {
        "sqlite": "SELECT COUNT(*) FROM sqlite_stat1 WHERE tbl = 'roster_child'",
        "postgresql": "SELECT COUNT(*) FROM pg_stats WHERE tablename = 'roster_child'",
    }
    with connection.cursor() as cursor:
        cursor.execute(question[connection.vendor])
        assert cursor.fetchone()[0] > 0
