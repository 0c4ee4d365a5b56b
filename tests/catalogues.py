"""`python -m tests.catalogues`: every compiled message catalogue fits its source. Needs msgfmt; without it, says so."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

FOLDERS = ("locale", "backend", "matching", "activities", "notifications")


def stale(source: Path) -> bool:
    """Whether the .mo beside a .po is missing or differs from what msgfmt makes of it."""
    made = subprocess.run(["msgfmt", "--check-format", "-o", "-", source], check=True, capture_output=True).stdout
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.read_bytes() != made


def main():
    if shutil.which("msgfmt") is None:
        sys.stdout.write("msgfmt is not installed: message catalogues not compared.\n")
        return 0
    sources = [source for folder in FOLDERS for source in sorted(Path(folder).rglob("*.po"))]
    behind = [str(source) for source in sources if stale(source)]
    if behind:
        sys.stderr.write(f"Run `manage.py compilemessages`; out of date: {', '.join(behind)}\n")
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main())
