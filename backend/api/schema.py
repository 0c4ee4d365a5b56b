"""What the schema says of every operation beside its own serializers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from drf_standardized_errors.openapi import AutoSchema

from backend.accounts.models import Role
from backend.api.permissions import ACTING_ROLE_HEADER

_ACTING_ROLE = OpenApiParameter(
    ACTING_ROLE_HEADER,
    str,
    OpenApiParameter.HEADER,
    enum=Role.values,
    description=(
        "The role to act in, for somebody who holds several; without it the strongest. "
        "A name that is no role: 400 `acting_role.unknown`. A role not held now: 403 `acting_role.not_held`."
    ),
)


class DoorSchema(AutoSchema):
    """Every operation takes `X-Acting-Role`."""

    def get_override_parameters(self) -> list[Any]:
        return [*super().get_override_parameters(), _ACTING_ROLE]
