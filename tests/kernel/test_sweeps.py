"""Sweeps stop for a while and go on as they were, whatever happens in between."""

import gc

import pytest

from backend.kernel.sweeps import no_sweeps


def test_they_go_on_after_an_error():
    with pytest.raises(KeyError), no_sweeps():
        assert not gc.isenabled()
        raise KeyError
    assert gc.isenabled()


def test_inside_another_they_stay_off():
    with no_sweeps():
        with no_sweeps():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
