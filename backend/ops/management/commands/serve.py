"""`manage.py serve`: prepare, then web and workers, kept alive until Ctrl-C or SIGTERM."""

from __future__ import annotations

import errno
import os
import socket
import sys
import traceback
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections

from backend.ops.first_start import prepare
from backend.ops.guardian import guard, run_apart, take_over_orphan
from backend.ops.locks import PidLock

if TYPE_CHECKING:
    from collections.abc import Callable


class Command(BaseCommand):
    help = "Migrate, then serve pages and work through the queues. Stops with Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - a command takes no arguments
        """Refuse with a sentence what cannot work, before anything is started."""
        _make_data_folder()
        lock = PidLock(settings.DATA_DIR / "serve.lock")
        if not lock.take():
            raise CommandError(f"Another serve (process {lock.holder()}) runs on {settings.DATA_DIR}; stop it first.")
        take_over_orphan()
        _see_port_is_free()
        if run_apart(lambda: self._prepare(self.stdout.write)) != 0:
            sys.exit(2)
        self._say_where()
        connections.close_all()
        guard(lock)

    def _prepare(self, say: Callable[[str], Any]) -> int:
        try:
            prepare(say)
        except OperationalError as error:
            self.stderr.write(f"The database does not answer; look at DATABASE_URL. It said: {error}")
            return 2
        except Exception:  # noqa: BLE001 - the last stop before the process ends
            traceback.print_exc()
            return 1
        return 0

    def _say_where(self) -> None:
        self.stdout.write(self.style.SUCCESS(f"Qianshou: {settings.PUBLIC_URL}  (stop with Ctrl-C)"))
        accounts = settings.DATA_DIR / "demo-accounts.json"
        if accounts.exists():
            self.stdout.write(f"Accounts to try it with: {accounts}")
            self.stdout.write("A login with its one-time code: .venv/bin/python manage.py demo_login")
        self.stdout.flush()


def _make_data_folder() -> None:
    try:
        settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.MEDIA_ROOT.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.STATIC_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"DATA_DIR {settings.DATA_DIR} cannot be used: {error.strerror}.") from error
    if not os.access(settings.DATA_DIR, os.W_OK):
        raise CommandError(f"DATA_DIR {settings.DATA_DIR} cannot be written.")


def _see_port_is_free() -> None:
    family = socket.AF_INET6 if ":" in settings.BIND else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.BIND.strip("[]"), settings.PORT))
        except OSError as error:
            why = "is in use; set PORT to another" if error.errno == errno.EADDRINUSE else "cannot be bound"
            raise CommandError(f"Port {settings.PORT} at {settings.BIND} {why}.") from error
