"""
The tables of the tests: made once, and emptied quickly.

The migrations run once; every other process of the tests begins with a copy. After a test that commits, the tables that
hold rows are emptied, where Django would empty all of them and write each permission anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import shutil

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase

# Rows of the models themselves; Django's flush takes them away and brings them back.
_STAYS = {"django_content_type", "auth_permission"}


@pytest.fixture(scope="session")
def django_db_setup(
    tmp_path_factory, worker_id, django_test_environment, django_db_blocker, django_db_modify_db_settings
):
    """In the place of pytest-django's own: its migrations take each process longer than a hundred tests."""
    usual, own = connection.settings_dict["NAME"], connection.creation._get_test_db_name()
    with django_db_blocker.unblock():
        if worker_id == "master":
            _migrate()
        else:
            with _one_after_the_other(tmp_path_factory.getbasetemp().parent) as migrated:
                _migrate_or_copy(own, migrated)
        connection.ensure_connection()
        if _may_skip_constraints():
            TransactionTestCase._fixture_teardown = _empty_what_is_filled
    yield
    with django_db_blocker.unblock():
        connection.creation.destroy_test_db(usual, verbosity=0)


def _migrate():
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)


@contextlib.contextmanager
def _one_after_the_other(folder):
    """Where the first process of this run leaves what it migrated; the others wait until it has."""
    with (folder / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder / "migrated"


def _migrate_or_copy(own, migrated):
    keep, take = (shutil.copy, shutil.copy) if connection.vendor == "sqlite" else (_keep_on_server, _take_on_server)
    if migrated.exists():
        take(migrated, own)
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = own
    else:
        _migrate()
        connection.close()
        keep(own, migrated)


def _keep_on_server(own, migrated):
    """A server that goes on after the tests keeps this one until their next run."""
    name = f"{own}_migrated"
    _copy_on_server(own, name)
    migrated.write_text(name)


def _take_on_server(migrated, own):
    _copy_on_server(migrated.read_text(), own)


def _copy_on_server(source, target):
    source, target = map(connection.ops.quote_name, (source, target))
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {target}")
        cursor.execute(f"CREATE DATABASE {target} TEMPLATE {source}")


def _may_skip_constraints():
    """SQLite looks at them when the transaction ends; of PostgreSQL only a superuser may ask to."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        return cursor.fetchone() == ("on",)


def _empty_what_is_filled(_case):
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_filled_tables())
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


@functools.cache
def _filled_tables():
    tables = set(connection.introspection.django_table_names(include_views=False)) - _STAYS
    named = [(table, connection.ops.quote_name(table)) for table in sorted(tables)]
    return " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quoted})" for table, quoted in named)
