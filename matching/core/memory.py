"""
Estimate what a solve needs: from the sizes of its arrays before anything is read, and from its largest component once
the components are known.
"""

from __future__ import annotations

import math

BASE_MB = 110
"""Interpreter, numpy, scipy and OR-tools with nothing loaded, measured."""
BYTES_PER_ARC = 30
"""Columns read, the checks' masks and the component graph, per arc of the whole problem."""
BYTES_PER_BATCH_ARC = 420
"""Network, prices and solver, per arc of the batch in work."""
BYTES_PER_NODE = 300
BYTES_PER_ARC_THAT_MAY_MEET, BYTES_PER_GROUPED_SLOT = 28, 40
"""Besides, where there are groups: who meets them, the arcs in question, the groups left; 12 MB at county, measured."""
ARCS_IN_WORK = 1_000_000
"""A batch holds about so many arcs, or one component."""


def estimate_mb(sizes: dict[str, int]) -> int:
    """
    Estimate the least memory that reading, solving and verifying a problem can take, in mebibytes.

    Args:
        sizes: entries per array, as `problem.sizes_in_file` gives them; missing arrays count as empty.
    """
    arcs = max((size for name, size in sizes.items() if name.startswith("arc_")), default=0)
    nodes = sizes.get("slot_child", 0) + sizes.get("helper_limit", 0) + sizes.get("cap_helper", 0)
    grouped = sizes.get("slot_group", 0)
    return columns_mb(arcs, nodes, grouped) + batch_mb(min(arcs, ARCS_IN_WORK))


def columns_mb(arcs: int, nodes: int, grouped: int = 0) -> int:
    """
    Estimate the process with the whole problem loaded, in mebibytes.

    Args:
        nodes: slots, helpers and caps; grouped: slots, where the problem has groups, else 0.
    """
    per_arc = BYTES_PER_ARC + (BYTES_PER_ARC_THAT_MAY_MEET if grouped else 0)
    return BASE_MB + math.ceil((per_arc * arcs + BYTES_PER_NODE * nodes + BYTES_PER_GROUPED_SLOT * grouped) / 2**20)


def batch_mb(arcs: int) -> int:
    """Estimate what solving one batch of so many arcs takes besides, in mebibytes."""
    return math.ceil(BYTES_PER_BATCH_ARC * arcs / 2**20)
