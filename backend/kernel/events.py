"""The shape of every fact in the outbox."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Fact:
    """
    Something that happened, as ids and times; never a name, an address or a condition.

    Subclasses are frozen dataclasses of strings and integers and set `name` ("offer.accepted").
    """

    name: ClassVar[str]

    def payload(self) -> dict[str, Any]:
        return asdict(self)
