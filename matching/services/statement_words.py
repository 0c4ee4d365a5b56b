"""The words of the three statements, built in; a county may write its own. Placeholders are said when it is printed."""

from __future__ import annotations

from dataclasses import dataclass

from matching.models import StatementKind


@dataclass(frozen=True)
class Words:
    """A statement's title and text. Blank lines part paragraphs."""

    title: str
    body: str


# What the placeholders of every kind may say, then those of one kind alone.
_EVERYWHERE = frozenset({"county", "term", "from", "until"})
PLACEHOLDERS: dict[str, frozenset[str]] = {
    StatementKind.GUARDIAN: _EVERYWHERE | {"child", "village", "school", "class", "guardian", "relation"},
    StatementKind.LEVELS: _EVERYWHERE | {"upper", "lower", "children", "helpers", "pairings"},
    StatementKind.TEACHER: _EVERYWHERE | {"teacher", "child", "village", "school", "class", "place"},
}
# For a look before the words count: invented people.
SAMPLES = {
    "county": "清溪县",
    "term": "2026 年秋季学期",
    "from": "2026年9月1日",
    "until": "2027年1月22日",
    "child": "某某同学",
    "village": "水狮坝村",
    "school": "土城小学",
    "class": "四(1)班",
    "guardian": "某某",
    "relation": "祖母",
    "upper": "清溪县",
    "lower": "土城镇",
    "children": "42",
    "helpers": "31",
    "pairings": "40",
    "teacher": "李老师",
    "place": "监管教师",
}
BUILT_IN: dict[str, Words] = {
    StatementKind.GUARDIAN: Words(
        "留守儿童管理教育责任书",
        """甲方：{school}、{village}
乙方：{guardian}（孩子的{relation}，现在负责照管）
孩子：{child}，{school}{class}

为了让孩子平安长大、安心读书，甲乙双方在{term}（{from}至{until}）约定如下。

一、甲方做的
1. 为孩子建好档案，安排老师或干部结对帮扶，定期家访、谈心。
2. 孩子在校的学习、身体和心情有变化，及时告诉乙方。
3. 教孩子交通、防溺水、防火、防侵害的知识；发现孩子受到伤害，马上报告并帮助处理。
4. 孩子的情况只给该知道的人看，不在墙上和网上公布。

二、乙方做的
1. 照管好孩子的吃穿住行，不让孩子一个人过夜，不打骂、不放任。
2. 督促孩子按时上学、完成作业，配合家访，参加家长会和家长培训。
3. 管好孩子的安全：不独自下河塘游泳，不坐超载车，不去网吧和游戏厅。
4. 让孩子每周和父母通一次话；父母的电话、去向有变化，马上告诉学校和村里。
5. 自己照管不了时，先和甲方商量，由甲方帮助另找合适的人，不让孩子没有人管。

三、本责任书一式两份，甲乙双方各存一份，签字后生效。""",
    ),
    StatementKind.LEVELS: Words(
        "关爱保护留守儿童工作责任书",
        """上级：{upper}
下级：{lower}

{lower}现有在册留守儿童 {children} 名，结对 {pairings} 对，帮扶人 {helpers} 位。
为了把每个孩子的事落到人，{upper}与{lower}在{term}（{from}至{until}）约定如下。

一、{lower}做到
1. 主要负责人是第一责任人，明确分管的人和具体办事的人。
2. 按时摸底，一人一档，孩子有变化及时更新，不漏一人。
3. 每个重点孩子都有人结对，家访、谈心按时做、有记录。
4. 发现孩子受到伤害或者没有人照管，马上报告，先保护孩子再处理。
5. 保护孩子的隐私，名单和档案不外传。

二、{upper}做到
1. 给人、给培训、给必要的经费，帮助解决{lower}解决不了的困难。
2. 定期检查和指导，结果当面说清，有问题限期改正。

三、工作不落实、造成后果的，按规定追究责任。

四、本责任书一式两份，双方各存一份，签字盖章后生效。""",
    ),
    StatementKind.TEACHER: Words(
        "留守儿童教师包保责任书",
        """学校：{school}
教师：{teacher}
孩子：{child}，{class}，家在{village}

{school}实行包保责任制，责任到教师。{teacher}担任{child}的{place}，在{term}（{from}至{until}）负责做到：

1. 知道孩子的家庭、学习、身体和心情，清楚现在谁在照管孩子。
2. 按时家访、谈心，做好记录；和孩子的父母、照管的人保持联系。
3. 孩子学习有困难，帮助辅导；心里有事，耐心听、及时开导，需要时请心理老师。
4. 孩子缺课、离校出走、受到伤害，马上报告学校，同时通知家里。
5. 不打骂、不歧视孩子，不把孩子的事说给不相干的人。

学校为教师安排培训和时间，教师有困难时及时帮助。教师调动或者请长假，由学校另外安排人接手，办好交接。

本责任书一式两份，学校和教师各存一份，签字后生效。""",
    ),
}
