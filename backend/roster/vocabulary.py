"""
The words of the ledger: what a child lacks, what a helper offers, and which offer answers which lack.

The order of `SERVICES` is part of the data: solver snapshots number the services by it. Append, never reorder.
"""

from __future__ import annotations

from typing import Final

SERVICES: Final[tuple[str, ...]] = ("学习辅导", "经济帮扶", "生活帮助", "精神抚慰", "思想行为引导")

# What a child lacks (the five lacks of one of the plans) -> the services that answer it.
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "亲情缺慰": ("精神抚慰",),
    "生活缺助": ("生活帮助", "经济帮扶"),
    "心理缺疏": ("精神抚慰", "思想行为引导"),
    "学习缺导": ("学习辅导",),
    "安全缺护": ("生活帮助", "思想行为引导"),
}

CATEGORIES: Final[tuple[str, ...]] = (
    "辍学",
    "单亲家庭",
    "父母残疾或重病",
    "孤儿",
    "残疾儿童",
    "流浪乞讨",
    "独生子女户",
    "女儿户",
)


def service_mask(services: list[str]) -> int:
    """A bit per service, numbered as in `SERVICES`; words that are not services count nothing."""
    return sum(1 << SERVICES.index(word) for word in set(services) if word in SERVICES)


def needs_mask(needs: list[str]) -> int:
    """A bit per service that would answer one of the needs; a need may also be written as the service itself."""
    wanted = {service for need in needs for service in NEEDS.get(need, (need,))}
    return service_mask(list(wanted))
