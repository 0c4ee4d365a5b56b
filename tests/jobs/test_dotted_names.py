"""Every dotted name a job, a check or a handler is called by leads to a function that takes what it will be given."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest
from django.conf import settings

from backend.jobs.registry import _recurring, checks, resolve
from backend.outbox.registry import all_handlers

# function called -> where the dotted name stands among its arguments
NAMED_BY = {"enqueue": 0, "recurring": 0, "check_each_beat": 0, "subscribe": 1, "async_task": 0}
PACKAGES = ("backend", "matching", "activities", "notifications")


def dotted_names():
    """(file, function, name) of every literal in the source."""
    for package in PACKAGES:
        for path in sorted((settings.BASE_DIR / package).rglob("*.py")):
            text = path.read_text()
            if not any(function in text for function in NAMED_BY):
                continue  # parsing it would find nothing; every process of the tests comes by here
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and (found := name_in(node)):
                    yield pytest.param(*found, id=f"{path.relative_to(settings.BASE_DIR)}:{found[1]}")


def name_in(call):
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    place = NAMED_BY.get(function)
    if place is None or len(call.args) <= place:
        return None
    argument = call.args[place]
    is_dotted = isinstance(argument, ast.Constant) and isinstance(argument.value, str) and "." in argument.value
    return (function, argument.value) if is_dotted else None


@pytest.mark.parametrize(("function", "name"), list(dotted_names()))
def test_every_name_in_the_source_leads_somewhere(function, name):
    assert Path(inspect.getsourcefile(resolve(name))).is_relative_to(settings.BASE_DIR)


def test_handlers_and_checks_take_what_they_are_given():
    for handler in all_handlers():
        inspect.signature(resolve(handler)).bind(event_id=1, payload={}, now=None)
    for check in checks():
        inspect.signature(resolve(check)).bind(queue="work", now=None)
    for task in _recurring:
        inspect.signature(resolve(task)).bind(job=None)
