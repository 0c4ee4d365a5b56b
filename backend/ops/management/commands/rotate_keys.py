"""`manage.py rotate_keys`: after a new key was put first in FIELD_ENCRYPTION_KEYS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from backend.ops.key_rotation import rotate_all

if TYPE_CHECKING:
    from backend.ops.key_rotation import Rotated


class Command(BaseCommand):
    help = "Encrypt everything stored under the first key of FIELD_ENCRYPTION_KEYS; then the others may be removed."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - a command takes no arguments
        """Tell what was done model by model."""
        self.odd = 0
        rotate_all(tell=self._tell)
        if self.odd:
            raise CommandError(f"{self.odd} hashes do not belong to the value beside them; keep the old keys.")
        self.stdout.write("All encrypted fields are under the first key. The others may be removed.")

    def _tell(self, rotated: Rotated) -> None:
        self.odd += rotated.odd_hashes
        self.stdout.write(f"{rotated.label}: {rotated.rows} rows")
