"""Encrypted at rest, found by hash, readable while keys change."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.db import connection

from backend.roster.models import Child
from backend.vault.fields import decrypt, encrypt
from backend.vault.hashes import lookup_hash, lookup_hashes, new_token, token_hash
from backend.vault.ids import PublicIdConverter, new_public_id
from tests.factories.roster import a_child

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.mark.django_db
def test_the_column_holds_no_plain_text():
    child = a_child(medical_history="先天性心脏病史", address="石榴巷七十三号")

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM roster_child WHERE id = %s", [child.pk])
        row = " ".join(str(value) for value in cursor.fetchone())
    assert not [text for text in ("心脏", "石榴巷", child.id_number) if text in row]
    assert Child.objects.get().medical_history == "先天性心脏病史"


@pytest.mark.django_db
def test_a_child_is_found_by_the_exact_number_only():
    child = a_child()

    assert Child.objects.get(id_hash__in=lookup_hashes(child.id_number, "child.id_number")) == child
    assert not Child.objects.filter(id_hash=lookup_hash(child.id_number[:17], "child.id_number")).exists()
    assert not Child.objects.filter(id_number=child.id_number).exists()


@pytest.mark.django_db
def test_reading_and_writing_again_does_not_encrypt_twice():
    child = a_child(address="石榴巷")
    for _ in range(3):
        child = Child.objects.get(pk=child.pk)
        child.save()

    assert Child.objects.get().address == "石榴巷"


def test_rows_under_an_old_key_stay_readable_and_findable(settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    stored, found = encrypt("秘密"), lookup_hash("1", "x")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]

    assert decrypt(stored) == "秘密"
    assert found in lookup_hashes("1", "x")
    assert lookup_hash("1", "x") != found

    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(InvalidToken):
        decrypt(stored)


def test_one_flipped_bit_is_refused():
    stored = encrypt("秘密")
    with pytest.raises(InvalidToken):
        decrypt(stored[:-2] + ("A" if stored[-2] != "A" else "B") + stored[-1])


def test_equal_values_of_two_columns_have_unequal_hashes():
    assert lookup_hash("1", "child.phone") != lookup_hash("1", "helper.phone")


def test_secrets_are_long_and_ids_say_nothing():
    assert len(new_token()) == 43
    assert len(token_hash("x")) == 64
    ids = {new_public_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(PublicIdConverter.regex, one) for one in ids)
    # 16,000 letters of 31: each about 516 times; a letter drawn twice as often would stand out.
    counts = Counter("".join(ids))
    assert len(counts) == 31 and max(counts.values()) < 700 and min(counts.values()) > 350
