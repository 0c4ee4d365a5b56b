"""What is asked of a graph of arcs (tail, head) between nodes 0 .. size - 1; SciPy answers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UNUSED = ("f2py", "testing")
"""Parts of numpy that SciPy copies a name of while it loads and never uses: a quarter of the time it takes."""


def _load_scipy() -> tuple[Any, Any]:
    absent = [name for name in _UNUSED if name not in vars(np)]
    for name in absent:
        setattr(np, name, None)
    try:
        return import_module("scipy.sparse").csr_array, import_module("scipy.sparse.csgraph")
    finally:
        for name in absent:
            if vars(np)[name] is None:
                delattr(np, name)  # from now on numpy loads it when somebody asks, as ever


_csr_array, _csgraph = _load_scipy()


def components(size: int, tail: NDArray[Any], head: NDArray[Any]) -> NDArray[np.int32]:
    """Number each node's component, whichever way the arcs run."""
    return np.asarray(_csgraph.connected_components(_graph(size, tail, head), directed=False)[1], np.int32)


def strong_components(size: int, tail: NDArray[Any], head: NDArray[Any]) -> NDArray[np.int32]:
    """Number each node's component of nodes that reach one another along the arcs."""
    return np.asarray(_csgraph.connected_components(_graph(size, tail, head), connection="strong")[1], np.int32)


def reached(size: int, tail: NDArray[Any], head: NDArray[Any], source: int) -> NDArray[np.bool_]:
    """Flag the nodes that `source` reaches along the arcs, itself among them."""
    flags = np.zeros(size, dtype=bool)
    flags[_csgraph.breadth_first_order(_graph(size, tail, head), source, return_predecessors=False)] = True
    return flags


def _graph(size: int, tail: NDArray[Any], head: NDArray[Any]) -> Any:
    return _csr_array((np.ones(len(tail), np.int8), (tail, head)), shape=(size, size))
