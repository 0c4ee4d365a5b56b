"""What a figure was measured on: machines of one name differ by half, so each run says how quick its own is."""

from __future__ import annotations

import os
import platform
import time

SUMS = 5_000_000


def described() -> str:
    """Cores, Python, what else there is to do, and how long a plain loop takes here."""
    load = os.getloadavg()[0]
    cores = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return f"{cores}; five million sums in {_loop():.2f} s; load {load:.1f}"


def _loop() -> float:
    begun, total = time.perf_counter(), 0
    for number in range(SUMS):
        total += number * number % 7
    return time.perf_counter() - begun
