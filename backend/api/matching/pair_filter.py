"""What narrows the places of a draft, listed or as a file: the same as on the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django_filters import rest_framework as filters

from matching.draft_hints import HINTS, hint_filters
from matching.models import Proposal, ProposedPair

if TYPE_CHECKING:
    from django.db.models import QuerySet


class PairFilter(filters.FilterSet):
    """Filters of `proposals/{id}/pairs/` and `proposals/{id}/export/`."""

    is_open = filters.BooleanFilter(field_name="helper", lookup_expr="isnull")
    is_locked = filters.BooleanFilter()
    origin = filters.ChoiceFilter(choices=ProposedPair.Origin.choices)
    school = filters.CharFilter(field_name="child__school__public_id")
    township = filters.CharFilter(field_name="child__village__parent__public_id")
    place = filters.CharFilter(field_name="slot__rule__key")
    heart_level = filters.ChoiceFilter(
        field_name="child__heart_level", choices=[(level, str(level)) for level in (1, 2, 3, 4)]
    )
    helper = filters.CharFilter(field_name="helper__public_id")
    hint = filters.ChoiceFilter(
        choices=[(hint, hint) for hint in HINTS], method="hinted", help_text="what a coordinator should look at"
    )
    q = filters.CharFilter(method="named", help_text="name or pinyin of child or helper")

    class Meta:
        model = ProposedPair
        fields: list[str] = []

    def hinted(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        draft = Proposal.objects.get(public_id=self.request.parser_context["kwargs"]["public_id"])
        return rows.filter(hint_filters(draft)[value])

    def named(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        said = value[:60].lower()
        return rows.filter(Q(child__name_search__contains=said) | Q(helper__name_search__contains=said))
