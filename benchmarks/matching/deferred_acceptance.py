"""
Solve a saved problem by the package `matching`, whose name this project's own package shares.

Run as a script from a folder outside the project, so that the name means the package: PROBLEM.npz RESULT.npz.
"""

from __future__ import annotations

import sys
import threading

import numpy as np
from matching.games import HospitalResident


def solve(slot: np.ndarray, helper: np.ndarray, fit: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Match by the hospital-resident game, slots proposing: stable, not optimal."""
    residents: dict[int, list[int]] = {}
    hospitals: dict[int, list[int]] = {}
    for arc in np.lexsort((-fit, slot)).tolist():
        residents.setdefault(int(slot[arc]), []).append(int(helper[arc]))
    for arc in np.lexsort((-fit, helper)).tolist():
        hospitals.setdefault(int(helper[arc]), []).append(int(slot[arc]))
    capacities = {one: int(limit[one]) for one in hospitals}
    game = HospitalResident.create_from_dictionaries(residents, hospitals, capacities)
    answer = np.full(int(slot.max()) + 1, -1, np.int32)
    for hospital, matched in game.solve(optimal="resident").items():
        for resident in matched:
            answer[resident.name] = hospital.name
    return answer


def main() -> None:
    """Read the problem, solve it, write the answer."""
    with np.load(sys.argv[1]) as file:
        columns = [file[name].astype(np.int64) for name in ("arc_slot", "arc_helper", "arc_fit", "helper_limit")]
    np.savez(sys.argv[2], slot_helper=solve(*columns))


if __name__ == "__main__":
    # The package copies its players, who point at each other, by recursion: give it a deep stack.
    sys.setrecursionlimit(10**7)
    threading.stack_size(2**29)
    thread = threading.Thread(target=main)
    thread.start()
    thread.join()
