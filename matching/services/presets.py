"""The built-in kinds of pairing, as data: copied into a county's rows, which a coordinator may then change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from matching.models import PlaceRole, Scheme, SlotRule

Reach, SexRule = SlotRule.Reach, SlotRule.SexRule
_ALL_LEVELS = (4, 3, 2, 1)


@dataclass(frozen=True)
class PlacePreset:
    """One kind of place of a built-in scheme; the fields are those of `SlotRule`."""

    key: str
    name: str
    roles: tuple[str, ...]
    reach: str
    count: int = 1
    sex_rule: str = SexRule.NONE
    age_gap_years: int = 0
    weights: dict[str, int] = field(default_factory=dict)
    monthly_minutes: int = 120


@dataclass(frozen=True)
class SchemePreset:
    """A built-in scheme; the fields are those of `Scheme`."""

    key: str
    name: str
    purpose: str
    places: tuple[PlacePreset, ...]
    target_levels: tuple[int, ...] = _ALL_LEVELS
    target: dict[str, Any] = field(default_factory=dict)
    needs_application: bool = False
    is_bundled: bool = False
    limit_per_helper: int | None = None
    target_per_helper: int | None = None
    counts_towards_total: bool = True
    lasts: str = Scheme.Lasts.TERM
    is_active: bool = True


TWO_TO_ONE = SchemePreset(
    key="two-to-one",
    name="二对一",
    purpose="每名四级儿童配一名责任干部和一位监管教师，两人齐了才算配上。",
    target_levels=(4,),
    is_bundled=True,
    places=(
        PlacePreset(
            "cadre", "责任干部", (PlaceRole.CADRE,), Reach.TOWNSHIP,
            weights={"near": 400, "same_village": 300, "needs": 150, "same_sex": 50, "wish": 100},
        ),
        PlacePreset(
            "teacher", "监管教师", (PlaceRole.TEACHER,), Reach.SCHOOL,
            weights={
                "class_teacher": 250, "teaches_class": 150, "needs": 250, "same_sex": 150, "near": 100, "wish": 100
            },
        ),
    ),
)  # fmt: skip

PROXY_PARENT = SchemePreset(
    key="proxy-parent",
    name="代理家长",
    purpose="每位教师当本校两名孩子的代理家长：知情况、知家庭、知学习，多谈心、多活动、多走访，常与家长沟通。",
    limit_per_helper=2,
    target_per_helper=2,
    places=(
        PlacePreset(
            "proxy", "代理家长", (PlaceRole.TEACHER,), Reach.SCHOOL, monthly_minutes=180,
            weights={
                "class_teacher": 250, "teaches_class": 200, "needs": 200, "same_sex": 150, "near": 100, "wish": 100
            },
        ),
    ),
)  # fmt: skip

_MENTOR_WEIGHTS = {"needs": 450, "near": 350, "same_township": 100, "wish": 100}
_MENTORS = (PlaceRole.ELDER, PlaceRole.VOLUNTEER)

MENTOR_ONE_TO_ONE = SchemePreset(
    key="mentor-one-to-one",
    name="五老和志愿者一对一",
    purpose="一位五老或志愿者帮一名孩子：学习辅导、经济帮扶、生活帮助、精神抚慰、思想行为引导。",
    limit_per_helper=1,
    places=(
        PlacePreset(
            "mentor", "帮扶人", _MENTORS, Reach.TOWNSHIP, sex_rule=SexRule.SAME, weights=_MENTOR_WEIGHTS
        ),
    ),
)  # fmt: skip

MENTOR_SEVERAL_TO_ONE = SchemePreset(
    key="mentor-several-to-one",
    name="五老和志愿者几对一",
    purpose="两位五老或志愿者一起帮一名孩子，先让每名孩子有一位，再添第二位。",
    limit_per_helper=1,
    is_active=False,
    places=(PlacePreset("mentor", "帮扶人", _MENTORS, Reach.TOWNSHIP, count=2, weights=_MENTOR_WEIGHTS),),
)

MENTOR_ONE_TO_SEVERAL = SchemePreset(
    key="mentor-one-to-several",
    name="五老和志愿者一对几",
    purpose="一位五老或志愿者帮几名孩子，最多三名。",
    limit_per_helper=3,
    is_active=False,
    places=(
        PlacePreset(
            "mentor", "帮扶人", _MENTORS, Reach.TOWNSHIP, sex_rule=SexRule.SAME, weights=_MENTOR_WEIGHTS
        ),
    ),
)  # fmt: skip

DAILY_GUARDIAN = SchemePreset(
    key="daily-guardian",
    name="一对一日常监护",
    purpose="单亲家庭、父母残疾或重病的孩子：村或学校申请，志愿者协会和教育局共同核查，协会指派一人。",
    target={"categories": ["单亲家庭", "父母残疾或重病"]},
    needs_application=True,
    limit_per_helper=1,
    places=(
        PlacePreset(
            "guardian", "日常监护人", (PlaceRole.VOLUNTEER, PlaceRole.ELDER, PlaceRole.CADRE), Reach.TOWNSHIP,
            sex_rule=SexRule.SAME, age_gap_years=18, monthly_minutes=600,
            weights={"near": 400, "same_village": 200, "needs": 300, "wish": 100},
        ),
    ),
)  # fmt: skip

UNIT_ONE_TO_ONE = SchemePreset(
    key="unit-one-to-one",
    name="单位一对一",
    purpose="机关和社区服务中心的干部一人帮一名孩子。",
    target_levels=(4, 3),
    limit_per_helper=1,
    places=(
        PlacePreset(
            "unit", "单位帮扶人", (PlaceRole.CADRE,), Reach.TOWNSHIP,
            weights={"near": 300, "same_township": 200, "needs": 300, "same_sex": 100, "wish": 100},
        ),
    ),
)  # fmt: skip

VILLAGE_SEVERAL_TO_ONE = SchemePreset(
    key="village-several-to-one",
    name="村两委多对一",
    purpose="村（居）两委的几位干部一起帮本村的孩子，先让每名孩子有一位，再添第二位。",
    places=(
        PlacePreset(
            "committee", "村帮扶人", (PlaceRole.CADRE,), Reach.VILLAGE, count=2,
            weights={"near": 400, "needs": 300, "same_sex": 200, "wish": 100},
        ),
    ),
)  # fmt: skip

STUDY_BUDDY = SchemePreset(
    key="study-buddy",
    name="学习帮手",
    purpose="给需要学习辅导的孩子在本班找一位同学当帮手，班主任带着，定期看一看。",
    target={"needs": ["学习缺导", "学习辅导"]},
    limit_per_helper=1,
    counts_towards_total=False,
    places=(
        PlacePreset(
            "buddy", "学习帮手", (PlaceRole.PEER,), Reach.SAME_CLASS,
            weights={"same_sex": 400, "same_village": 200, "near": 200, "wish": 200},
        ),
    ),
)  # fmt: skip

PEERS_HAND_IN_HAND = SchemePreset(
    key="peers-hand-in-hand",
    name="同伴手拉手",
    purpose="同校的孩子一对一手拉手，不限同班。",
    limit_per_helper=1,
    counts_towards_total=False,
    is_active=False,
    places=(
        PlacePreset(
            "buddy", "手拉手伙伴", (PlaceRole.PEER,), Reach.SCHOOL, sex_rule=SexRule.SAME,
            weights={"same_village": 400, "near": 400, "wish": 200},
        ),
    ),
)  # fmt: skip

HAND_IN_HAND = SchemePreset(
    key="hand-in-hand",
    name="牵手扶助",
    purpose="党员和干部从初一起牵手一名孩子，直到 18 岁：每月给家长报信，走访学校和家庭，有求必应。",
    target={"ages": [12, 17]},
    limit_per_helper=1,
    lasts=Scheme.Lasts.UNTIL_18,
    places=(
        PlacePreset(
            "supporter", "牵手扶助人", (PlaceRole.CADRE,), Reach.TOWNSHIP,
            weights={"near": 300, "same_village": 200, "needs": 300, "same_sex": 100, "wish": 100},
        ),
    ),
)  # fmt: skip

ANSWERS_AT_SCHOOL = SchemePreset(
    key="answers-school",
    name="学校包保责任人",
    purpose="一至三级的孩子在学校有一位说得出名字的责任人；一位教师最多负责四十名，不占结对名额。",
    target_levels=(3, 2, 1),
    limit_per_helper=40,
    counts_towards_total=False,
    places=(
        PlacePreset(
            "answerable", "学校责任人", (PlaceRole.TEACHER,), Reach.SCHOOL, monthly_minutes=20,
            weights={"class_teacher": 600, "teaches_class": 400},
        ),
    ),
)  # fmt: skip

ANSWERS_IN_VILLAGE = SchemePreset(
    key="answers-village",
    name="村包保责任人",
    purpose="一至三级的孩子在村里有一位说得出名字的责任人；一位干部最多负责四十名，不占结对名额。",
    target_levels=(3, 2, 1),
    limit_per_helper=40,
    counts_towards_total=False,
    places=(
        PlacePreset(
            "answerable", "村责任人", (PlaceRole.CADRE,), Reach.VILLAGE, monthly_minutes=20,
            weights={"near": 700, "same_sex": 300},
        ),
    ),
)  # fmt: skip

PRESETS: tuple[SchemePreset, ...] = (
    TWO_TO_ONE,
    PROXY_PARENT,
    MENTOR_ONE_TO_ONE,
    MENTOR_SEVERAL_TO_ONE,
    MENTOR_ONE_TO_SEVERAL,
    DAILY_GUARDIAN,
    UNIT_ONE_TO_ONE,
    VILLAGE_SEVERAL_TO_ONE,
    STUDY_BUDDY,
    PEERS_HAND_IN_HAND,
    HAND_IN_HAND,
    ANSWERS_AT_SCHOOL,
    ANSWERS_IN_VILLAGE,
)
PRESET_BY_KEY = {preset.key: preset for preset in PRESETS}
