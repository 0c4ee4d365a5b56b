"""Rows to problem, result to rows: the only bridge between the database and the core. It decides nothing."""

from matching.translation.answer import Answer, Assigned, read_answer, read_assigned
from matching.translation.judging import broken_pairs, remarks_on_kept, rule_broken_by, rule_broken_in_draft
from matching.translation.locks import locked_by_hand, with_draft_kept, with_hand_locks
from matching.translation.repairing import children_to_repair, read_repair
from matching.translation.snapshot import Snapshot, input_hash, take_snapshot, target_children, write_problem

__all__ = [
    "Answer",
    "Assigned",
    "Snapshot",
    "broken_pairs",
    "children_to_repair",
    "input_hash",
    "locked_by_hand",
    "read_answer",
    "read_assigned",
    "read_repair",
    "remarks_on_kept",
    "rule_broken_by",
    "rule_broken_in_draft",
    "take_snapshot",
    "target_children",
    "with_draft_kept",
    "with_hand_locks",
    "write_problem",
]
