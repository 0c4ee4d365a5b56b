"""审计记录: who did what, and who read what. Names of children are nowhere in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from backend.accounts.models import Role
from backend.audit.selectors import SENSITIVE_READS, entries_in_order
from backend.roster.masking import masked_name
from backend.web.people.file_words import LABELS
from backend.web.shared.listing import page_of, render_list, search_of, select_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

# First half of a verb -> what it is about.
_ABOUT: dict[str, Any] = {
    "busy_calendar": gettext_lazy("空闲时间"),
    "child": gettext_lazy("儿童档案"),
    "consent": pgettext_lazy("audit", "同意书"),
    "exclusion": gettext_lazy("不可结对"),
    "wish": gettext_lazy("结对意愿"),
    "helper": gettext_lazy("帮扶人"),
    "clearance": gettext_lazy("背景核查"),
    "import": gettext_lazy("导入"),
    "export": pgettext_lazy("audit", "导出"),
    "run": gettext_lazy("匹配运行"),
    "application": gettext_lazy("监护申请"),
    "proposal": gettext_lazy("方案"),
    "offer": gettext_lazy("邀请"),
    "pairing": gettext_lazy("结对"),
    "duty": gettext_lazy("家访"),
    "feed": gettext_lazy("日历订阅"),
    "home": gettext_lazy("留守儿童之家"),
    "booking": gettext_lazy("房间预订"),
    "calendar_mail": gettext_lazy("邮件邀请"),
    "invitation": gettext_lazy("家访的邮件邀请"),
    "token": gettext_lazy("接口密钥"),
    "user": gettext_lazy("账号"),
    "county": gettext_lazy("全县设置"),
    "scheme": gettext_lazy("结对项目"),
    "membership": gettext_lazy("角色授权"),
    "roster": gettext_lazy("台账"),
    "pair": gettext_lazy("拟配"),
    "trial": gettext_lazy("试算"),
    "objection": gettext_lazy("异议"),
    "vacancy": gettext_lazy("空出的名额"),
    "talk_plan": gettext_lazy("谈心小组"),
    "talk_group": gettext_lazy("一次谈心"),
    "talk_round": gettext_lazy("一起安排谈心"),
    "talk_wish": gettext_lazy("谁和谁坐"),
    "concern": gettext_lazy("强制报告"),
    "statement": gettext_lazy("责任书"),
    "summary": gettext_lazy("学期小结"),
    "event_day": pgettext_lazy("audit", "活动"),
    "day_template": gettext_lazy("活动模板"),
    "day_seat": gettext_lazy("活动名单"),
    "day_consent": gettext_lazy("活动同意书"),
    "day_wish": gettext_lazy("谁和谁一组"),
    "contact": gettext_lazy("怎样告诉您"),
    "message": gettext_lazy("消息"),
}
_DONE: dict[str, Any] = {
    "read": pgettext_lazy("audit", "打开"),
    "revealed": gettext_lazy("申请查看"),
    "edited": gettext_lazy("修改"),
    "entered": pgettext_lazy("audit", "新建"),
    "lower_asked": gettext_lazy("提出下调心级"),
    "lowered": gettext_lazy("确认下调心级"),
    "lower_refused": gettext_lazy("不同意下调心级"),
    "paper_read": gettext_lazy("打开扫描件"),
    "assessed": gettext_lazy("评估"),
    "left": gettext_lazy("结束档案"),
    "recorded": gettext_lazy("登记"),
    "withdrawn": gettext_lazy("撤回"),
    "lifted": gettext_lazy("解除"),
    "confirmed": gettext_lazy("确认"),
    "uploaded": gettext_lazy("上传"),
    "staged": gettext_lazy("读取"),
    "raised": gettext_lazy("上报"),
    "received": gettext_lazy("确认收到"),
    "closed": gettext_lazy("记下结果"),
    "escalated": gettext_lazy("再次通知"),
    "signed": gettext_lazy("记为已签"),
    "unsigned": gettext_lazy("撤回签字"),
    "statement_text_kept": gettext_lazy("改责任书的写法"),
    "statement_text_reset": gettext_lazy("恢复责任书的写法"),
    "refused": gettext_lazy("拒收"),
    "cancelled": pgettext_lazy("audit", "取消"),
    "undone": pgettext_lazy("audit", "撤销"),
    "applied": gettext_lazy("用到方案里"),
    "started": gettext_lazy("开始"),
    "done": gettext_lazy("完成"),
    "published": pgettext_lazy("audit", "发布"),
    "accepted": gettext_lazy("接受"),
    "declined": gettext_lazy("谢绝"),
    "lapsed": gettext_lazy("失效"),
    "link_made": gettext_lazy("生成链接"),
    "extended": gettext_lazy("延期"),
    "reminded": gettext_lazy("提醒"),
    "question_asked": gettext_lazy("先问一句"),
    "question_answered": gettext_lazy("回答"),
    "handed_over": gettext_lazy("交接给别人"),
    "stand_in_planned": gettext_lazy("安排替班"),
    "stand_in_began": gettext_lazy("替班开始"),
    "stand_in_over": gettext_lazy("替班结束"),
    "stand_in_cancelled": gettext_lazy("替班取消"),
    "own_limit_set": gettext_lazy("改自己定的名额"),
    "own_hours_set": gettext_lazy("改有空的时间"),
    "pause_asked": gettext_lazy("请假"),
    "pause_ended": gettext_lazy("不请了"),
    "ended": pgettext_lazy("audit", "结束"),
    "suspended": gettext_lazy("暂停"),
    "timed": gettext_lazy("约时间"),
    "made": pgettext_lazy("audit", "新建"),
    "changed": gettext_lazy("修改"),
    "imported": gettext_lazy("导入"),
    "removed": gettext_lazy("移除"),
    "email_changed": gettext_lazy("改邮箱"),
    "phone_changed": gettext_lazy("改手机"),
    "granted": gettext_lazy("授予"),
    "proposed": pgettext_lazy("audit", "提议"),
    "revoked": gettext_lazy("停用"),
    "renewed": gettext_lazy("换新"),
    "room_added": gettext_lazy("加房间"),
    "room_changed": gettext_lazy("改房间"),
    "hours_set": gettext_lazy("改开放时间"),
    "equipment_set": gettext_lazy("改设备"),
    "tentative": gettext_lazy("待定"),
    "time_dropped": gettext_lazy("取消时间"),
    "disabled": gettext_lazy("停用"),
    "publishing_set": gettext_lazy("修改"),
    "allowed": gettext_lazy("同意"),
    "asked": gettext_lazy("申请"),
    "fetched": gettext_lazy("下载"),
    "exported": pgettext_lazy("audit", "导出"),
    "mended": gettext_lazy("改单元格"),
    "decided": gettext_lazy("定是不是同一人"),
    "resumed": pgettext_lazy("audit", "恢复"),
    "switched": gettext_lazy("启用或停用"),
    "checked": gettext_lazy("核查"),
    "carried_over": gettext_lazy("带到新学期"),
    "offered_on": gettext_lazy("改请"),
    "reviewed": gettext_lazy("审看"),
    "locked": gettext_lazy("锁定"),
    "unlocked": gettext_lazy("解锁"),
    "taken_off": gettext_lazy("撤下"),
    "put": pgettext_lazy("audit", "换人"),
    "chosen": gettext_lazy("选定"),
    "telling_set": gettext_lazy("改告诉人的时间"),
    "text_kept": gettext_lazy("改消息的写法"),
    "text_reset": gettext_lazy("恢复消息的写法"),
    "sent_again": gettext_lazy("重发"),
    "objected_to": gettext_lazy("提出异议"),
    "taken_back": gettext_lazy("收回"),
    "overruled": gettext_lazy("仍然请"),
    "upheld": gettext_lazy("不配"),
    "found": gettext_lazy("找到人选"),
    "nobody": gettext_lazy("没有别人"),
    "given_up": gettext_lazy("不再自动找"),
    "retried": gettext_lazy("再找一次"),
    "dealt": gettext_lazy("排出"),
    "reopened": gettext_lazy("收回来改"),
    "dropped": pgettext_lazy("audit", "删除草稿"),
    "printed": gettext_lazy("打印"),
    "swapped": gettext_lazy("对换"),
    "held": gettext_lazy("记为谈过"),
    "noted": pgettext_lazy("audit", "记下"),
    "forgotten": gettext_lazy("去掉"),
    "part_added": pgettext_lazy("audit", "加一项"),
    "host_accepted": gettext_lazy("主持人说能来"),
    "host_tentative": gettext_lazy("主持人说还不一定"),
    "host_declined": gettext_lazy("主持人说来不了"),
    "part_changed": gettext_lazy("改一项"),
    "part_removed": gettext_lazy("去掉一项"),
    "part_moved": gettext_lazy("改先后"),
    "head_changed": gettext_lazy("改基本情况"),
    "date_changed": gettext_lazy("改日期"),
    "places_set": gettext_lazy("定名额"),
    "placed": gettext_lazy("手动排"),
    "solve_asked": gettext_lazy("开始排"),
    "solved_plan": gettext_lazy("排好"),
    "solved_around": pgettext_lazy("audit", "尽量不动，重排"),
    "solved_rain": pgettext_lazy("audit", "排雨天方案"),
    "solved_ill": pgettext_lazy("audit", "换人"),
    "solved_late": pgettext_lazy("audit", "往后挪"),
    "relaxed": gettext_lazy("放宽一条"),
    "rain_used": pgettext_lazy("audit", "改用雨天方案"),
    "rain_over": gettext_lazy("改回不下雨的方案"),
    "divided": pgettext_lazy("audit", "分组"),
    "child_moved": pgettext_lazy("audit", "换组"),
    "made_public": pgettext_lazy("audit", "公开"),
    "made_private": gettext_lazy("不再公开"),
    "called_off": pgettext_lazy("audit", "取消"),
    "signed_up": pgettext_lazy("audit", "报名"),
    "ticked": pgettext_lazy("audit", "点名"),
    "guests_signed_up": pgettext_lazy("audit", "报名"),
    "taken": gettext_lazy("采用"),
    "not_taken": gettext_lazy("不采用"),
}

# Verbs whose halves say it badly.
_WHOLE: dict[str, Any] = {
    "membership.revoked": gettext_lazy("收回·角色授权"),
    "membership.refused": gettext_lazy("不同意·角色授权"),
    "day_seat.left": gettext_lazy("退出·活动名单"),
}


def audit(request: HttpRequest) -> HttpResponse:
    """A page of entries, the latest first."""
    selects = [
        select_of(request, "about", _("关于什么"), _ABOUT.items()),
        select_of(request, "kind", _("哪一类"), [("read", _("只看敏感读取")), ("write", _("只看改动"))]),
    ]
    rows = entries_in_order()
    if selects[0].value:
        rows = rows.filter(verb__startswith=f"{selects[0].value}.")
    if selects[1].value:
        reads = Q(verb__in=SENSITIVE_READS)
        rows = rows.filter(reads if selects[1].value == "read" else ~reads)
    q = search_of(request)
    if q:
        day = parse_date(q) if q.count("-") == 2 else None  # noqa: PLR2004 - a date has two dashes
        rows = rows.filter(at__date=day) if day else rows.filter(Q(actor_name=q) | Q(subject_id=q) | Q(actor_id=q))
    page = page_of(request, rows)
    for entry in page.object_list:
        entry.who = masked_name(entry.actor_name) if entry.actor_name else _("系统")
        entry.as_role = Role(entry.actor_role).label if entry.actor_role in Role.values else ""
        entry.what = said_verb(entry.verb)
        entry.field_words = LABELS.get((entry.after or {}).get("field", ""), "")
    context = {"page": page, "selects": selects, "q": q, "is_filtered": bool(q) or any(one.value for one in selects)}
    return render_list(request, "oversight/audit", context)


def said_verb(verb: str) -> str:
    """ "打开·儿童档案" for child.read."""
    if verb in _WHOLE:
        return str(_WHOLE[verb])
    about, _dot, done = verb.partition(".")
    return f"{_DONE.get(done, done)}·{_ABOUT.get(about, about)}"
