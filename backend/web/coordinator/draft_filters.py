"""The table of a draft: which of its places are shown, and what is said beside each."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from backend.roster.access import organisations_visible_to
from backend.roster.levels import LEVEL_WORDS
from backend.roster.models import Organisation
from backend.web.shared.listing import search_of, select_of
from backend.web.shared.words import HINT_WORDS
from matching.draft_counts import OF_TAB, tab_counts
from matching.draft_differences import draft_before, moved_pairs
from matching.draft_hints import HINTS, any_hint, hint_filters
from matching.draft_history import reasons_of
from matching.models import ProposedPair
from matching.plain_names import plain_name
from matching.selectors import pairs_visible_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from backend.roster.access import Reader
    from backend.web.shared.listing import Select
    from matching.models import Proposal

_COLUMNS = ("child__village__parent__public_id", "child__school__public_id", "slot__rule__key", "child__heart_level")
"""What the first filters look at, in their order; the last one asks for a hint."""


def table_of(request: HttpRequest, draft: Proposal, query: str) -> DraftTable:
    """The table as an address without its path asked for it: what a form beside the table carries along."""
    asked = copy(request)
    asked.GET = QueryDict(query)
    return DraftTable(asked, request.reader, draft)  # type: ignore[attr-defined]


class DraftTable:
    """Tabs with their counts, and the places the address asks for."""

    def __init__(self, request: HttpRequest, reader: Reader, draft: Proposal) -> None:
        self.request, self.reader, self.draft = request, reader, draft
        self.everything = pairs_visible_to(reader).filter(proposal=draft)
        self.before = draft_before(reader, draft)
        self.counts = tab_counts(reader, draft, self.before)
        self.tabs = self._tabs()
        wanted = request.GET.get("tab", "")
        self.tab = wanted if wanted in {key for key, _words, _n in self.tabs} else ""
        self.selects = self._selects()
        self.q = search_of(request)

    @property
    def is_narrowed(self) -> bool:
        """Whether a tab or a filter leaves out some of the draft's places."""
        return bool(self.tab) or self.is_filtered

    @property
    def is_filtered(self) -> bool:
        return bool(self.q) or any(select.value for select in self.selects)

    def rows(self) -> QuerySet[ProposedPair]:
        """The places of the tab that fit every filter, each with `hint_<code>` flags."""
        rows = self._of_tab()
        for select, column in zip(self.selects, _COLUMNS, strict=False):
            if select.value:
                rows = rows.filter(**{column: select.value})
        hint = self.selects[-1].value
        if hint:
            rows = rows.filter(hint_filters(self.draft)[hint])
        if self.q:
            said = self.q.lower()
            rows = rows.filter(Q(child__name_search__contains=said) | Q(helper__name_search__contains=said))
        return rows

    def _of_tab(self) -> QuerySet[ProposedPair]:
        if self.tab == "moved" and self.before is not None:
            return moved_pairs(self.reader, self.before, self.draft)
        if self.tab == "hinted":
            return self.everything.filter(any_hint(self.draft))
        return self.everything.filter(OF_TAB[self.tab]) if self.tab else self.everything

    def _tabs(self) -> list[tuple[str, str, int]]:
        counts = self.counts
        tabs = [
            ("", _("全部名额"), counts["all"]),
            ("open", _("空缺"), counts["open"]),
            ("hinted", _("提醒"), counts["hinted"]),
            ("held", _("保持不变"), counts["held"]),
            ("hand", _("手改"), counts["hand"]),
            ("moved", _("变动"), counts["moved"]),
        ]
        return [tab for tab in tabs if tab[2] or tab[0] in {"", "open", "held"}]

    def _selects(self) -> list[Select]:
        request, reader = self.request, self.reader
        schools = organisations_visible_to(reader).filter(kind=Organisation.Kind.SCHOOL).order_by("name", "pk")
        places = self.draft.scheme.slot_rules.order_by("position", "pk").values_list("key", "name")
        levels = list(LEVEL_WORDS.items())
        return [
            select_of(request, "township", _("乡镇"), reader.townships),
            select_of(request, "school", _("学校"), schools.values_list("public_id", "name")),
            select_of(request, "place", _("名额"), [(key, plain_name(name)) for key, name in places]),
            select_of(request, "level", _("心级"), levels),
            select_of(request, "hint", _("提醒"), [(code, HINT_WORDS[code]) for code in HINTS]),
        ]


def with_hints(
    rows: QuerySet[ProposedPair], draft: Proposal, *, among: Sequence[int] | None = None
) -> QuerySet[ProposedPair]:
    """The same places, each with a flag `hint_<code>` per hint; `among` as in `hint_filters`."""
    filters = hint_filters(draft, among=among)
    flags = {f"hint_{code}": ExpressionWrapper(of, BooleanField()) for code, of in filters.items()}
    return rows.annotate(**flags)


def dress(pairs: Iterable[Any], draft: Proposal, *, is_by_child: bool) -> None:
    """
    Beside each place its helper's load in this draft and the most they may hold in it, its hints in words, why a person
    wanted it so, and whether it repeats the child above.
    """
    ids = {pair.helper_id for pair in pairs if pair.helper_id}
    held = ProposedPair.objects.filter(proposal=draft, helper_id__in=ids).values_list("helper_id")
    loads = dict(held.annotate(n=Count("pk")).order_by())
    before, reasons = None, reasons_of(pairs)
    for pair in pairs:
        pair.load = loads.get(pair.helper_id, 0)
        pair.most = draft.scheme.most_for(pair.helper.total_limit) if pair.helper else None
        pair.hints = [HINT_WORDS[code] for code in HINTS if getattr(pair, f"hint_{code}", False)]
        pair.hand_reason = reasons.get(pair.pk, "")
        pair.is_repeat = is_by_child and pair.child_id == before
        before = pair.child_id
