"""Rules that every template keeps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).parents[2] / "backend/web/templates"
TEMPLATES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.html"))
INLINE = re.compile(r"\sstyle=|\son[a-z]+=[\"']|<style|<script(?![^>]*(src=|type=\"application/json\"))")


@pytest.fixture(autouse=True)
def _at_one_moment():
    """Files are read at any moment, and without a database."""


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_compiles_and_has_nothing_inline(name):
    get_template(name)
    assert INLINE.findall((ROOT / name).read_text()) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_form_that_posts_carries_a_token(name):
    text = (ROOT / name).read_text()
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", text, flags=re.DOTALL)
    by_link = name in {
        "web/public/offer_link.html",
        "web/public/offer_ask.html",
    }  # the secret in the address is the authority there
    assert [form[:80] for form in forms if "csrf_token" not in form and not by_link] == []


def test_icons_used_are_in_the_sprite():
    sprite = (ROOT.parent / "static/web/icons.svg").read_text()
    there = set(re.findall(r'id="([a-z0-9-]+)"', sprite))
    used = {icon for name in TEMPLATES for icon in re.findall(r'{% icon "([a-z-]+)"', (ROOT / name).read_text())}
    assert used <= there
