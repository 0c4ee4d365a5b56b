"""What-if and why-not on a saved draft: answers in people, and nothing of the draft is touched."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from backend.kernel.solving import SolveStatus
from backend.roster.access import reader_for
from backend.roster.models import Exclusion, Helper
from backend.roster.models.people import Sex
from backend.web.shared.remedy_words import told_remedies
from matching.core.remedies import Cures
from matching.core.result import Conflict
from matching.core.whatif import Difference
from matching.models import Certificate, MatchingRun, Offer, ProposedPair, Scheme, Trial
from matching.services import remedying, trials
from matching.services.offers import accept_offer
from matching.services.proposals import plan_publication, publish_proposal
from matching.services.remedying import find_remedies
from matching.services.runs import RunOptions, start_run
from matching.services.trials import SOMEBODY_MORE, TooManyTrials, TrialBusy, TrialWrong, Wish, try_out
from matching.services.why_not import WhyNot, why_not
from matching.translation.region import take_region
from tests.factories.matching import the_schemes
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_school, a_township, a_village
from tests.scenarios.background import do_background_work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def county():
    return reader_for(a_coordinator(a_county()), NOW)


@pytest.fixture
def proxy():
    """The proxy parents of one school: teachers of the school, two children each."""
    return next(one for one in the_schemes() if one.key == "proxy-parent")


def drafted(reader, scheme):
    run = start_run(scheme=scheme, area=a_county(), options=RunOptions(), actor=reader.user, reader=reader, now=NOW)
    do_background_work()
    run = MatchingRun.objects.get(pk=run.pk)
    assert run.state == "DONE", run.problem
    return run


def tried(run, reader, *wishes, area=None):
    return try_out(run=run, area=area or a_township(), wishes=list(wishes), actor=reader.user, reader=reader, now=NOW)


def moves_of(trial):
    return [(child_of(pair), old, new) for pair, old, new in trial.result["moves"]]


def child_of(pair_id):
    return ProposedPair.objects.select_related("child").get(pk=pair_id).child.name


def gain(trial):
    return sum(after - before for before, after in trial.result["filled"].values())


def test_a_higher_limit_is_told_as_a_move_and_the_draft_stays(county, proxy):
    for name in "甲乙丙":
        a_child(name, level=3)
    teacher = a_helper("何老师", total_limit=1)
    run = drafted(county, proxy)
    before = list(ProposedPair.objects.values_list("pk", "helper_id", "version"))

    trial = tried(run, county, Wish("LIMIT", people=[teacher.public_id], more=1))

    assert trial.result["filled"] == {"3": [1, 2]} and trial.slots == 3 and trial.state == "DONE"
    assert [(old, new) for _child, old, new in moves_of(trial)] == [(None, teacher.pk)]
    assert list(ProposedPair.objects.values_list("pk", "helper_id", "version")) == before


def test_the_scheme_limit_and_somebody_more_and_somebody_less(county, proxy):
    for name in "甲乙丙":
        a_child(name, level=3)
    teacher = a_helper("何老师", total_limit=9)
    run = drafted(county, proxy)
    assert gain(tried(run, county, Wish("SCHEME_LIMIT", scheme=proxy.public_id, limit=3))) == 1
    more = tried(run, county, Wish("ANOTHER", people=[teacher.public_id]))
    assert gain(more) == 1 and [new for _child, _old, new in moves_of(more)] == [SOMEBODY_MORE]
    less = tried(run, county, Wish("WITHOUT", people=[teacher.public_id]))
    assert gain(less) == -2 and {new for _child, _old, new in moves_of(less)} == {None}


def test_places_given_in_other_townships_are_taken_as_given(county, proxy):
    """A teacher whose draft places lie elsewhere has none left here."""
    scheme = proxy
    scheme.slot_rules.update(reach="COUNTY")
    a_child("甲", level=3)
    elsewhere = a_village(a_township(number=102, name="云台镇"), number=202, name="远村")
    a_child("乙", level=4, village=elsewhere)
    teacher = a_helper("何老师", total_limit=1)
    run = drafted(county, scheme)
    assert ProposedPair.objects.get(helper=teacher).child.name == "乙"

    assert moves_of(tried(run, county)) == []
    assert gain(tried(run, county, Wish("LIMIT", people=[teacher.public_id]))) == 1


def test_a_wider_reach_finds_people_of_other_townships(county, proxy):
    a_child("甲", level=3)
    elsewhere = a_village(a_township(number=102, name="云台镇"), number=202, name="远村")
    far = a_helper("远方", village=elsewhere)
    run = drafted(county, proxy)
    said = {"reach": "COUNTY"}
    trial = tried(run, county, Wish("PLACE", scheme=proxy.public_id, place="proxy", said=said))
    assert moves_of(trial) == [("甲", None, far.pk)]


def test_what_is_not_there_and_what_is_too_large(county, proxy):
    a_child("甲", level=3), a_helper("何老师")
    run = drafted(county, proxy)
    for wish in (
        Wish("LIMIT", people=["nobody"]), Wish("LIMIT"), Wish("DANCE", people=["x"]), Wish("SCHEME_LIMIT", scheme="x"),
        Wish("PLACE", scheme=proxy.public_id, place="x", said={"reach": "COUNTY"}),
        Wish("PLACE", scheme=proxy.public_id, place="proxy", said={"reach": "MOON"}),
        Wish("PLACE", scheme=proxy.public_id, place="proxy", said={}),
    ):  # fmt: skip
        with pytest.raises(TrialWrong):
            tried(run, county, wish)
    assert not Trial.objects.exists()


def test_one_at_a_time(county, proxy):
    a_child("甲", level=3), a_helper("何老师")
    run = drafted(county, proxy)
    with trials.one_at_a_time(), pytest.raises(TrialBusy):
        tried(run, county)
    assert tried(run, county).state == "DONE"


def test_a_larger_part_goes_into_the_queue(county, proxy, monkeypatch):
    a_child("甲", level=3), a_child("乙", level=3), a_child("丙", level=3)
    teacher = a_helper("何老师", total_limit=1)
    run = drafted(county, proxy)
    monkeypatch.setattr(trials, "MOST_AT_ONCE", 2)
    with pytest.raises(TrialWrong):
        tried(run, county, Wish("WITHOUT", people=["nobody"]))
    trial = tried(run, county, Wish("LIMIT", people=[teacher.public_id]))
    assert (trial.state, trial.result) == ("QUEUED", {})
    do_background_work()
    trial.refresh_from_db()
    assert trial.state == "DONE" and gain(trial) == 1
    monkeypatch.setattr(trials, "MOST_QUEUED", 0)
    with pytest.raises(TooManyTrials):
        tried(run, county)


def test_why_not_names_the_rule(county, proxy):
    child = a_child("甲", level=3)
    teacher, kin, cadre = a_helper("何老师"), a_helper("亲戚"), a_helper("干部", role=Role.CADRE)
    Exclusion.objects.create(child=child, helper=kin, reason="KIN")
    drafted(county, proxy)
    pair = ProposedPair.objects.select_related("proposal__run__scheme__county").get()
    assert pair.helper == teacher
    assert why_not(pair=pair, helper=kin, now=NOW).rules == ("excluded",)
    assert why_not(pair=pair, helper=cadre, now=NOW).rules == ("role",)
    assert why_not(pair=pair, helper=teacher, now=NOW) == WhyNot(is_there=True)


def test_why_not_says_that_a_place_is_locked_and_that_somebody_has_left(county, proxy):
    a_child("甲", level=3)
    a_helper("何老师"), a_helper("另一位")
    gone = a_helper("走了", state=Helper.State.LEFT)
    drafted(county, proxy)
    pair = ProposedPair.objects.select_related("proposal__run__scheme__county", "helper").get()
    other = Helper.objects.exclude(pk__in=(pair.helper_id, gone.pk)).get()
    assert why_not(pair=pair, helper=gone, now=NOW).rules == ("helper_left",)
    assert why_not(pair=pair, helper=other, now=NOW).price["moves"]
    ProposedPair.objects.update(is_locked=True)
    assert why_not(pair=pair, helper=other, now=NOW).rules == ("stands",)


def test_a_lock_that_stands_in_the_way_is_named_as_the_rule(county, proxy):
    """Her one place is locked on another child."""
    a_child("甲", level=4), a_child("乙", level=2)
    teacher = a_helper("何老师", total_limit=1)
    drafted(county, proxy)
    ProposedPair.objects.filter(helper=teacher).update(is_locked=True)
    pair = ProposedPair.objects.select_related("proposal__run__scheme__county").get(child__name="乙")
    assert why_not(pair=pair, helper=teacher, now=NOW).rules == ("limit",)


def test_contradicting_locks_are_kept_with_a_trial(county, proxy):
    child, teacher = a_child("甲", level=4), a_helper("何老师")
    run = drafted(county, proxy)
    region = take_region(run=run, area=a_township(), now=NOW)
    invalid = Difference(SolveStatus.INVALID, {}, (0, 0), (0, 0), (0, 0), (), {}, (Conflict("limit", (0,), (0,)),))
    told = trials.told_difference(region, invalid)
    pair = ProposedPair.objects.get(child=child)
    assert told["conflicts"] == [{"rule": "limit", "pairs": [pair.pk], "helpers": [teacher.pk]}]


def test_why_not_names_the_price(county, proxy):
    """She has one place and a child in greater need; giving it away would leave that child without anybody."""
    a_child("甲", level=4), a_child("乙", level=2)
    teacher = a_helper("何老师", total_limit=1)
    drafted(county, proxy)
    pair = ProposedPair.objects.select_related("proposal__run__scheme__county").get(child__name="乙")
    answer = why_not(pair=pair, helper=teacher, now=NOW)
    assert answer.rules == () and answer.price["status"] == "OPTIMAL"
    assert answer.price["filled"] == {"4": [1, 0], "2": [0, 1]}
    assert {(child_of(pair), new) for pair, _old, new in answer.price["moves"]} == {("甲", None), ("乙", teacher.pk)}


def test_cures_are_tried_after_the_run_and_only_once(county, proxy):
    for name in "甲乙丙":
        a_child(name, level=3)
    busy, uncleared = a_helper("何老师", total_limit=1), a_helper("没核查", is_cleared=False, total_limit=1)
    run = drafted(county, proxy)
    (certificate,) = run.proposals.get().certificates.all()
    told = {(one["kind"], tuple(one["helpers"])): one for one in certificate.remedies}
    assert set(told) == {("clearance", (uncleared.pk,)), ("limit", (busy.pk,))}
    assert [one["filled"] for one in certificate.remedies] == [{"3": 1}, {"3": 1}]
    assert certificate.remedies[0]["kind"] == "clearance"
    Certificate.objects.update(remedies=["tried"])
    find_remedies(run=run, now=NOW, beat=lambda: None)
    assert Certificate.objects.get().remedies == ["tried"]


def test_a_cure_names_what_is_nearly_the_same_in_the_same_breath(county, proxy):
    one, two, three = a_helper("何老师"), a_helper("李老师"), a_helper("周老师")
    a_child("甲", level=3)
    draft = drafted(county, proxy).proposals.get()
    nearly = [
        {"kind": "limit", "helpers": [one.pk, three.pk], "filled": {"3": 2}, "complete": 2, "moves": 0, "farther_m": 0},
        {"kind": "limit", "helpers": [one.pk], "filled": {"3": 1}, "complete": 1, "moves": 0, "farther_m": 0},
    ]
    cure = nearly[0] | {"helpers": [one.pk, two.pk], "also": nearly}
    certificate = draft.certificates.create(
        slot_name="代理家长", place_name="", children=3, helpers=2, places=0, needed=3, short=3, remedies=[cure]
    )
    (sentence,) = told_remedies([certificate], county)[certificate.pk]
    assert sentence == (
        "何老师、李老师各多带一名：多配齐 2 名（或者何老师、周老师各多带一名；何老师多带一名，多配齐 1 名）"
    )


def test_a_shortage_over_several_townships_is_cured_where_most_is_missed(county, proxy):
    far = a_township(number=102, name="云台镇")
    elsewhere = a_village(far, number=202, name="远村")
    for name in "甲乙":
        a_child(name, level=3)
    a_child("丙", level=3, village=elsewhere)
    here, there = a_helper("何老师", total_limit=0), a_helper("远老师", total_limit=0, village=elsewhere)
    run = drafted(county, proxy)
    draft = run.proposals.get()
    one = draft.certificates.create(
        slot_name="代理家长", place_name="", children=3, helpers=2, places=0, needed=3, short=3
    )
    draft.pairs.update(certificate=one)
    draft.certificates.exclude(pk=one.pk).delete()

    find_remedies(run=run, now=NOW, beat=lambda: None)

    one.refresh_from_db()
    told = {(cure["area"], tuple(cure["helpers"])): cure["filled"] for cure in one.remedies}
    assert told == {(a_township().pk, (here.pk,)): {"3": 1}, (far.pk, (there.pk,)): {"3": 1}}


def test_too_many_places_are_said_to_be_untried(county, proxy, monkeypatch):
    a_child("甲", level=3), a_helper("何老师", total_limit=0)
    monkeypatch.setattr(remedying, "MOST_SLOTS", 0)
    run = drafted(county, proxy)

    (certificate,) = run.proposals.get().certificates.all()

    assert [one["kind"] for one in certificate.remedies] == [remedying.UNTRIED]
    (sentence,) = told_remedies([certificate], county)[certificate.pk]
    assert "没有逐样试" in sentence


def test_of_several_townships_the_large_one_is_said_to_be_untried(county, proxy, monkeypatch):
    far = a_township(number=102, name="云台镇")
    for name in "甲乙":
        a_child(name, level=3)
    a_child("丙", level=3, village=a_village(far, number=202, name="远村"))
    a_helper("远老师", total_limit=0, village=a_village(far, number=202, name="远村"))
    draft = drafted(county, proxy).proposals.get()
    draft.certificates.all().delete()
    one = draft.certificates.create(
        slot_name="代理家长", place_name="", children=3, helpers=1, places=0, needed=3, short=3
    )
    draft.pairs.update(certificate=one)
    monkeypatch.setattr(remedying, "MOST_SLOTS", 1)

    find_remedies(run=draft.run, now=NOW, beat=lambda: None)

    one.refresh_from_db()
    told = told_remedies([one], county)[one.pk]
    assert told == ["远老师多带一名：在云台镇多配齐 1 名", "土城镇名额太多，没有逐样试。可以到“试一试”里挑一样试。"]


def test_cures_without_an_answer_are_said_to_have_none(county, proxy, monkeypatch):
    a_child("甲", level=3), a_helper("何老师", total_limit=0)
    run = drafted(county, proxy)
    Certificate.objects.update(remedies=None)
    monkeypatch.setattr(remedying, "remedies", lambda *_args, **_named: Cures((), ("limit",)))
    find_remedies(run=run, now=NOW, beat=lambda: None)
    one = Certificate.objects.get()
    assert told_remedies([one], county)[one.pk] == ["这一处还有办法在时间内没试出结果。可以到“试一试”里再试。"]


def test_a_cure_that_takes_from_a_lesser_need_says_so(county, proxy):
    a_child("甲", level=3), a_helper("何老师", total_limit=0)
    drafted(county, proxy)
    body = {"kind": "sex", "helpers": [], "filled": {"4": 1, "2": -2}, "complete": 0, "moves": 0, "farther_m": 0}
    Certificate.objects.update(remedies=[body])
    one = Certificate.objects.get()
    (told,) = told_remedies([one], county)[one.pk]
    assert "四级多配 1 个、二级少配 2 个" in told


def test_a_woman_for_every_girl_may_be_tried_without(county, proxy):
    proxy.has_woman_for_girl = True
    proxy.save()
    a_child("甲", level=3, sex=Sex.FEMALE), a_helper("何老师", sex=Sex.MALE)
    run = drafted(county, proxy)

    trial = tried(run, county, Wish("WOMAN", scheme=proxy.public_id))

    assert gain(trial) == 1
    (certificate,) = run.proposals.get().certificates.all()
    assert [one["kind"] for one in certificate.remedies] == ["woman"]
    assert told_remedies([certificate], county)[certificate.pk] == ["女童不要求有女性：全乡镇多配齐 1 名"]


def test_cures_are_tried_in_slices_so_that_runs_come_between(county, proxy):
    elsewhere = a_village(a_township(number=102, name="云台镇"), number=202, name="远村")
    a_child("甲", level=3), a_child("乙", level=3, village=elsewhere, school=a_school(name="云台小学"))
    run = drafted(county, proxy)
    Certificate.objects.update(remedies=None)
    find_remedies(run=run, now=NOW, beat=lambda: None, seconds=0)
    assert Certificate.objects.filter(remedies__isnull=True).count() == 1
    do_background_work()
    assert not Certificate.objects.filter(remedies__isnull=True).exists()


def test_why_not_of_half_a_child_says_that_the_other_half_is_missing(county):
    """Two-to-one is filled both or neither; there is no teacher at all."""
    two = next(one for one in the_schemes() if one.key == "two-to-one")
    a_child("甲", level=4)
    cadre = a_helper("干部", role=Role.CADRE)
    drafted(county, two)
    pair = ProposedPair.objects.select_related("proposal__run__scheme__county").get(slot__rule__key="cadre")
    assert why_not(pair=pair, helper=cadre, now=NOW).rules == ("other_half",)
    a_helper("来了一位老师")
    assert why_not(pair=pair, helper=cadre, now=NOW).price["filled"] == {"4": [0, 2]}


def test_without_somebody_who_stands_their_pairings_end(county, proxy):
    a_child("甲", level=3)
    teacher = a_helper("何老师")
    run = drafted(county, proxy)
    publish_proposal(proposal=run.proposals.get(), actor=county.user, reader=county, now=NOW)
    accept_offer(offer=Offer.objects.get(), actor=None, now=NOW)
    other = a_helper("接手的")
    trial = tried(run, county, Wish("WITHOUT", people=[teacher.public_id]))
    assert moves_of(trial) == [("甲", teacher.pk, other.pk)]


def test_a_cap_that_is_supposed_counts_what_is_held_elsewhere(county, proxy):
    Scheme.objects.filter(pk=proxy.pk).update(limit_per_helper=None)
    proxy.refresh_from_db()
    proxy.slot_rules.update(reach="COUNTY")
    a_child("甲", level=3)
    a_child("乙", level=4, village=a_village(a_township(number=102, name="云台镇"), number=202, name="远村"))
    a_helper("何老师", total_limit=9)
    run = drafted(county, proxy)
    assert ProposedPair.objects.exclude(helper=None).count() == 2
    trial = tried(run, county, Wish("SCHEME_LIMIT", scheme=proxy.public_id, limit=1))
    assert gain(trial) == -1


def test_a_townships_run_finds_helpers_beyond_its_borders(county):
    """The child lives here and goes to school in the next township."""
    far = a_village(a_township(number=102, name="云台镇"), number=202, name="远村")
    school = a_school(far, name="云台小学")
    scheme = next(one for one in the_schemes() if one.key == "proxy-parent")
    a_child("甲", level=3, school=school)
    teacher = a_helper("云台的老师", unit=school, village=far)
    run = start_run(
        scheme=scheme, area=a_township(), options=RunOptions(), actor=county.user, reader=county, now=NOW
    )  # fmt: skip
    do_background_work()
    pair = ProposedPair.objects.get(proposal__run=run)
    assert pair.helper == teacher
    plan = plan_publication(proposal=pair.proposal, reader=county, now=NOW)
    assert (len(plan.to_offer), plan.broken) == (1, [])


def test_a_new_run_changes_no_more_than_it_must(county, proxy):
    """Both teachers are equally good: the second run keeps what the first has drawn, another seed may not."""
    for name in "甲乙丙丁":
        a_child(name, level=3)
    for name in ("何老师", "李老师"):
        a_helper(name)
    first = drafted(county, proxy)
    before = dict(ProposedPair.objects.filter(proposal__run=first).values_list("slot_id", "helper_id"))
    ProposedPair.objects.filter(proposal__run=first).update(is_locked=False)
    swapped = dict(zip(before, list(before.values())[::-1], strict=True))
    for pair in ProposedPair.objects.filter(proposal__run=first):
        ProposedPair.objects.filter(pk=pair.pk).update(helper=swapped[pair.slot_id])
    second = drafted(county, proxy)
    assert dict(ProposedPair.objects.filter(proposal__run=second).values_list("slot_id", "helper_id")) == swapped


@pytest.mark.parametrize(
    ("filled", "complete", "said"),
    [
        ({"3": 2}, 2, "多配齐 2 名"),
        ({"4": 16, "1": 100}, 1, "多配上 116 个名额，多配齐 1 名"),
        ({"4": 2, "1": -1}, 1, "四级多配 2 个、一级少配 1 个，多配齐 1 名"),
        ({"1": 3}, 0, "多配上 3 个名额"),
    ],
)
def test_a_cure_tells_places_and_whole_children(county, filled, complete, said):
    cure = {"kind": "scheme_cap", "helpers": [], "limit": 3, "filled": filled, "complete": complete, "moves": 0}
    told = told_remedies([Certificate(pk=1, remedies=[cure | {"farther_m": 0}])], county)[1]
    assert told == [f"本项目每人最多 3 名：全乡镇{said}"]


def test_everybody_full_is_not_called_nobody_and_a_school_is_told_once(county, proxy):
    Scheme.objects.filter(pk=proxy.pk).update(limit_per_helper=None)
    for name in "甲乙":
        a_child(name, level=3)
    a_helper("何老师", total_limit=2)
    first = drafted(county, proxy)
    publish_proposal(proposal=first.proposals.get(), actor=county.user, reader=county, now=NOW)
    for name in "丙丁戊":
        a_child(name, level=3)
    again = drafted(county, proxy)
    (one,) = Certificate.objects.filter(proposal__run=again)
    assert (one.kind, one.helpers, one.children, one.short, one.place_name) == ("full", 1, 3, 3, a_school().name)
    assert one.pairs.filter(helper=None).count() == 3
    assert one.remedies[0]["kind"] == "limit"


def test_nobody_and_full_of_one_school_are_told_apart(county, proxy):
    a_child("甲", level=3)
    a_helper("何老师", total_limit=1)
    publish_proposal(proposal=drafted(county, proxy).proposals.get(), actor=county.user, reader=county, now=NOW)
    for name in "乙丙":
        Exclusion.objects.create(child=a_child(name, level=3), helper=Helper.objects.get(), reason="KIN")
    a_child("丁", level=3)
    again = drafted(county, proxy)
    told = sorted(Certificate.objects.filter(proposal__run=again).values_list("kind", "children", "helpers", "short"))
    assert told == [("full", 1, 1, 1), ("nobody", 2, 0, 2)]
