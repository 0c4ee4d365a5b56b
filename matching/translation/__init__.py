"""Rows to problem, result to rows: the only bridge between the database and the core. It decides nothing."""

from matching.translation.answer import Answer, read_answer
from matching.translation.judging import broken_pairs, rule_broken_by
from matching.translation.snapshot import Snapshot, input_hash, take_snapshot, target_children, write_problem

__all__ = [
    "Answer",
    "Snapshot",
    "broken_pairs",
    "input_hash",
    "read_answer",
    "rule_broken_by",
    "take_snapshot",
    "target_children",
    "write_problem",
]
