"""Estimate what a solve needs from the sizes of its arrays, before anything is read."""

from __future__ import annotations

import math

BASE_MB = 110
"""Interpreter, numpy, scipy and OR-tools with nothing loaded, measured."""
BYTES_PER_ARC = 30
"""Columns read, the checks' masks and the component graph, per arc of the whole problem."""
BYTES_PER_BATCH_ARC = 420
"""Network, prices and solver, per arc of the batch in work."""
BYTES_PER_NODE = 300
ARCS_IN_WORK = 2_500_000


def estimate_mb(sizes: dict[str, int]) -> int:
    """
    Estimate the peak memory of reading, solving and verifying a problem, in mebibytes.

    Args:
        sizes: entries per array, as `problem.sizes_in_file` gives them; missing arrays count as empty.
    """
    arcs = max((size for name, size in sizes.items() if name.startswith("arc_")), default=0)
    nodes = sizes.get("slot_child", 0) + sizes.get("helper_limit", 0) + sizes.get("cap_helper", 0)
    in_work = min(arcs, ARCS_IN_WORK)
    need = BYTES_PER_ARC * arcs + BYTES_PER_BATCH_ARC * in_work + BYTES_PER_NODE * nodes
    return BASE_MB + math.ceil(need / 2**20)
