"""The two places most lists can be narrowed to. Lists of statements and of summaries use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from backend.roster.access import organisations_visible_to
from backend.roster.models import Organisation
from backend.web.shared.listing import Select, select_of

if TYPE_CHECKING:
    from django.http import HttpRequest

    from backend.roster.access import Reader


def place_selects(request: HttpRequest, reader: Reader) -> list[Select]:
    """A township and a school of the reader's scope, as the address asks."""
    schools = organisations_visible_to(reader).filter(kind=Organisation.Kind.SCHOOL).order_by("name", "pk")
    return [
        select_of(request, "township", _("乡镇"), reader.townships),
        select_of(request, "school", _("学校"), schools.values_list("public_id", "name")),
    ]
