"""`manage.py receive_reply < mail`: an answer to an invitation, handed over by the mail server."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from activities.models import DayPart
from activities.services.duties import drop_duty_time
from activities.services.event_answers import answer_part
from backend.kernel.errors import DomainError
from notifications.models import Invitation
from notifications.replies import MOST_MAIL_BYTES, PartReply, take_reply

logger = logging.getLogger("qianshou.ops")

# sysexits.h, EX_DATAERR: a mail server takes it as a final no and hands our sentence to the sender.
_REFUSED = 65


class Command(BaseCommand):
    help = "Read one mail from standard input and record the answer in it. Answers 65 where there is none for us."

    def handle(self, *_args: Any, **_options: Any) -> None:
        # One byte more than may be: enough to know, without reading what never ends.
        content = sys.stdin.buffer.read(MOST_MAIL_BYTES + 1)
        try:
            answer = receive(content)
        except DomainError as error:
            # The code alone: neither who wrote nor what.
            logger.warning("Refused an answer by mail: %s", error.code)
            self.stderr.write(gettext(error.message) % error.facts)
            sys.exit(_REFUSED)
        self.stdout.write(gettext("The answer was recorded: %(answer)s.") % {"answer": answer})


def receive(content: bytes) -> str:
    """Record the answer and do what it asks for, both or neither: a time that is declined no longer stands."""
    now = timezone.now()
    with transaction.atomic():
        taken = take_reply(content, now=now)
        if isinstance(taken, PartReply):
            actor = taken.part.helper.user if taken.part.helper is not None else None
            answer_part(part=taken.part, answer=taken.answer, actor=actor, now=now)
            return str(DayPart.Answer(taken.answer).label)
        one = taken.invitation
        if taken.answer == Invitation.Answer.DECLINED:
            drop_duty_time(duty=one.duty, actor=one.helper.user, now=now)
    return str(Invitation.Answer(taken.answer).label)
