"""What an editor says of a key or a field when the cursor rests on it."""

from __future__ import annotations

KEYS = {
    "id": "The rule's name: the file's name without .yaml.",
    "title": "What the alert is called, in each language.",
    "explanation": (
        "Why the alert was raised, for whoever receives it. Measures of 'when' and fields of the trigger may "
        "be named: {count}, {sum(amount):yuan}, {within}; in a sequence step.field. Put the text in quotes."
    ),
    "severity": "How grave an alert is; medium where nothing is said.",
    "action": "What is advised to do, for the service that receives the alert; review where nothing is said.",
    "mode": "live: alerts count. shadow: they go to the shadow topic only. off: the rule is not evaluated.",
    "by": "Whose events belong together: user_id, a list that begins with user_id, or merchant_id alone.",
    "window": "Which events are measured, and how far back. Goes with 'when'.",
    "when": "When the rule fires: a list is OR, the conditions of a mapping all hold (AND).",
    "sequence": "Steps that must follow one another.",
    "overrides": "What replaces parts of the rule for some events: the first whose 'where' matches counts.",
    "cooldown": (
        "At most one alert of a severity in each such period; 0s: every event that fires alerts; 1h where "
        "nothing is said."
    ),
    "tests": "Events, and the alerts that must stand in the end: one test that fires and one that does not.",
    "event": "The event type, or a list of types.",
    "where": (
        "What the event's fields must be: a value, a list (any of), or operators. An absent field matches "
        "nothing but {exists: false}."
    ),
    "within": (
        "How far back from the event that is looked at: 90s, 10m, 24h, 30d. In a sequence: the time from the "
        "first event to the last, or on a step from the step before."
    ),
    "select": "Several selectors, each with a name that measures call it by: count(name), sum(name.amount).",
    "before": "Only events at least so long before: 10m.",
    "steps": "The steps in their order.",
    "same": "A field, or fields, that must have the same value.",
    "name": "A name: letters, digits, '_' and '-'.",
    "at_least": "How many events complete the step; 1 where nothing is said.",
    "distinct": "Count different values of this field instead of events, up to at_least.",
    "unless": "An event between the step before and this one that cancels.",
    "alert": "Completing this step raises an alert of that severity. Without any, the last step does.",
    "events": "What happens, in the order in which it arrives.",
    "alerts": "The alerts that stand in the end; [] for none.",
    "lists": "What the lists that the rule names hold in this test.",
    "at": "When, from the start of the test on: 0s, 90s, 10m.",
    "type": "The event type.",
    "repeat": "How many such events; {n} in a text becomes 1, 2, ...",
    "every": "The time from one repetition to the next.",
}

FIELDS = {
    "event_id": "The event's own id.",
    "event_time": "When it happened, in milliseconds since 1970-01-01 UTC.",
    "user_id": "The user.",
    "amount": "In the currency's minor unit: 100 yuan are 10000 fen.",
    "currency": "The currency, such as CNY.",
    "merchant_id": "The merchant.",
    "payee_id": "Who receives the transfer.",
    "auth_method": "How the user was asked to confirm.",
    "card_id": "The card; may be absent.",
    "agreement_id": "The no-password agreement; may be absent in a debit.",
    "merchant_tier": "The merchant's risk tier: of the event, or else of the list merchant_tier.",
    "terminal_id": "The merchant's terminal; may be absent.",
    "terminal_certified": "Whether the terminal is certified; may be absent.",
    "instalments": "The number of instalments.",
    "refunded_event_id": "The event whose money comes back.",
    "new_device": "Whether the device was new to the account.",
    "method": "How the user logged in; may be absent.",
    "result": "Whether the face was accepted.",
    "purpose": "What the face verification was for; may be absent.",
    "session_id": "The remote-control or screen-sharing session.",
    "app": "The app of the session; may be absent.",
    "consent": "Whether the user agreed explicitly, or by default.",
    "new_limit": "The credit limit from now on, in the currency's minor unit.",
    "complaint_id": "The complaint.",
    "status": "Where the complaint stands.",
    "user_tier": "Who needs more care: of the event, or else of the list user_tier.",
    "device_id": "The device; may be absent.",
    "ip": "The address; may be absent.",
    "city": "The city; may be absent.",
    "country": "The country; may be absent.",
    "channel": "The channel; may be absent.",
}

OPERATORS = {
    "eq": "Is this value.",
    "ne": "Is there, and another value.",
    "in": "Is one of these.",
    "gt": "Is greater.",
    "gte": "Is greater, or equal.",
    "lt": "Is less.",
    "lte": "Is less, or equal.",
    "exists": "Whether the field is there at all.",
    "in_list": "Is in the list of this name (detector lists).",
    "not_in_list": "Is there, and not in the list of this name.",
}

MEASURES = {
    "count": "How many events.",
    "sum": "The sum of a field.",
    "distinct": "How many different values of a field.",
    "max": "The largest value of a field; compares false where there is none.",
    "min": "The smallest value of a field; compares false where there is none.",
    "last": "The field of the latest event that has it.",
    "span": "The time from the first event to the last, compared with a duration.",
}
