"""Components and reach, and that loading SciPy quickly takes nothing away from numpy."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from matching.core.graphs import components, reached, strong_components

# 0 -> 1 -> 2 -> 0 is a circle that leads to 3; 4 -> 5 stands apart; 6 is alone.
TAIL = np.array([0, 1, 2, 2, 4])
HEAD = np.array([1, 2, 0, 3, 5])


def _sets(label):
    return sorted(sorted(np.flatnonzero(label == one).tolist()) for one in set(label.tolist()))


def test_components_whichever_way_the_arcs_run():
    assert _sets(components(7, TAIL, HEAD)) == [[0, 1, 2, 3], [4, 5], [6]]


def test_strong_components_are_what_reaches_one_another():
    assert _sets(strong_components(7, TAIL, HEAD)) == [[0, 1, 2], [3], [4], [5], [6]]


def test_reached_follows_the_arcs_only():
    assert np.flatnonzero(reached(7, TAIL, HEAD, 2)).tolist() == [0, 1, 2, 3]
    assert np.flatnonzero(reached(7, TAIL, HEAD, 5)).tolist() == [5]


def test_what_scipy_need_not_load_is_left_out_and_still_there_for_others():
    told = (
        "import sys, matching.core.graphs, numpy; "
        "assert 'numpy.f2py' not in sys.modules and 'numpy.testing' not in sys.modules; "
        "numpy.testing.assert_array_equal([1], [1]); numpy.f2py.get_include()"
    )
    subprocess.run([sys.executable, "-c", told], check=True, timeout=60)
