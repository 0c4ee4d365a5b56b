"""
A solver as a program: one line of JSON on stdout, an exit code that says how it went, files whole or absent.

Users: `matching.core` and `activities.core`, each run as `python -m`.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from backend.kernel.solving import SolveStatus

if TYPE_CHECKING:
    from pathlib import Path

EXIT = {
    SolveStatus.OPTIMAL: 0,
    SolveStatus.FEASIBLE: 0,
    SolveStatus.INVALID: 3,
    SolveStatus.TIMED_OUT: 4,
    SolveStatus.INFEASIBLE: 5,
}
EXIT_MALFORMED = 2
EXIT_FAULTY = 70


def say(line: dict[str, Any]) -> None:
    """The program's one line; escaped, so that no name can break it or the encoding of a terminal."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def leave(code: int) -> NoReturn:
    """End the process with all said; taking a county's arrays apart first would take a tenth of a second."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def refuse(sentence: str) -> int:
    """Say that a file or an option is malformed, to programs and to people; gives the exit code."""
    say({"status": "MALFORMED", "error": sentence})
    sys.stderr.write(sentence.encode("utf-8", "backslashreplace").decode() + "\n")
    return EXIT_MALFORMED


def check_place(path: Path | None) -> None:
    """
    Look whether a file can be written there, before any work is done for it.

    Raises:
        ValueError: it cannot, with the sentence a person reads.
    """
    if path is None:
        return
    folder = path.parent
    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file in it")
    if not folder.is_dir():
        raise ValueError(f"{path} cannot be written: there is no folder {folder}; make it first")
    if not os.access(folder, os.W_OK):
        raise ValueError(f"{path} cannot be written: no permission for the folder {folder}")


def write_whole(path: Path, text: str) -> None:
    """Written beside its place, then moved: no file is ever half there."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
