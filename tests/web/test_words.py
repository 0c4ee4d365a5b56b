"""Every sentence on screen is there in Chinese and in English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import get_resolver
from django.utils.translation import gettext, override

from activities.models import DayPart, DaySolve
from backend.kernel.errors import DomainError
from backend.web.coordinator.talk_words import ROUND_PROBLEMS
from backend.web.oversight.audit import said_verb
from backend.web.shared.day_words import PROBLEMS

assert get_resolver().url_patterns  # every door is open, so every error is known
WEB = Path(__file__).parents[2] / "backend/web"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACE = re.compile(r"%\(\w+\)s")
# What only a program ever reads.
FOR_PROGRAMS = {"backend.demo.build"}


@pytest.fixture(autouse=True)
def _at_one_moment():
    """Words are looked up at any moment, and without a database."""


def errors(kind=DomainError):
    yield kind
    for inner in kind.__subclasses__():
        yield from errors(inner)


def said_in_pages():
    """Every msgid of pages and templates that stands in one literal."""
    for path in [*WEB.rglob("*.html"), *WEB.rglob("*.py")]:
        text = path.read_text()
        yield from re.findall(r"{% translate [\"']([^\"']+)[\"']", text)
        yield from re.findall(r"\b(?:_|gettext|gettext_lazy)\(\s*\"([^\"]+)\"\s*\)", text)


@pytest.mark.parametrize("error", sorted(set(errors()), key=lambda one: one.__qualname__), ids=lambda one: one.__name__)
def test_an_error_is_said_in_plain_chinese(error):
    if error.__module__ in FOR_PROGRAMS:
        return
    with override("zh-hans"):
        said = gettext(error.message)
    assert CHINESE.search(said), f"{error.__qualname__}: {error.message}"
    assert sorted(PLACE.findall(said)) == sorted(PLACE.findall(error.message))


def test_every_sentence_of_a_page_has_its_english():
    with override("en"):
        untold = {text for text in said_in_pages() if CHINESE.search(text) and CHINESE.search(gettext(text))}
    assert untold == set()


def test_every_sentence_keeps_its_facts_in_english():
    with override("en"):
        odd = {text for text in said_in_pages() if sorted(PLACE.findall(text)) != sorted(PLACE.findall(gettext(text)))}
    assert odd == set()


def verbs_of(text):
    """Verbs in a source: given to `record` or `entry_for`, or on their way there."""
    yield from re.findall(r"(?:verb=|entry_for\(\w+, )\"([a-z_]+\.[a-z_]+)\"", text)
    passed_on = re.findall(r"\"((?:event_day|day_[a-z]+|talk_[a-z]+|home|booking)\.[a-z_]+)\"", text)
    codes = {error.code for error in errors() if hasattr(error, "code")} | set(PROBLEMS) | set(ROUND_PROBLEMS)
    yield from (verb for verb in passed_on if verb not in codes)
    yield from (f"event_day.solved_{kind.lower()}" for kind in DaySolve.Kind if "event_day.solved_{" in text)
    answers = [answer.lower() for answer in DayPart.Answer if answer]
    yield from (f"event_day.host_{answer}" for answer in answers if "event_day.host_{" in text)


def test_every_verb_of_the_audit_is_said_in_words():
    root = WEB.parents[1]
    folders = (root / name for name in ("backend", "matching", "activities", "notifications"))
    sources = [path for folder in folders for path in folder.rglob("*.py")]
    verbs = {verb for path in sources if path.name != "events.py" for verb in verbs_of(path.read_text())}
    assert {"event_day.host_declined", "event_day.placed", "event_day.solved_ill", "event_day.locked"} <= verbs
    with override("zh-hans"):
        assert {verb for verb in verbs if re.search("[a-z]", said_verb(verb))} == set()
