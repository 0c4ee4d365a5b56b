"""The names the service came with, in the reader's language; what a county named itself stays as it wrote it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from matching.services.presets import PRESETS

_BUILT_IN = {preset.name for preset in PRESETS} | {place.name for preset in PRESETS for place in preset.places}


def plain_name(name: str) -> str:
    """A scheme's or a place's name as it is said on screen; of several joined by 、 each."""
    if "、" in name:
        return _("、").join(plain_name(one) for one in name.split("、"))
    return pgettext("built in", name) if name in _BUILT_IN else name
