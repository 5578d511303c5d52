"""The sentences of an explanation, in English and Chinese."""

from __future__ import annotations

from detector.core.rule import Texts

SENTENCES: dict[str, Texts] = {
    "heading": {"en": "{rule}: {title}", "zh": "{rule}：{title}"},
    "key": {"en": "for {key}", "zh": "对象：{key}"},
    "off": {"en": "the rule is off: nothing alerts", "zh": "规则已关闭，不产生告警"},
    "shadow": {
        "en": "the rule is in shadow: its alerts are only watched",
        "zh": "规则处于影子模式，其告警仅供观察",
    },
    "holds": {"en": "holds, severity {severity}: {event}", "zh": "规则成立，级别{severity}：{event}"},
    "holds_not": {"en": "does not hold", "zh": "规则不成立"},
    "holds_not_at": {"en": "does not hold: {event}", "zh": "规则不成立：{event}"},
    "nothing_seen": {
        "en": "the history has no event that the rule looks at",
        "zh": "历史中没有该规则关注的事件",
    },
    "event": {"en": "{type} {id} at {time}", "zh": "{time}的{type} {id}"},
    "passed_over": {
        "en": "{event} does not count: {reasons}",
        "zh": "{event}不计入：{reasons}",
    },
    "override": {
        "en": "override {number} is in force, as {because}: it replaces {what}",
        "zh": "第{number}条特例生效（{because}），替换了{what}",
    },
    "is": {"en": "{field} is {found}", "zh": "{field}为{found}"},
    "all_of": {"en": "conditions:", "zh": "条件："},
    "one_of": {"en": "conditions, one of these lines is enough:", "zh": "条件（满足以下任一行即可）："},
    "or": {"en": " or ", "zh": "，或"},
    "and": {"en": " and ", "zh": "，且"},
    "met": {"en": "{name} {value} ({bound})", "zh": "{name} {value}（{bound}）"},
    "of": {"en": "{name} {value} of {bound}", "zh": "{name} {value}，需达到{bound}"},
    "against": {"en": "{name} {value}, must be {bound}", "zh": "{name} {value}，须{bound}"},
    "short": {"en": " ({missing} short)", "zh": "（还差{missing}）"},
    "over": {"en": " ({missing} too much)", "zh": "（超出{missing}）"},
    "nothing": {"en": "nothing to measure", "zh": "无可测量"},
    "yuan": {"en": "{amount} yuan", "zh": "{amount}元"},
    "window": {
        "en": "{what} after {after}, up to {upto}: {total}",
        "zh": "{after}之后至{upto}，{what}：{total}",
    },
    "counted": {"en": "counted", "zh": "计入"},
    "counted_as": {"en": "counted as {name}", "zh": "计为{name}"},
    "leaves": {"en": "; the oldest leaves at {time}", "zh": "，最早的一笔于{time}移出"},
    "event_count": {"en": "{n} events", "zh": "{n}个事件"},
    "one_event": {"en": "1 event", "zh": "1个事件"},
    "more": {"en": "and {n} earlier", "zh": "另有更早的{n}个"},
    "another_holds": {
        "en": "if another such event came at {time}, it would hold: {conditions}",
        "zh": "若{time}再发生一次同样的事件，规则将成立：{conditions}",
    },
    "another_not": {
        "en": "if another such event came at {time}, it would still not hold: {conditions}",
        "zh": "若{time}再发生一次同样的事件，规则仍不成立：{conditions}",
    },
    "approximate": {
        "en": "approximate: the older events of this key are kept as time buckets, and not one by one",
        "zh": "近似值：该对象较早的事件以时间桶保存，不再逐一保留",
    },
    "raised": {
        "en": "alert {id}, revision {revision}: raised by {event}",
        "zh": "告警{id}，第{revision}版：由{event}触发",
    },
    "raised_by": {"en": "{id} at {time}", "zh": "{time}的{id}"},
    "withdrawn": {
        "en": "alert {id}, revision {revision}: withdrawn, it had named {event}",
        "zh": "告警{id}，第{revision}版：已撤回，原由{event}触发",
    },
    "no_record": {
        "en": "alert {id}: not on record, for the rule was not in force then or the record is over",
        "zh": "告警{id}：无记录（当时规则未生效，或记录已过期）",
    },
    "quiet": {
        "en": "cooldown until {time}: no further alert of severity {severity} before that",
        "zh": "冷却至{time}：此前不再产生级别为{severity}的告警",
    },
    "steps": {"en": "{done} of {all} steps completed", "zh": "{all}步中已完成{done}步"},
    "step": {"en": "{name} ({types}{alerts}): {state}", "zh": "{name}（{types}{alerts}）：{state}"},
    "alerts": {"en": ", alerts {severity}", "zh": "，触发{severity}告警"},
    "completed_after": {"en": "{event}, {elapsed} later", "zh": "{event}，间隔{elapsed}"},
    "open": {"en": "not yet", "zh": "尚未发生"},
    "open_until": {"en": "not yet, possible until {time}", "zh": "尚未发生，{time}前仍可能"},
    "missed": {"en": "not completed, possible until {time}", "zh": "未完成，只在{time}前可能"},
    "ends": {"en": "cancelled by {event} from {time} on", "zh": "自{time}起被{event}取消"},
    "not_reached": {"en": "not reached", "zh": "未到达"},
    "so_far": {"en": "{found} of {needed}", "zh": "{needed}中的{found}"},
    "so_far_distinct": {
        "en": "{found} of {needed} different {field}",
        "zh": "不同的{field}：{needed}中的{found}",
    },
    "short_attempt": {"en": "{steps}; {type} {reasons}", "zh": "{steps}，{type}：{reasons}"},
    "short_occasion": {"en": "{conditions} at {time}", "zh": "{time}：{conditions}"},
    "attempt": {"en": "{event}: {reasons}", "zh": "{event}：{reasons}"},
    "too_late": {
        "en": "came {by} too late, {elapsed} after {since} where {within} are allowed",
        "zh": "晚了{by}：距{since}已{elapsed}，限{within}内",
    },
    "too_late_sequence": {
        "en": "came {by} too late, {elapsed} after the first event {since} where {within} are allowed in all",
        "zh": "晚了{by}：距首个事件{since}已{elapsed}，全程限{within}内",
    },
    "too_early": {
        "en": "came {by} before step {step} was completed",
        "zh": "比步骤{step}完成早了{by}",
    },
    "none_before": {"en": "step {step} had not been completed", "zh": "步骤{step}此前未完成"},
    "cancelled": {
        "en": "cancelled by {event}, {before} before",
        "zh": "被{event}取消（早{before}）",
    },
    "too_few": {"en": "{found} of {needed} events", "zh": "{needed}个事件中的第{found}个"},
    "too_few_distinct": {
        "en": "{found} of {needed} different values of {field}",
        "zh": "{field}需有{needed}个不同的值，现有{found}个",
    },
    "mismatch": {"en": "{field} is {found}, not {value}", "zh": "{field}为{found}，而非{value}"},
    "out_of_bound": {"en": "{field} is {found}, must be {bound}", "zh": "{field}为{found}，须{bound}"},
    "lacks": {"en": "has no {field}", "zh": "缺少{field}"},
    "differs": {
        "en": "other {field}: {found}, not {wanted}",
        "zh": "{field}不同：{found}，而非{wanted}",
    },
    "present": {"en": "present", "zh": "存在"},
    "absent": {"en": "absent", "zh": "不存在"},
    "in_list": {"en": "in the list {name}", "zh": "在名单{name}中"},
    "not_in_list": {"en": "not in the list {name}", "zh": "不在名单{name}中"},
    "on_record": {"en": "alerts of the rule on record:", "zh": "该规则的告警记录："},
    "stands": {"en": "raised", "zh": "已触发"},
    "fell": {"en": "withdrawn", "zh": "已撤回"},
    "one_alert": {
        "en": "{time}  {severity}  {state}, revision {revision}  {id}",
        "zh": "{time}  {severity}  {state}，第{revision}版  {id}",
    },
    "events_of": {
        "en": "{scope} {key}: events in the history: {total}, the newest {shown}:",
        "zh": "{scope} {key}：历史中有{total}个事件，最新的{shown}个：",
    },
    "alerts_of": {"en": "alerts on record:", "zh": "告警记录："},
    "no_alerts": {"en": "no alert on record", "zh": "无告警记录"},
    "rules_of": {"en": "rules:", "zh": "规则："},
    "other_version": {
        "en": "the rule is another now (version {now}) than when it alerted ({then})",
        "zh": "规则现为版本{now}，与告警时的版本{then}不同",
    },
    "anchor_gone": {
        "en": "the history no longer has the event that raised the alert: see what it carries itself",
        "zh": "历史已不再包含触发该告警的事件，请参见告警自身所带的内容",
    },
    "evidence_gone": {
        "en": "{gone} of {all} events of the alert are gone from the history: what follows falls short",
        "zh": "告警所列的{all}个事件中有{gone}个已不在历史中，以下数值因此偏低",
    },
    "no_longer": {
        "en": "as things stand now, that event does not raise this alert",
        "zh": "按目前情况，该事件不会触发此告警",
    },
    "is_withdrawn": {
        "en": "the alert was withdrawn: an event that came late showed that the rule did not hold",
        "zh": "该告警已撤回：后到的事件表明规则并不成立",
    },
}
