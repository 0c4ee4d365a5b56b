"""How large each demo is. Figures after the published work plans; the people are invented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """
    Args:
        children: on file; key_children: those at heart level 4.
        teachers, cadres, elders, volunteers: helpers of each main role.
        village_schools, junior_schools, senior_schools: beside one central school per township.
        short_schools: schools given too few teachers on purpose; short_townships: townships with too few cadres.
        boarding: share of boarders in thousandths.
    """

    name: str
    townships: int
    villages: int
    village_schools: int
    junior_schools: int
    senior_schools: int
    children: int
    key_children: int
    teachers: int
    cadres: int
    elders: int
    volunteers: int
    short_schools: int
    short_townships: int
    boarding: int = 250


SIZES = {
    "school": Size(
        "school", townships=1, villages=6, village_schools=3, junior_schools=0, senior_schools=0, children=566,
        key_children=24, teachers=30, cadres=12, elders=15, volunteers=3, short_schools=1, short_townships=0,
        boarding=189,
    ),
    "township": Size(
        "township", townships=1, villages=12, village_schools=4, junior_schools=1, senior_schools=0, children=360,
        key_children=170, teachers=150, cadres=146, elders=12, volunteers=12, short_schools=1, short_townships=0,
    ),
    "county": Size(
        "county", townships=27, villages=250, village_schools=174, junior_schools=27, senior_schools=5, children=9780,
        key_children=4570, teachers=4240, cadres=4213, elders=24, volunteers=24, short_schools=26, short_townships=2,
    ),
}  # fmt: skip
