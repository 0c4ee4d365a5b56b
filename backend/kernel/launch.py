"""
Binds itself, then becomes the program it was asked to start. Run as a script by `backend.kernel.child` only.

A small program between parent and child, because code between fork and exec is not safe in a process with threads.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
_MEBIBYTE = 1024 * 1024


def main(parent_pid: int, memory_mb: int, nice: int, argv: list[str]) -> None:
    """Die with the parent, use no more memory than this, give way to others, leave no core file."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:
            sys.exit(1)
    limit = memory_mb * _MEBIBYTE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(nice)
    os.execvp(argv[0], argv)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
