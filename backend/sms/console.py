"""For a desk and for the demo: the text is printed, no phone rings."""

from __future__ import annotations

import sys

_SHOWN_AT_END = 4


class ConsoleGateway:
    """
    Prints to stdout, not to the log: a log is kept and collected, and a code is a secret.

    Chosen by `SMS_BACKEND=console`, or by itself while the demo is on.
    """

    def send(self, *, phone: str, text: str, key: str) -> None:  # noqa: ARG002 - the interface's
        """Print the text with the end of the number."""
        sys.stdout.write(f"SMS *{phone[-_SHOWN_AT_END:]}: {text}\n")
        sys.stdout.flush()
