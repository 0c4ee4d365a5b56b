"""Demo logins: one or more for each role, with everything needed to sign in by page and by API."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from backend.accounts.models import NEEDS_SECOND_FACTOR, ApiToken, Role, User
from backend.accounts.services import make_api_token
from backend.roster.models import Area, Helper, Membership, Organisation

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "demo-accounts.json"
_GRANT_DAYS = 365
_TOKEN_DAYS = 365


@dataclass
class Accounts:
    """The list that is written to demo-accounts.json."""

    now: datetime
    entries: list[dict[str, Any]] = field(default_factory=list)

    def member(
        self,
        role: Role,
        login: str,
        name: str,
        area: Area | None = None,
        organisation: Organisation | None = None,
        body: str = "",
    ) -> User:
        """A new account with a grant over a place."""
        user = User(email=login, display_name=name, is_staff=role == Role.ADMIN, is_superuser=role == Role.ADMIN)
        self._open(user, role, area.code if area else organisation.public_id if organisation else "")
        Membership.objects.create(
            user=user, role=role, area=area, organisation=organisation, body=body, reason="演示",
            starts_at=self.now, expires_at=self.now + timedelta(days=_GRANT_DAYS),
        )  # fmt: skip
        return user

    def helper(self, helper: Helper, role: Role) -> None:
        """A password for the account that the import made."""
        user = helper.user
        if user is None:
            raise ValueError("An imported helper has an account.")
        self._open(user, role, helper.township.code, helper_id=helper.public_id)

    def guardian(self, user: User, scope: str) -> None:
        self._open(user, Role.GUARDIAN, scope)

    def _open(self, user: User, role: Role, scope: str, helper_id: str | None = None) -> None:
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.needs_second_factor = role in NEEDS_SECOND_FACTOR
        user.save()
        EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
        secret = generate_totp_secret() if user.needs_second_factor else None
        if secret:
            TOTP.activate(user, secret)
        _token, api_token = make_api_token(
            user=user, label="演示", scope=ApiToken.Scope.WRITE, days=_TOKEN_DAYS, now=self.now
        )
        self.entries.append(
            {
                "role": role.value, "login": user.email, "password": password, "totp_secret": secret,
                "api_token": api_token, "scope": scope, "helper_id": helper_id,
            }
        )  # fmt: skip

    def feed(self, url: str) -> None:
        self.entries.append({"role": "calendar_subscriber", "feed_url": url})

    def write(self, path: Path) -> None:
        """The list as JSON, readable by the owner alone."""
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(self.entries, file, ensure_ascii=False, indent=1)
