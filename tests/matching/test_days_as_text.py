"""Days are read as the database writes them, and it writes them as the program wants, not as its server is set up."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from matching.translation.people import child_columns
from tests.factories.roster import a_child

pytestmark = pytest.mark.django_db(transaction=True)
BORN = date(2016, 3, 31)


@pytest.fixture(params=["German", "SQL, DMY"])
def server_with_a_style(request):
    """A new connection to a server that writes 31.03.2016, or 31/03/2016."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite knows one style")
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET datestyle TO {request.param}")
    connection.close()
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} RESET datestyle")
    connection.close()


def test_days_are_read_whatever_style_the_server_prefers(server_with_a_style):
    child = a_child(birth_date=BORN)
    assert child_columns([child.pk]).birth_day.tolist() == [BORN.toordinal()]
