"""What was tried is put into the draft: the rule changes for good, the moves are made, and can be taken back."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.kernel.errors import NotAllowed
from backend.roster.access import reader_for
from backend.roster.models import Helper
from matching.models import Certificate, ProposedPair, Scheme, Trial
from matching.services.applying import DraftMoved, NoSuchCure, NotToApply, apply_trial, is_to_apply, try_cure
from matching.services.hand_edits import RuleBroken
from matching.services.scheme_rules import book_of
from matching.services.trials import Wish
from matching.services.undoing import undo_latest
from tests.factories.matching import the_schemes
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_member, a_township
from tests.matching.test_trials import drafted, tried

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def county():
    return reader_for(a_coordinator(a_county()), NOW)


@pytest.fixture
def proxy():
    return next(one for one in the_schemes() if one.key == "proxy-parent")


@pytest.fixture
def short(county, proxy):
    """Three children, a teacher with one place: two places stay open."""
    for name in "甲乙丙":
        a_child(name, level=3)
    a_helper("何老师", total_limit=1)
    return drafted(county, proxy)


def put_in(trial, reader):
    return apply_trial(trial=Trial.objects.get(pk=trial.pk), actor=reader.user, reader=reader, now=NOW)


def filled(run):
    return ProposedPair.objects.filter(proposal__run=run).exclude(helper=None).count()


def test_a_limit_is_raised_and_the_place_filled_and_the_move_taken_back(county, short):
    teacher = Helper.objects.get()
    trial = tried(short, county, Wish("LIMIT", people=[teacher.public_id], more=1))
    assert is_to_apply(trial) and put_in(trial, county) == 1
    assert (filled(short), Helper.objects.get().total_limit) == (2, 2)
    with pytest.raises(NotToApply):
        put_in(trial, county)
    Helper.objects.update(given_limit=None)
    assert undone(short, county).stays == ()
    assert (filled(short), Helper.objects.get().total_limit) == (1, 1)
    assert AuditEntry.objects.filter(verb="trial.undone", subject_id=trial.public_id).count() == 1
    assert put_in(trial, county) == 1


def undone(run, reader):
    return undo_latest(proposal=run.proposals.get(), actor=reader.user, now=NOW)


def test_what_a_helper_had_set_is_theirs_again_once_the_trial_is_taken_back(county, short):
    Helper.objects.update(given_limit=5)
    trial = tried(short, county, Wish("LIMIT", people=[Helper.objects.get().public_id], more=1))
    put_in(trial, county)
    assert Helper.objects.get().given_limit is None
    undone(short, county)
    assert (Helper.objects.get().total_limit, Helper.objects.get().given_limit) == (1, 5)


def test_a_rule_is_changed_and_taken_back_with_the_moves(county, proxy, short):
    Helper.objects.update(total_limit=9)
    Scheme.objects.filter(pk=proxy.pk).update(limit_per_helper=1)
    before = book_of(Scheme.objects.get(pk=proxy.pk))
    trial = tried(short, county, Wish("SCHEME_LIMIT", scheme=proxy.public_id, limit=3))
    put_in(trial, county)
    proxy.refresh_from_db()
    assert (filled(short), proxy.limit_per_helper) == (3, 3)

    assert undone(short, county).stays == ()

    assert (filled(short), book_of(Scheme.objects.get(pk=proxy.pk))) == (1, before)
    assert AuditEntry.objects.filter(verb="scheme.edited").count() == 2


def test_a_rule_and_a_limit_somebody_set_since_stay_and_are_named(county, proxy, short):
    teacher = Helper.objects.get()
    Helper.objects.update(total_limit=2)
    Scheme.objects.filter(pk=proxy.pk).update(limit_per_helper=1)
    raised = Wish("LIMIT", people=[teacher.public_id], more=1)
    trial = tried(short, county, raised, Wish("SCHEME_LIMIT", scheme=proxy.public_id, limit=3))
    put_in(trial, county)
    assert Helper.objects.get().total_limit == 3
    Helper.objects.update(total_limit=7)
    Scheme.objects.filter(pk=proxy.pk).update(limit_per_helper=5, version=9)

    assert undone(short, county).stays == ("LIMIT", "RULE")

    assert (filled(short), Helper.objects.get().total_limit) == (1, 7)
    assert Scheme.objects.get(pk=proxy.pk).limit_per_helper == 5


def test_what_only_people_can_bring_about_is_not_put_in(county, short):
    teacher = Helper.objects.get()
    for wish in (Wish("ANOTHER", people=[teacher.public_id]), Wish("WITHOUT", people=[teacher.public_id])):
        trial = tried(short, county, wish)
        assert not is_to_apply(trial)
        with pytest.raises(NotToApply):
            put_in(trial, county)
    assert filled(short) == 1


def test_a_draft_changed_since_is_left_alone(county, short):
    teacher = Helper.objects.get()
    trial = tried(short, county, Wish("LIMIT", people=[teacher.public_id], more=1))
    (move,) = trial.result["moves"]
    ProposedPair.objects.filter(pk=move[0]).update(helper=a_helper("先到的"))
    with pytest.raises(DraftMoved):
        put_in(trial, county)
    assert Helper.objects.get(pk=teacher.pk).total_limit == 1
    assert Trial.objects.get(pk=trial.pk).applied_at is None


def test_a_rule_that_forbids_a_move_by_now_stops_everything(county, short):
    teacher = Helper.objects.get()
    trial = tried(short, county, Wish("LIMIT", people=[teacher.public_id], more=1))
    pair = ProposedPair.objects.select_related("child").get(pk=trial.result["moves"][0][0])
    pair.child.exclusions.create(helper=teacher, reason="KIN")
    with pytest.raises(RuleBroken):
        put_in(trial, county)
    assert (filled(short), Helper.objects.get().total_limit) == (1, 1)


def test_only_the_county_puts_it_in(county, short):
    teacher = Helper.objects.get()
    trial = tried(short, county, Wish("LIMIT", people=[teacher.public_id], more=1))
    town = reader_for(a_member(Role.TOWNSHIP_COORDINATOR, area=a_township()), NOW)
    with pytest.raises(NotAllowed):
        put_in(trial, town)


def test_a_cure_is_tried_and_put_in(county, short):
    (one,) = Certificate.objects.all()
    assert one.remedies[0]["kind"] == "limit"
    trial = try_cure(certificate=one, number=0, actor=county.user, reader=county, now=NOW)
    assert trial.result["filled"] == {"3": [1, 2]}
    put_in(trial, county)
    assert filled(short) == 2
    with pytest.raises(NoSuchCure):
        try_cure(certificate=one, number=9, actor=county.user, reader=county, now=NOW)
