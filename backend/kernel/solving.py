"""What a solver may spend and what it may answer; used by `matching.core` and `activities.core`."""

from dataclasses import dataclass
from enum import StrEnum


class SolveStatus(StrEnum):
    """The only answers a solve gives. INFEASIBLE belongs to day plans; matching never gives it."""

    OPTIMAL = "OPTIMAL"
    FEASIBLE = "FEASIBLE"
    INFEASIBLE = "INFEASIBLE"
    TIMED_OUT = "TIMED_OUT"
    INVALID = "INVALID"


@dataclass(frozen=True, slots=True)
class SolveLimits:
    """
    What one solve may use.

    Args:
        seconds: wall clock, > 0; checked between pieces of work, so a solve may overrun by one piece.
        memory_mb: mebibytes of peak memory the solve may plan for, > 0.
        workers: threads, >= 1; never changes an OPTIMAL answer.
        seed: 0 .. 2**64 - 1, decides the lottery among equals.

    Raises:
        ValueError: a value outside its range.
    """

    seconds: float = 60.0
    memory_mb: int = 1024
    workers: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse limits nothing could be solved within."""
        if not self.seconds > 0:
            raise ValueError(f"seconds must be above 0, not {self.seconds}")
        if self.memory_mb <= 0:
            raise ValueError(f"memory_mb must be above 0, not {self.memory_mb}")
        if self.workers < 1:
            raise ValueError(f"workers must be at least 1, not {self.workers}")
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"seed must fit 64 bits, not {self.seed}")
