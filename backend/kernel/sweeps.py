"""The interpreter's sweeps for cyclic garbage, put off while many rows are read or written."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def no_sweeps() -> Iterator[None]:
    """
    Sweep nothing meanwhile.

    Rows by the ten thousand make no cycles, but every sweep looks at all of them: a fourth of the time a county's
    draft takes to be read and written.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
