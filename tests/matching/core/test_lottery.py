"""Tickets are the same on every machine."""

import numpy as np

from matching.core.lottery import tickets

WORD = 2**64 - 1


def mix(state):
    """State SplitMix64 once more, in plain numbers."""
    z = (state + 0x9E3779B97F4A7C15) & WORD
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
    return z ^ (z >> 31)


def test_the_generator_is_splitmix():
    assert mix(0) == 0xE220A8397B1DCDAF


def test_tickets_are_those_of_plain_numbers():
    slot, helper = np.array([0, 1, 9140, 2**31 - 1]), np.array([0, 7, 8453, 5])

    for seed in (0, 1, 2**64 - 1):
        expected = [mix(mix(mix(seed) ^ int(s)) ^ int(h)) >> 32 for s, h in zip(slot, helper, strict=True)]
        assert tickets(seed, slot, helper).tolist() == expected
