"""Lists: one page of a queryset, filters and order from the address, and the partial for htmx."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext as _

from matching.plain_names import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.core.paginator import Page
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, QueryDict

    from matching.models import Scheme

PAGE_SIZE = 50


@dataclass(frozen=True)
class Select:
    """
    One filter of a list.

    Args:
        options: (value, words) to choose from.
        value: the chosen one; "" means all.
    """

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    value: str

    @property
    def words(self) -> str:
        """What is chosen, in words."""
        return next((str(words) for value, words in self.options if value == self.value), "")


def select_of(request: HttpRequest, name: str, label: Any, options: Iterable[tuple[Any, Any]]) -> Select:
    """A filter with its value from the address; a value that is no option counts as none."""
    known = tuple((str(value), str(words)) for value, words in options)
    wanted = request.GET.get(name, "")
    return Select(name, str(label), known, wanted if wanted in dict(known) else "")


def scheme_select(request: HttpRequest, schemes: QuerySet[Scheme]) -> Select:
    """A filter by scheme, those the service came with named in the reader's language."""
    rows = schemes.values_list("public_id", "name")
    return select_of(request, "scheme", _("结对项目"), [(value, plain_name(name)) for value, name in rows])


def search_of(request: HttpRequest, sent: QueryDict | None = None) -> str:
    """
    What was typed into the search field, by the address or by a form that was `sent`; a sign PostgreSQL cannot even
    look for is left out.
    """
    said = request.GET if sent is None else sent
    return said.get("q", "").replace("\x00", "").strip()[:60]


def order_of(request: HttpRequest, orders: Mapping[str, tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    """The chosen order and its columns; the first order is the usual one."""
    wanted = request.GET.get("sort", "")
    name = wanted if wanted in orders else next(iter(orders))
    return name, orders[name]


def page_of(request: HttpRequest, rows: QuerySet[Any] | list[Any], size: int = PAGE_SIZE) -> Page[Any]:
    """The page the address asks for; a page that does not exist becomes the nearest."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def render_list(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """The whole page, or for htmx the same partial the page was first made of. `name` is "audience/page"."""
    audience, _, page = name.partition("/")
    is_part = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    template = f"web/{audience}/_{page}.html" if is_part else f"web/{audience}/{page}.html"
    return render(request, template, context)
