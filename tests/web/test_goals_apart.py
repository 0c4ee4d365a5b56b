"""Two drafts goal by goal: figures that read the same are told apart, or said to be the same."""

from __future__ import annotations

import pytest

from backend.web.coordinator.draft_compare import _compared, figures_apart
from backend.web.coordinator.run_goals import Goal


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        (68.7, 71.2, ("68.7", "71.2")),
        (68.712, 68.741, ("68.71", "68.74")),
        (68.7121, 68.7118, ("68.7121", "68.7118")),
        (68.7, 68.7, ("68.7", "68.7")),
        (68.70001, 68.70002, ("68.7", "68.7")),
    ],
)
def test_figures_have_as_many_decimals_as_part_them(here, there, said):
    assert figures_apart(here, there) == said


def a_goal(value, average):
    return Goal("fit", value, 1, "配得合适", "平均分", f"{average:.1f}", "", is_proven=True, average=average)


@pytest.mark.parametrize(("here", "there", "better"), [(68.74, 68.71, 1), (68.71, 68.74, -1), (68.7, 68.7, 0)])
def test_none_is_better_where_both_read_the_same(here, there, better):
    one = _compared(a_goal(2, here), a_goal(1, there))
    assert (one.better, one.is_same) == (better, better == 0)


def test_what_the_other_draft_did_not_aim_at_is_not_the_same():
    assert not _compared(a_goal(2, 68.7), None).is_same
