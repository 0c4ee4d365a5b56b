"""Keeps web and clusters alive: restarts what ended, and kills what lives without doing anything."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import Error, close_old_connections, connection
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from backend.jobs.identity import hand_of, host
from backend.jobs.models import ClusterBeat
from backend.jobs.sweeper import release
from backend.ops import processes

if TYPE_CHECKING:
    from datetime import datetime
    from types import FrameType

    from backend.ops.processes import Service

logger = logging.getLogger("qianshou.ops")

_LOOK_EVERY_S = 0.5
_HEAR_EVERY_S = 2.0
_SECONDS_TO_STOP = 6.0
# On a busy machine a cluster needs a while until its worker first speaks; killing it earlier would never end.
_SECONDS_TO_FIRST_BEAT = 60
# A cluster with one worker holds three or four; more means that nobody acknowledges what is done.
_MOST_HELD = 12


class Watchdog:
    """
    Starts the services and watches them until told to stop.

    A cluster counts as silent from when we first asked for a beat that did not come, on a clock that never jumps.
    """

    def __init__(self) -> None:
        self.services = [processes.web(), *(processes.cluster(queue) for queue in settings.JOB_QUEUES)]
        self.is_stopping = False
        self.latest_beat: dict[str, datetime] = {}
        self.silent_since: dict[str, float] = {}
        self.next_ask_at = self.next_hear_at = 0.0

    def run(self) -> None:
        """Until SIGTERM, SIGINT or SIGHUP."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        # What an earlier life of this machine left behind.
        for queue in settings.JOB_QUEUES:
            self._release(queue)
        self.latest_beat = present_beats()
        while not self.is_stopping:
            self._keep_running()
            self._listen()
            _reap_strangers()
            time.sleep(_LOOK_EVERY_S)
        self._end()

    def _stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        self.is_stopping = True

    def _keep_running(self) -> None:
        for service in self.services:
            if service.process is not None and not service.is_running():
                self._put_down(service, "ended")
            if service.process is None and time.monotonic() >= service.may_start_at and not self.is_stopping:
                service.start()
                self.silent_since[service.name] = service.started_at

    def _put_down(self, service: Service, why: str) -> None:
        """End the whole group, free what it held, and have it started again."""
        logger.warning("Restarting a process group", extra={"service": service.name, "why": why})
        service.kill()
        service.plan_restart()
        if service.name in settings.JOB_QUEUES:
            self._release(service.name)

    def _release(self, queue: str, *, is_orderly: bool = False) -> None:
        try:
            release(queue=queue, now=timezone.now(), is_orderly=is_orderly)
        except Error:
            # The runner takes over jobs without a beat anyway, only later.
            logger.exception("Could not release the jobs of a cluster", extra={"service": queue})
            connection.close()

    def _listen(self) -> None:
        """Ask each cluster for a beat now and then, and look more often whether the beats asked for have come."""
        if time.monotonic() >= self.next_ask_at:
            self.next_ask_at = time.monotonic() + settings.BEAT_SECONDS
            self._ask()
        if time.monotonic() >= self.next_hear_at:
            self.next_hear_at = time.monotonic() + _HEAR_EVERY_S
            self._hear(present_beats())
            self._kill_silent()
            self._kill_deaf()

    def _ask(self) -> None:
        try:
            close_old_connections()
            for queue in settings.JOB_QUEUES:
                ask_for_beat(queue)
        except Error:
            logger.exception("Could not ask for a beat")
            connection.close()
            # Nobody can beat without a database: silence counts again from now.
            self.silent_since = dict.fromkeys(self.silent_since, time.monotonic())

    def _hear(self, beats: dict[str, datetime]) -> None:
        """Whoever has a newer beat than last time has spoken just now."""
        for queue, beat_at in beats.items():
            if beat_at != self.latest_beat.get(queue):
                self.latest_beat[queue] = beat_at
                self.silent_since[queue] = time.monotonic()

    def _kill_silent(self) -> None:
        for service in self.services:
            if service.name not in settings.JOB_QUEUES or not service.is_running():
                continue
            silent_s = time.monotonic() - self.silent_since[service.name]
            if silent_s > self._patience(service):
                self._put_down(service, f"silent for {silent_s:.0f} s")

    def _patience(self, service: Service) -> float:
        """The limit; longer for a cluster that has not spoken since its start."""
        limit = float(settings.HEARTBEAT_LIMIT_SECONDS)
        has_spoken = self.silent_since.get(service.name, 0.0) > service.started_at
        return limit if has_spoken else max(limit, _SECONDS_TO_FIRST_BEAT)

    def _kill_deaf(self) -> None:
        """A cluster whose monitor died with the result queue's lock works on, but never ticks anything off."""
        for service in self.services:
            if service.name in settings.JOB_QUEUES and service.is_running() and held_by(service.name) > _MOST_HELD:
                self._put_down(service, "does not acknowledge its tasks")

    def _end(self) -> None:
        """Ask all, wait a few seconds, kill what is left, and free the jobs that were cut short."""
        for service in self.services:
            service.ask_to_stop()
        give_up_at = time.monotonic() + _SECONDS_TO_STOP
        while any(service.is_running() for service in self.services) and time.monotonic() < give_up_at:
            time.sleep(0.1)
        for service in self.services:
            service.kill()
        for queue in settings.JOB_QUEUES:
            self._release(queue, is_orderly=True)


def ask_for_beat(queue: str) -> None:
    """Put a small task into the cluster's own hand, unless one waits there already."""
    if not OrmQ.objects.filter(key=hand_of(queue), lock__lte=timezone.now()).exists():
        async_task("backend.jobs.tasks.idle_beat", queue, cluster=hand_of(queue), save=False)


def present_beats() -> dict[str, datetime]:
    """The latest beat of each cluster of this machine; nothing while the database does not answer."""
    try:
        return dict(ClusterBeat.objects.filter(host=host()).values_list("queue", "beat_at"))
    except Error:
        return {}


def held_by(queue: str) -> int:
    """How many bells this machine's cluster has taken and not acknowledged; 0 while the database does not answer."""
    try:
        return OrmQ.objects.filter(key=hand_of(queue), lock__gt=timezone.now()).count()
    except Error:
        return 0


def _reap_strangers() -> None:
    """As first process of a container we inherit whatever loses its parent."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
