"""After a rotation the old key opens nothing that is stored, and everybody is still found by their number."""

from __future__ import annotations

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from backend.ops.key_rotation import hash_columns
from backend.roster.models import Child, Helper
from backend.vault.fields import encrypted_fields
from backend.vault.hashes import lookup_hashes
from tests.factories.roster import a_child, a_helper

pytestmark = pytest.mark.django_db


def rotate():
    said = StringIO()
    call_command("rotate_keys", stdout=said)
    return said.getvalue()


@pytest.fixture
def new_key(settings):
    """A new key in front of the old one."""
    fresh = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [fresh, *settings.FIELD_ENCRYPTION_KEYS]
    return fresh


def test_everything_can_be_read_and_found_with_the_new_key_alone(settings):
    child = a_child(medical_history="哮喘")
    helper = a_helper()
    fresh = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [fresh, *settings.FIELD_ENCRYPTION_KEYS]

    said = rotate()
    settings.FIELD_ENCRYPTION_KEYS = [fresh]

    assert "roster.Child: 1 rows" in said
    assert Child.objects.get().medical_history == "哮喘"
    assert Child.objects.get(id_hash__in=lookup_hashes(child.id_number, "child.id_number")) == child
    assert Helper.objects.get().phone == helper.phone


def test_more_rows_than_fit_one_transaction(settings, monkeypatch, new_key):
    monkeypatch.setattr("backend.ops.key_rotation._AT_ONCE", 2)
    before = {a_child().pk: index for index in range(5)}

    assert "roster.Child: 5 rows" in rotate()
    settings.FIELD_ENCRYPTION_KEYS = [new_key]

    assert {child.pk for child in Child.objects.all() if child.id_number} == set(before)


def test_no_column_is_forgotten(settings, new_key):
    a_child(medical_history="哮喘", psych_notes="x", address="y", phone="13800138000")
    stored = columns_of(Child)

    rotate()

    unchanged = [name for name, value in columns_of(Child).items() if value and value == stored[name]]
    assert unchanged == []


def columns_of(model):
    names = encrypted_fields(model)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM {model._meta.db_table}")
        return dict(zip(names, cursor.fetchone(), strict=True))


def test_each_hash_knows_what_it_was_made_from():
    assert {(column.name, column.purpose) for column in hash_columns(Child)} == {
        ("id_hash", "child.id_number"),
        ("phone_hash", "child.phone"),
    }


def test_a_hash_that_does_not_belong_is_told_and_left_alone(new_key):
    a_child()
    Child.objects.update(id_hash="of-somebody-else")

    with pytest.raises(CommandError, match="1 hashes"):
        rotate()

    assert Child.objects.get().id_hash == "of-somebody-else"
