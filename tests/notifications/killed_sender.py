"""
`python -m tests.notifications.killed_sender MARKS` sends what is due, as a worker of the mail's cluster does.

It says "acknowledged" instead of writing the mark after so many, and waits there for whoever kills it.
"""

from __future__ import annotations

import signal
import sys

import django
import time_machine


def main(marks):
    django.setup()
    from notifications import sending, tasks
    from tests.factories.roster import NOW

    write_mark, left = sending._mark, iter(range(marks))

    def mark(*said, **columns):
        if next(left, None) is None:
            sys.stdout.write("acknowledged\n")
            sys.stdout.flush()
            signal.pause()
        return write_mark(*said, **columns)

    sending._mark = mark
    with time_machine.travel(NOW, tick=False):
        tasks.send_due(job=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
