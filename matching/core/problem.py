"""The matching problem as columns: what may be paired with what, and what each pair is worth."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from tokenize import TokenError
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy_format

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# What zipfile, zlib and numpy raise over a file that is damaged, encrypted, packed strangely, or lies about its size.
_UNREADABLE = (
    OSError, EOFError, ValueError, TypeError, AttributeError, SyntaxError, OverflowError, MemoryError, RuntimeError,
    zipfile.BadZipFile, zlib.error, TokenError,
)  # fmt: skip
LEVELS = (4, 3, 2, 1)
FIT_MAX = 1000
SHARE_FULL = 1000

#: name -> (dtype, the count it has one entry of). The file holds arrays of these names.
COLUMNS: dict[str, tuple[str, str]] = {
    "slot_child": ("int32", "S"),
    "slot_level": ("int8", "S"),
    "slot_scheme": ("int16", "S"),
    "slot_bundle": ("int32", "S"),
    "helper_limit": ("int32", "H"),
    "cap_helper": ("int32", "K"),
    "cap_scheme": ("int32", "K"),
    "cap_max": ("int32", "K"),
    "arc_slot": ("int32", "E"),
    "arc_helper": ("int32", "E"),
    "arc_fit": ("int16", "E"),
    "arc_kept": ("bool", "E"),
    "arc_locked": ("bool", "E"),
}
OPTIONAL_COLUMNS: dict[str, tuple[str, str]] = {
    "slot_turn": ("int8", "S"),
    "helper_share": ("int16", "H"),
    "slot_group": ("int32", "S"),
    "arc_meets": ("bool", "E"),
}


class MalformedProblem(ValueError):
    """
    The arrays do not describe a matching problem.

    Args:
        array: name of the array at fault.
        entry: position of the first bad entry, or None when the whole array is wrong.
        reason: what is wrong, as the end of a sentence.
    """

    def __init__(self, array: str, entry: int | None, reason: str) -> None:
        """Build the sentence a person reads."""
        where = array if entry is None else f"{array}[{entry}]"
        super().__init__(f"{where}: {reason}")
        self.array = array
        self.entry = entry
        self.reason = reason


@dataclass(frozen=True, slots=True, eq=False)
class MatchingProblem:
    """
    One solve's input; S slots, H helpers, K caps, E candidate arcs.

    Args:
        slot_child: int32[S], any key >= 0; equal keys are one child.
        slot_level: int8[S], 1 least .. 4 greatest need.
        slot_scheme: int16[S], scheme key >= 0.
        slot_bundle: int32[S], -1, or a key; slots of one key are filled all or none.
        helper_limit: int32[H], places in total, >= 0.
        cap_helper, cap_scheme, cap_max: int32[K], at most `cap_max` places of that scheme for that helper.
        arc_slot, arc_helper: int32[E], the eligible pairs, in any order, each once.
        arc_fit: int16[E], 0 .. 1000 points.
        arc_kept: bool[E], the pair stands today; at most one per slot.
        arc_locked: bool[E], the pair must stay.
        slot_turn: int8[S] or None, 0 = a child's first place of a kind, 1 = the second ...
        helper_share: int16[H] or None, permille of full time, 1 .. 1000.
        slot_group: int32[S] or None, -1, or a key; where any slots of one key are filled beside the locked ones, an arc
            that meets fills one, locked or not.
        arc_meets: bool[E], together with `slot_group`: the arc is what its slot's group asks for.

    Raises:
        MalformedProblem: naming the array and its first bad entry.
    """

    slot_child: NDArray[np.int32]
    slot_level: NDArray[np.int8]
    slot_scheme: NDArray[np.int16]
    slot_bundle: NDArray[np.int32]
    helper_limit: NDArray[np.int32]
    cap_helper: NDArray[np.int32]
    cap_scheme: NDArray[np.int32]
    cap_max: NDArray[np.int32]
    arc_slot: NDArray[np.int32]
    arc_helper: NDArray[np.int32]
    arc_fit: NDArray[np.int16]
    arc_kept: NDArray[np.bool_]
    arc_locked: NDArray[np.bool_]
    slot_turn: NDArray[np.int8] | None = None
    helper_share: NDArray[np.int16] | None = None
    slot_group: NDArray[np.int32] | None = None
    arc_meets: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        """Refuse malformed arrays, in the order of the columns."""
        _check_shapes(self)
        _check_slots(self)
        _check_helpers(self)
        _check_arcs(self)

    @property
    def slots(self) -> int:
        """Number of slots, S."""
        return len(self.slot_child)

    @property
    def helpers(self) -> int:
        """Number of helpers, H."""
        return len(self.helper_limit)

    @property
    def arcs(self) -> int:
        """Number of candidate arcs, E."""
        return len(self.arc_slot)


def save_problem(problem: MatchingProblem, path: Path) -> None:
    """Write the arrays as one uncompressed npz file without pickles."""
    columns = {name: getattr(problem, name) for name in (*COLUMNS, *OPTIONAL_COLUMNS)}
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **{name: array for name, array in columns.items() if array is not None})


def load_problem(path: Path) -> MatchingProblem:
    """
    Read a problem file and check it.

    Raises:
        MalformedProblem: not an npz file, an array is missing, not known, holds objects or is wrong.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            _refuse_unknown(file.files)
            arrays = {name: _read(file, name) for name in (*COLUMNS, *OPTIONAL_COLUMNS) if _wanted(file, name)}
    except MalformedProblem:
        raise
    except _UNREADABLE as error:
        raise MalformedProblem(path.name, None, f"cannot be read as an npz file ({error})") from error
    return MatchingProblem(**arrays)


def _refuse_unknown(names: list[str]) -> None:
    """An array of a mistyped name would be left out without a word."""
    known = (*COLUMNS, *OPTIONAL_COLUMNS)
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise MalformedProblem(unknown, None, f"is not known; there are {', '.join(known)}")


def sizes_in_file(path: Path) -> dict[str, int]:
    """
    Read the number of entries of each array from the headers alone, before anything large is loaded.

    Raises:
        MalformedProblem: the file or one header cannot be read.
    """
    sizes = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                with archive.open(member) as file:
                    version = npy_format.read_magic(file)
                    reader = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
                    sizes[member.removesuffix(".npy")] = int(np.prod(reader(file)[0], dtype=np.int64))
    except _UNREADABLE as error:
        raise MalformedProblem(path.name, None, f"cannot be read as an npz file ({error})") from error
    return sizes


def _wanted(file: Any, name: str) -> bool:
    if name in file.files:
        return True
    if name in OPTIONAL_COLUMNS:
        return False
    raise MalformedProblem(name, None, "is missing")


def _read(file: Any, name: str) -> NDArray[Any]:
    try:
        array = file[name]
    except _UNREADABLE as error:
        raise MalformedProblem(name, None, f"holds objects or cannot be read ({error})") from error
    if not isinstance(array, np.ndarray):
        raise MalformedProblem(name, None, "is not an array")
    return array


def _check_shapes(problem: MatchingProblem) -> None:
    counts: dict[str, int] = {}
    for name, (dtype, count) in (COLUMNS | OPTIONAL_COLUMNS).items():
        array = getattr(problem, name)
        if array is None and name in OPTIONAL_COLUMNS:
            continue
        if not isinstance(array, np.ndarray) or array.ndim != 1:
            raise MalformedProblem(name, None, "must be an array of one dimension")
        if array.dtype != np.dtype(dtype):
            raise MalformedProblem(name, None, f"must be {dtype}, not {array.dtype}")
        if len(array) != counts.setdefault(count, len(array)):
            raise MalformedProblem(name, None, f"has {len(array)} entries where {counts[count]} belong")


def _refuse(name: str, bad: NDArray[np.bool_], reason: str) -> None:
    if bad.any():
        raise MalformedProblem(name, int(bad.argmax()), reason)


def _check_slots(problem: MatchingProblem) -> None:
    level = problem.slot_level
    _refuse("slot_child", problem.slot_child < 0, "is negative")
    _refuse("slot_level", (level < min(LEVELS)) | (level > max(LEVELS)), "must be 1 to 4")
    _refuse("slot_scheme", problem.slot_scheme < 0, "is negative")
    _refuse("slot_bundle", problem.slot_bundle < -1, "is below -1")
    _refuse("slot_bundle", _bundle_over_two_children(problem), "joins the slots of two children")
    if problem.slot_turn is not None:
        _refuse("slot_turn", problem.slot_turn < 0, "is negative")
    if problem.slot_group is not None:
        _refuse("slot_group", problem.slot_group < -1, "is below -1")
    if (problem.slot_group is None) != (problem.arc_meets is None):
        name = "slot_group" if problem.slot_group is None else "arc_meets"
        raise MalformedProblem(name, None, "is missing: groups and arcs that meet come together")


def _bundle_over_two_children(problem: MatchingProblem) -> NDArray[np.bool_]:
    """Flag each slot whose bundle began with another child's slot, shape [S]."""
    bad = np.zeros(problem.slots, dtype=bool)
    bound = np.flatnonzero(problem.slot_bundle >= 0)
    _, first, group = np.unique(problem.slot_bundle[bound], return_index=True, return_inverse=True)
    bad[bound] = problem.slot_child[bound] != problem.slot_child[bound[first]][group]
    return bad


def _check_helpers(problem: MatchingProblem) -> None:
    _refuse("helper_limit", problem.helper_limit < 0, "is negative")
    helper = problem.cap_helper
    _refuse("cap_helper", (helper < 0) | (helper >= problem.helpers), "names no helper")
    _refuse("cap_scheme", problem.cap_scheme < 0, "is negative")
    _refuse("cap_max", problem.cap_max < 0, "is negative")
    key = helper.astype(np.int64) << 32 | problem.cap_scheme
    _refuse("cap_helper", _repeated(key), "has a second cap for the same scheme")
    if problem.helper_share is not None:
        share = problem.helper_share
        _refuse("helper_share", (share < 1) | (share > SHARE_FULL), "must be 1 to 1000")


def _check_arcs(problem: MatchingProblem) -> None:
    slot, helper, fit = problem.arc_slot, problem.arc_helper, problem.arc_fit
    if not problem.arcs:
        return
    _refuse_outside("arc_slot", slot, problem.slots, "names no slot")
    _refuse_outside("arc_helper", helper, problem.helpers, "names no helper")
    _refuse_outside("arc_fit", fit, FIT_MAX + 1, "must be 0 to 1000")
    _refuse("arc_slot", _repeated_pair(problem), "is paired with the same helper twice")
    kept = np.flatnonzero(problem.arc_kept)
    again = np.zeros(problem.arcs, dtype=bool)
    again[kept] = _repeated(slot[kept].astype(np.int64))
    _refuse("arc_kept", again, "is a second kept pair of its slot")


def _refuse_outside(name: str, array: NDArray[Any], end: int, reason: str) -> None:
    # Two reductions are a quarter of the cost of a mask, which only a bad array needs.
    if array.min() < 0 or array.max() >= end:
        _refuse(name, (array < 0) | (array >= end), reason)


def _repeated_pair(problem: MatchingProblem) -> NDArray[np.bool_]:
    if is_sorted(problem):
        return np.zeros(1, dtype=bool)
    return _repeated(problem.arc_slot.astype(np.int64) << 32 | problem.arc_helper)


def is_sorted(problem: MatchingProblem) -> bool:
    """Tell whether the arcs stand strictly in order of slot, then helper (so none is there twice)."""
    slot, helper = problem.arc_slot, problem.arc_helper
    later_slot = slot[1:] > slot[:-1]
    return bool((later_slot | ((slot[1:] == slot[:-1]) & (helper[1:] > helper[:-1]))).all())


def _repeated(key: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Flag each entry whose key stands earlier in the array too, shape of `key`."""
    order = np.argsort(key, kind="stable")
    again = np.zeros(len(key), dtype=bool)
    again[order[1:]] = key[order[1:]] == key[order[:-1]]
    return again
