"""
A draft of county size under a coordinator's hands: what its table, its edits and another solve around locks take.

    DATA_DIR=<folder> python manage.py demo --size county
    DATA_DIR=<folder> python -m benchmarks.story.workspace

Times are taken in this process through the whole stack of views and templates, without a network. The folder is
changed: use a copy of one that matters.
"""

from __future__ import annotations

import gc
import os
import re
import statistics
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from backend.accounts.models import Role, User
from backend.roster.access import county_of, reader_for
from benchmarks.machine import described
from matching.models import MatchingRun, Proposal, ProposedPair, Scheme
from matching.services.runs import RunOptions, solve_run, start_run

READS, WRITES = 60, 30
REASON = "benchmark: a swap against a hint"


def main() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)  # `serve` does it at its start
    user = User.objects.filter(memberships__role=Role.COUNTY_COORDINATOR).order_by("pk").first()
    assert user is not None, "no county coordinator: run `manage.py demo` first"
    scheme = Scheme.objects.get(county=county_of(reader_for(user, timezone.now())), key="two-to-one")
    draft, _seconds = solved(user, scheme)
    # A web process has never held the rows of a run: without this, one request in twenty sweeps them all.
    gc.collect()
    gc.freeze()
    print(described())
    print(f"{connection.vendor}: a draft of {draft.pairs.count():,} places")
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    read(client, draft)
    edit(client, draft)
    solve_again(client, user, scheme)


def solved(user: User, scheme: Scheme) -> tuple[Proposal, float]:
    began = time.perf_counter()
    run = start_run(
        scheme=scheme, area=scheme.county, options=RunOptions(), actor=user,
        reader=reader_for(user, timezone.now()), now=timezone.now(),
    )  # fmt: skip
    solve_run(run_id=run.pk, clock=timezone.now, beat=lambda: None)
    run.refresh_from_db()
    assert run.state == MatchingRun.State.DONE, run.problem
    return run.proposals.get(), time.perf_counter() - began


def read(client: Client, draft: Proposal) -> None:
    """First page, every tab and filter, sorting, search, and the panel beside the table."""
    url = f"/proposals/{draft.public_id}/"
    page = client.get(url).content.decode()
    pair = draft.pairs.filter(helper__isnull=False).order_by("pk").first()
    assert pair is not None
    report("first page", [lambda: client.get(url)], READS)
    for tab in re.findall(r'href="\?tab=(\w+)', page):
        report(f"tab {tab}", [lambda tab=tab: client.get(url, {"tab": tab})], READS)
    for name, options in filters(page).items():
        report(f"filter {name}", [lambda n=name, v=value: client.get(url, {n: v}) for value in options], READS)
    for q in ("wang", "李", "zzz"):
        report(f"search {q}", [lambda q=q: client.get(url, {"q": q})], READS)
    report("sorted by fit, page 40", [lambda: client.get(url, {"sort": "fit", "page": 40})], READS)
    one = f"{url}pairs/{pair.public_id}/"
    report("panel of a pair", [lambda: client.get(one, headers={"hx-request": "true"})], READS)
    report("people for a place", [lambda: client.get(f"{one}candidates/")], READS)


def filters(page: str) -> dict[str, list[str]]:
    """Filter -> some of its values, as the page offers them."""
    found = re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL)
    values = {name: [one for one in re.findall(r'value="([^"]*)"', body) if one][:5] for name, body in found}
    return {name: some for name, some in values.items() if some}


def edit(client: Client, draft: Proposal) -> None:
    """One place locked, two swapped, one taken off and taken back: each with the page that follows."""
    url = f"/proposals/{draft.public_id}/"
    free = ProposedPair.objects.filter(proposal=draft, helper__isnull=False, is_locked=False).exclude(origin="KEPT")
    schools: dict[int, list[ProposedPair]] = {}
    for pair in free.filter(slot__rule__key="teacher").select_related("child").order_by("pk"):
        if pair.child.school_id is not None:
            schools.setdefault(pair.child.school_id, []).append(pair)
    couples = [rows[:2] for rows in schools.values() if len(rows) > 1 and rows[0].helper_id != rows[1].helper_id]

    def many(what: str, pairs: list[ProposedPair]) -> object:
        seen = ProposedPair.objects.filter(pk__in=[one.pk for one in pairs]).values_list("public_id", "version")
        told = [f"{public_id}:{version}" for public_id, version in seen]
        return client.post(f"{url}edit/", {"what": what, "pairs": told, "reason": REASON})

    report("swap two", [lambda two=two: many("swap", two) for two in couples[:WRITES]], WRITES)
    report("undo", [lambda: client.post(f"{url}undo/")], WRITES)
    singles = [rows[-1] for rows in schools.values()]
    report("lock one", [lambda one=one: many("lock", [one]) for one in singles[:WRITES]], WRITES)
    report("take one off", [lambda one=one: many("take_off", [one]) for one in singles[WRITES : 2 * WRITES]], WRITES)
    fifty = [one for rows in schools.values() for one in rows[1:]][:50]
    report("lock fifty", [lambda: many("lock", fifty)], 1)
    report("the table after it", [lambda: client.get(url)], READS)


def solve_again(client: Client, user: User, scheme: Scheme) -> None:
    """From the click on another solve around the locks to the list of differences."""
    began = time.perf_counter()
    draft, solving = solved(user, scheme)
    answer = client.get(f"/proposals/{draft.public_id}/compare/")
    assert answer.status_code == 200
    took = time.perf_counter() - began
    print(f"{'solve again around the locks':<32} {took:6.2f} s to the list of differences ({solving:.2f} s solving)")


class Counting:
    """Counts queries; the connection's own log is emptied by each request."""

    queries = 0

    def __call__(self, execute, sql, params, many, context):
        self.queries += 1
        return execute(sql, params, many, context)


def report(name: str, asks: list, times: int) -> None:
    """Ask in turn; print median, 95th percentile and queries."""
    if not asks:
        return
    count = Counting()
    with connection.execute_wrapper(count):
        answers = [asks[0]()]
    seconds = []
    for number in range(1, times):
        began = time.perf_counter()
        answers.append(asks[number % len(asks)]())
        seconds.append(time.perf_counter() - began)
    assert {answer.status_code for answer in answers} <= {200, 302}, (name, {one.status_code for one in answers})
    if len(seconds) < 2:
        return
    p95 = statistics.quantiles(seconds, n=20)[-1]
    middle = statistics.median(seconds)
    print(f"{name:<32} median {middle * 1000:5.0f} ms   p95 {p95 * 1000:5.0f} ms   {count.queries:>3} queries")


if __name__ == "__main__":
    main()
