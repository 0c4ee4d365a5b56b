"""Handlers that do what tests want of them. Each effect is a row, so a handler run twice shows."""

from __future__ import annotations

from dataclasses import dataclass

from backend.jobs.models import Job
from backend.kernel.events import Fact

heard: list[tuple[str, int]] = []


@dataclass(frozen=True)
class BridgeBuilt(Fact):
    name = "bridge.built"
    bridge_id: int


def effect(who, payload, now):
    Job.objects.create(task=f"{who}:{payload['bridge_id']}", queue="work", state="DONE", due_at=now, created_at=now)


def ferryman(*, event_id, payload, now):
    effect("ferryman", payload, now)
    heard.append(("ferryman", event_id))


def mayor(*, event_id, payload, now):
    effect("mayor", payload, now)
    heard.append(("mayor", event_id))


def stumble(*, event_id, payload, now):
    effect("stumble", payload, now)
    raise ValueError("王小明")
