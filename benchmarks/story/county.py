"""
The main job at county size, timed on a folder of demo data that is already there.

    python manage.py demo --size county            (with DATA_DIR set to a folder of its own)
    python -m benchmarks.story.county              (the same DATA_DIR)

Prints: click to proposal (read, solve, verify, save), the solver's peak memory, publishing, and the first pages.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import Role, User
from backend.accounts.services import make_api_token
from backend.roster.access import county_of, reader_for
from backend.roster.models import Child, Helper
from matching.models import MatchingRun, Scheme
from matching.services.proposals import plan_publication, publish_proposal
from matching.services.runs import RunOptions, solve_run, start_run

REPEATS = 100


def main() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)  # `serve` does it at its start
    now = timezone.now()
    user = User.objects.filter(memberships__role=Role.COUNTY_COORDINATOR).order_by("pk").first()
    assert user is not None, "no county coordinator: run `manage.py demo` first"
    reader = reader_for(user, now)
    county = county_of(reader)
    scheme = Scheme.objects.get(county=county, key="two-to-one")
    print(f"{connection.vendor}: {Child.objects.count():,} children, {Helper.objects.count():,} helpers")
    run = click_to_proposal(scheme, county, user, reader)
    publication(run, user, reader)
    pages(user, run)


def click_to_proposal(scheme: Scheme, county: object, user: User, reader: object) -> MatchingRun:
    began = time.monotonic()
    run = start_run(scheme=scheme, area=county, options=RunOptions(), actor=user, reader=reader, now=timezone.now())
    solve_run(run_id=run.pk, clock=timezone.now, beat=lambda: None)
    took = time.monotonic() - began
    run.refresh_from_db()
    child_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    own_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"click to proposal        {took:6.2f} s   {run.state} {run.solver_status} {run.counts}")
    print("  steps                  " + "  ".join(f"{step} {value}" for step, value in run.seconds.items()))
    print(f"  peak memory            {child_mb} MiB solver, {own_mb} MiB caller")
    print(f"  proofs                 {run.proofs}, certified {run.is_certified}")
    return run


def publication(run: MatchingRun, user: User, reader: object) -> None:
    began = time.monotonic()
    plan = plan_publication(proposal=run.proposals.get(), reader=reader, now=timezone.now())
    print(f"publish preview          {time.monotonic() - began:6.2f} s   {len(plan.to_offer):,} offers")
    if not plan.to_offer:
        print("publish                  nothing left to offer in this folder")
        return
    began = time.monotonic()
    offers = publish_proposal(proposal=run.proposals.get(), actor=user, reader=reader, now=timezone.now())
    print(f"publish                  {time.monotonic() - began:6.2f} s   {len(offers):,} offers")


def pages(user: User, run: MatchingRun) -> None:
    _token, secret = make_api_token(user=user, label="benchmark", scope="READ", days=1, now=timezone.now())
    # A web process has never held the rows of a run: without this, one request in twenty sweeps them all.
    gc.collect()
    gc.freeze()
    client = APIClient(headers={"host": "127.0.0.1", "authorization": f"Token {secret}"})
    proposal = f"/api/v1/proposals/{run.proposals.get().public_id}/pairs/"
    for path in ("/api/v1/children/", "/api/v1/children/?search=wang", "/api/v1/helpers/", proposal, "/api/v1/offers/"):
        report(path.split("?")[0] if "search" not in path else "/api/v1/children/?search", client, path)
    client = APIClient(headers={"host": "127.0.0.1"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("/today/", "/children/", "/helpers/", f"/proposals/{run.proposals.get().public_id}/", "/offers/"):
        report(path, client, path)


def report(name: str, client: APIClient, path: str) -> None:
    timed(client, path)  # the first request of a process loads templates and addresses
    answers = [timed(client, path) for _ in range(REPEATS)]
    assert all(status == 200 for status, _seconds in answers), (path, {status for status, _ in answers})
    seconds = sorted(seconds for _status, seconds in answers)
    p95 = statistics.quantiles(seconds, n=20)[-1]
    print(f"{name[:44]:<44} median {seconds[len(seconds) // 2] * 1000:5.0f} ms   p95 {p95 * 1000:5.0f} ms")


def timed(client: APIClient, path: str) -> tuple[int, float]:
    began = time.perf_counter()
    status = client.get(path).status_code
    return status, time.perf_counter() - began


if __name__ == "__main__":
    main()
