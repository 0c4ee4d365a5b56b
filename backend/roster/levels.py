"""The four heart levels as people read them, the greatest need first; pages, filters and lists that leave use it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

LEVEL_WORDS = {4: _("四级"), 3: _("三级"), 2: _("二级"), 1: _("一级")}
