"""The words a cell may hold and the code each stands for."""

from __future__ import annotations

from typing import Final

from backend.accounts.models import Role
from backend.roster.models import Child, Clearance, Guardian, GuardianRating, Helper, HelperRole, Organisation
from backend.roster.models.people import Sex

YES_NO: Final = {"是": True, "否": False}
SEXES: Final = {"男": Sex.MALE.value, "女": Sex.FEMALE.value}
CHILD_STATES: Final = {
    "在册": Child.State.ACTIVE.value,
    "已迁出": Child.State.MOVED.value,
    "已结案": Child.State.CLOSED.value,
    "已去世": Child.State.DECEASED.value,
}
CARER_KINDS: Final = {
    "父亲": Guardian.Kind.FATHER.value,
    "母亲": Guardian.Kind.MOTHER.value,
    "法定监护人": Guardian.Kind.LEGAL.value,
    "委托监护人": Guardian.Kind.DELEGATED.value,
    "指定监护人": Guardian.Kind.DESIGNATED.value,
}
RATINGS: Final = {
    "较好": GuardianRating.Rating.GOOD.value,
    "一般": GuardianRating.Rating.FAIR.value,
    "差": GuardianRating.Rating.POOR.value,
}
HEART_LEVELS: Final = {"一级": 1, "二级": 2, "三级": 3, "四级": 4, "1": 1, "2": 2, "3": 3, "4": 4}
GRADES: Final = {
    word: number
    for number, word in enumerate(
        [
            "幼儿园",
            "一年级",
            "二年级",
            "三年级",
            "四年级",
            "五年级",
            "六年级",
            "七年级",
            "八年级",
            "九年级",
            "高一",
            "高二",
            "高三",
        ]
    )
} | {"初一": 7, "初二": 8, "初三": 9}
HELPER_ROLES: Final = {
    "教师": Role.TEACHER.value,
    "干部": Role.CADRE.value,
    "五老": Role.ELDER.value,
    "志愿者": Role.VOLUNTEER.value,
}
ELDER_KINDS: Final = {
    "老干部": HelperRole.ElderKind.CADRE.value,
    "老战士": HelperRole.ElderKind.SOLDIER.value,
    "老专家": HelperRole.ElderKind.EXPERT.value,
    "老教师": HelperRole.ElderKind.TEACHER.value,
    "老模范": HelperRole.ElderKind.MODEL.value,
}
HELPER_STATES: Final = {
    "在任": Helper.State.ACTIVE.value,
    "暂停": Helper.State.PAUSED.value,
    "离开": Helper.State.LEFT.value,
}
UNIT_KINDS: Final = {
    "学校": Organisation.Kind.SCHOOL.value,
    "机关单位": Organisation.Kind.OFFICE.value,
    "村（居）两委": Organisation.Kind.VILLAGE_COMMITTEE.value,
    "协会": Organisation.Kind.ASSOCIATION.value,
}
CLEARANCE_RESULTS: Final = {"无记录": Clearance.Result.CLEAR.value, "有记录": Clearance.Result.FOUND.value}
ASPECT_WORDS: Final = {"心理": "mind", "身体": "body", "学业": "study", "监护": "guardianship", "其他": "fifth"}
GUARDIANSHIP_TYPES: Final = "一二三"
SEVERITIES: Final = "一二三四"
