"""Facts with good defaults: one child, one teacher of its school, one slot."""

from __future__ import annotations

import numpy as np

from matching.core.facts import (
    ALWAYS,
    ChildColumns,
    Facts,
    HelperColumns,
    PairColumns,
    Reach,
    SchemeRules,
    Sex,
    SlotColumns,
    SlotKind,
)

CADRE, TEACHER = 1, 2


def column(value, count, dtype):
    return np.full(count, value, dtype) if np.isscalar(value) else np.array(value, dtype)


def children(count=1, **changes):
    defaults = {
        "level": (4, np.int8),
        "sex": (Sex.FEMALE, np.int8),
        "school": (1, np.int32),
        "klass": (11, np.int32),
        "village": (21, np.int32),
        "township": (31, np.int32),
        "county": (41, np.int32),
        "x_m": (0, np.int32),
        "y_m": (0, np.int32),
        "birth_day": (735_000, np.int32),
        "needs": (0b011, np.int64),
    }
    return ChildColumns(**{n: column(changes.get(n, v), count, t) for n, (v, t) in defaults.items()})


def helpers(count=1, teaches=(), **changes):
    defaults = {
        "roles": (TEACHER, np.int64),
        "sex": (Sex.FEMALE, np.int8),
        "school": (1, np.int32),
        "heads_class": (-1, np.int32),
        "village": (21, np.int32),
        "township": (31, np.int32),
        "county": (41, np.int32),
        "x_m": (0, np.int32),
        "y_m": (0, np.int32),
        "birth_day": (720_000, np.int32),
        "offers": (0b001, np.int64),
        "cleared_from": (0, np.int32),
        "cleared_until": (ALWAYS, np.int32),
        "limit": (2, np.int32),
        "share": (1000, np.int16),
    }
    columns = {n: column(changes.get(n, v), count, t) for n, (v, t) in defaults.items()}
    pairs = np.array(teaches, np.int32).reshape(-1, 2)
    return HelperColumns(**columns, teaches_helper=pairs[:, 0], teaches_class=pairs[:, 1])


def slots(child=(0,), **changes):
    count = len(child)
    defaults = {"scheme": (0, np.int16), "kind": (0, np.int16), "bundle": (-1, np.int32), "turn": (0, np.int8)}
    columns = {n: column(changes.get(n, v), count, t) for n, (v, t) in defaults.items()}
    return SlotColumns(child=np.array(child, np.int32), **columns)


def pairs(*listed):
    both = np.array(listed, np.int32).reshape(-1, 2)
    return PairColumns(both[:, 0], both[:, 1])


def a_scheme(helper_cap=None, *, has_woman_for_girl=False, **kind):
    return SchemeRules(
        "two",
        (SlotKind("teacher", **({"roles": TEACHER, "reach": Reach.SCHOOL} | kind)),),
        739_000,
        739_300,
        helper_cap,
        has_woman_for_girl,
    )


def some_facts(scheme=None, **changes):
    defaults = {"children": children(), "helpers": helpers(), "slots": slots(), "schemes": (scheme or a_scheme(),)}
    return Facts(**(defaults | changes))
