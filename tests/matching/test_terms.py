"""When a new term begins, its schemes are there without anybody's doing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.forms.models import model_to_dict
from django.utils import timezone

from backend.audit.models import AuditEntry
from backend.jobs.registry import recurring_tasks
from matching.models import Scheme, SlotRule, Term
from matching.services.presets import PRESETS
from matching.services.schemes import install_presets
from matching.tasks import open_terms
from tests.factories.matching import the_schemes
from tests.factories.roster import NOW, a_county, a_township

pytestmark = pytest.mark.django_db


def names():
    return sorted(Term.objects.values_list("county__code", "name"))


def test_every_county_gets_the_present_term_and_its_schemes_once():
    a_county(), a_county("529902", "云河县"), a_township()
    for year, month, day in ((2026, 11, 24), (2026, 11, 25), (2027, 2, 1)):
        moment = datetime(year, month, day, 0, 30, tzinfo=timezone.get_default_timezone())
        with time_machine.travel(moment, tick=False):
            open_terms(job=None)
    assert names() == [
        ("529901", "2026 秋季学期"), ("529901", "2027 春季学期"), ("529902", "2026 秋季学期"), ("529902", "2027 春季学期"),
    ]  # fmt: skip
    assert Scheme.objects.count() == 4 * len(PRESETS)


def test_a_new_term_takes_over_what_the_county_has_changed():
    county = a_county()
    first = install_presets(county, now=datetime(2026, 11, 24, tzinfo=UTC))
    Scheme.objects.filter(pk=first[0].pk).update(limit_per_helper=3, name="二对一（改）")
    first[0].slot_rules.filter(key="teacher").update(reach="TOWNSHIP")
    own = Scheme.objects.create(county=county, term=first[0].term, key="own", name="自己的", target_levels=[2])
    SlotRule.objects.create(scheme=own, key="any", name="帮扶人", roles=["VOLUNTEER"])
    Scheme.objects.filter(key="unit-one-to-one").update(is_active=False)

    second = install_presets(county, now=datetime(2027, 3, 1, tzinfo=UTC))

    assert {one.term.name for one in second} == {"2027 春季学期"}
    carried = {one.key: one for one in second}
    assert (carried["two-to-one"].limit_per_helper, carried["two-to-one"].name) == (3, "二对一（改）")
    assert carried["two-to-one"].slot_rules.get(key="teacher").reach == "TOWNSHIP"
    assert carried["own"].slot_rules.get().roles == ["VOLUNTEER"]
    assert not carried["unit-one-to-one"].is_active
    assert install_presets(county, now=datetime(2027, 3, 2, tzinfo=UTC)) == second


def test_the_schemes_of_the_factories_are_the_ones_a_county_begins_with():
    made = [install_presets(a_county(), now=NOW), the_schemes(a_county("529902", "云河县"))]
    served, built = [[facts_of(scheme) for scheme in schemes] for schemes in made]
    assert served == built
    audited = AuditEntry.objects.order_by("pk").values_list("verb", "actor_id", "subject_kind", "subject_id", "reason")
    assert list(audited) == [
        ("scheme.made", "", "matching.scheme", scheme.public_id, "") for schemes in made for scheme in schemes
    ]


def facts_of(scheme):
    """Every column of a scheme, its term and its places but for the ids."""
    rows = [scheme.term, scheme, *scheme.slot_rules.order_by("position", "pk")]
    own = {"id", "public_id", "county", "term", "scheme"}
    return [
        {name: value for name, value in model_to_dict(type(row).objects.get(pk=row.pk)).items() if name not in own}
        for row in rows
    ]


def test_a_county_that_cannot_be_served_does_not_stop_the_others(monkeypatch):
    from matching import tasks

    first, second = a_county(), a_county("529902", "云河县")
    whole = tasks.install_presets

    def broken(county, *, now):
        if county == first:
            raise ValueError("odd data")
        return whole(county, now=now)

    monkeypatch.setattr(tasks, "install_presets", broken)
    with pytest.raises(ValueError, match="odd data"):
        open_terms(job=None)
    assert [code for code, _name in names()] == [second.code]


def test_it_runs_once_a_day():
    entry = next(one for one in recurring_tasks("work") if one.task == "matching.tasks.open_terms")
    assert entry.every.days == 1
