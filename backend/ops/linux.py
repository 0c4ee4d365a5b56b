"""The one system call we need that Python does not offer: a process that ends with its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Be killed when the parent ends, however it ends. Elsewhere than on Linux this does nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def whole_family_ends_with_parent() -> None:
    """The same for this process and for everything it will ever fork: killing one takes all below it along."""
    end_with_parent()
    os.register_at_fork(after_in_child=end_with_parent)
