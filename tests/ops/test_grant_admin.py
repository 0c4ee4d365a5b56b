"""The way back in for whoever runs the machine."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from backend.accounts.models import Role, User
from backend.audit.models import AuditEntry
from backend.roster.access import reader_for

pytestmark = pytest.mark.django_db


def test_somebody_becomes_an_administrator_and_it_is_noted():
    call_command("grant_admin", email="a@example.org", name="何静", reason="两位管理员都已到期")
    user = User.objects.get(email="a@example.org")
    assert reader_for(user, timezone.now()).role == Role.ADMIN
    assert user.needs_second_factor
    entry = AuditEntry.objects.get(verb="membership.granted")
    assert (entry.actor_id, entry.reason) == ("", "两位管理员都已到期")


def test_what_cannot_be_leaves_nothing_behind():
    with pytest.raises(CommandError):
        call_command("grant_admin", email="a@example.org", reason=" ")
    with pytest.raises(CommandError):
        call_command("grant_admin", email="nobody", reason="到期")
    assert not User.objects.exists()
