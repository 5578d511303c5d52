"""Rules that are well written and can never do anything, or say nothing: tables for the tests of lint."""

TESTS = "tests: [{name: quiet, events: [{at: 0s, type: debit}], alerts: []}]\n"
ONE = "{count: {gte: 1}}"


def window(selector, when="{count: {gte: 2}}", by="user_id"):
    return f"id: r\nby: {by}\nwindow: {selector}\nwhen: {when}\n"


def when(conditions):
    return window("{event: debit, within: 5m}", conditions)


def select(selectors, when):
    return window(f"{{within: 5m, select: {selectors}}}", when)


def sequence(*steps, by="user_id", **options):
    given = "".join(f"  {name}: {value}\n" for name, value in options.items())
    listed = "".join(f"    - {step}\n" for step in steps)
    return f"id: r\nby: {by}\nsequence:\n{given}  steps:\n{listed}"


def overridden(rule, *overrides):
    return rule + "overrides:\n" + "".join(f"  - {override}\n" for override in overrides)


# What contradicts what; the file, with `@` where the fault is; the one fault's whole message
IMPOSSIBLE = [
    (
        "an amount below nothing",
        window("{event: debit, where: {amount: {lt: @0}}, within: 5m}"),
        "'amount' is never lt 0: it is at least 0, so nothing is selected",
    ),
    (
        "an amount above all numbers",
        window("{event: debit, where: {amount: {gt: @9007199254740991}}, within: 5m}"),
        (
            "'amount' is never gt 9007199254740991: it lies between 0 and 9007199254740991, so "
            "nothing is selected"
        ),
    ),
    (
        "bounds that exclude each other",
        window("{event: debit, where: {amount: {gte: 5, lt: @3}}, within: 5m}"),
        "'amount' cannot be gte 5 and lt 3 at once, so nothing is selected",
    ),
    (
        "bounds without a whole number between",
        window("{event: debit, where: {amount: {gt: 5, lt: @6}}, within: 5m}"),
        "'amount' cannot be gt 5 and lt 6 at once, so nothing is selected",
    ),
    (
        "two values at once",
        window("{event: debit, where: {city: {eq: A, @in: [B, C]}}, within: 5m}"),
        "'city' cannot be eq A and in [B, C] at once, so nothing is selected",
    ),
    (
        "a value and not that value",
        window("{event: debit, where: {city: {eq: A, ne: @A}}, within: 5m}"),
        "'city' cannot be eq A and ne A at once, so nothing is selected",
    ),
    (
        "all values excluded",
        window("{event: login, where: {new_device: {ne: true, eq: @true}}, within: 5m}"),
        "'new_device' cannot be ne true and eq true at once, so nothing is selected",
    ),
    (
        "a choice excluded value by value",
        window("{event: face_verification, where: {result: {ne: passed, @in: [passed]}}, within: 5m}"),
        "'result' cannot be ne passed and in [passed] at once, so nothing is selected",
    ),
    (
        "a required field that is absent",
        window("{event: debit, where: {amount: {exists: @false}}, within: 5m}"),
        "debit events always have 'amount', so nothing is selected",
    ),
    (
        "a value of an absent field",
        window("{event: debit, where: {card_id: {exists: false, eq: @k1}}, within: 5m}"),
        "'card_id' cannot be absent and eq k1 at once, so nothing is selected",
    ),
    (
        "a field that one of the types lacks",
        window("{event: [debit, login], where: {amount: {gte: @5}}, within: 5m}"),
        "login events have no 'amount', so none of them matches: leave login out of 'event'",
    ),
    (
        "a field that one of the types lacks, and ne",
        window("{event: [debit, transfer], where: {merchant_id: {ne: @m1}}, within: 5m}"),
        ("transfer events have no 'merchant_id', so none of them matches: leave transfer out of 'event'"),
    ),
    (
        "a key that one of the types lacks",
        window("{event: [debit, @transfer], within: 5m}", by="[user_id, merchant_id]"),
        ("transfer events have no 'merchant_id', which the rule is keyed by, so none of them ever counts"),
    ),
    (
        "a key that the only type lacks",
        window("{event: @login, within: 5m}", by="merchant_id"),
        "login events have no 'merchant_id', which the rule is keyed by, so none of them ever counts",
    ),
    (
        "the key is absent",
        window("{event: debit, where: {device_id: {exists: @false}}, within: 5m}", by="[user_id, device_id]"),
        "debit events always have 'device_id', which the rule is keyed by, so nothing is selected",
    ),
    (
        "in one of several selectors",
        select(
            "{a: {event: debit}, b: {event: debit, where: {amount: {lt: @0}}}}",
            "{count(a): {gte: 2}, count(b): {gte: 2}}",
        ),
        "'amount' is never lt 0: it is at least 0, so nothing is selected",
    ),
    ("a count below nothing", when("{count: {lt: @0}}"), "'count' is never lt 0: it is at least 1"),
    (
        "a count of none, where the trigger counts",
        when("{count: {eq: @0}}"),
        "'count' is never eq 0: it is at least 1, because the event that is looked at counts itself",
    ),
    (
        "a count of none, for short",
        when("{count: @0}"),
        "'count' is never eq 0: it is at least 1, because the event that is looked at counts itself",
    ),
    (
        "a count in a list that has none of it",
        when("{@count: [0, -1]}"),
        ("'count' is never in [0, -1]: it is at least 1, because the event that is looked at counts itself"),
    ),
    (
        "bounds of a count that exclude each other",
        when("{count: {gte: 5, lt: @3}}"),
        "'count' cannot be gte 5 and lt 3 at once",
    ),
    (
        "a count of an alternative",
        when("[{count: {gte: 5}}, {count: {gte: 5, lt: @3}}]"),
        "'count' cannot be gte 5 and lt 3 at once",
    ),
    ("a sum below nothing", when("{sum(amount): {lt: @0}}"), "'sum(amount)' is never lt 0: it is at least 0"),
    (
        "a maximum below what is selected",
        window("{event: debit, where: {amount: {gte: 1000}}, within: 5m}", "{max(amount): {lt: @500}}"),
        "'max(amount)' is never lt 500: it is at least 1000",
    ),
    (
        "a minimum above what is selected",
        window("{event: debit, where: {amount: {lte: 100}}, within: 5m}", "{min(amount): {gte: @500}}"),
        "'min(amount)' is never gte 500: it lies between 0 and 100",
    ),
    (
        "a last value that is never selected",
        window("{event: debit, where: {auth_method: [otp, face]}, within: 5m}", "{last(auth_method): @none}"),
        "'last(auth_method)' is never eq none: it is one of face, otp",
    ),
    (
        "more distinct values than there are",
        when("{distinct(user_tier): {gte: @4}}"),
        "'distinct(user_tier)' is never gte 4: it lies between 0 and 3",
    ),
    (
        "distinct truth values",
        when("{distinct(terminal_certified): {gt: @2}}"),
        "'distinct(terminal_certified)' is never gt 2: it lies between 0 and 2",
    ),
    (
        "distinct values of the key",
        when("{distinct(user_id): {gte: @2}}"),
        "'distinct(user_id)' is never gte 2: it is always 1",
    ),
    (
        "distinct values of the second key",
        window(
            "{event: debit, within: 5m}", "{distinct(merchant_id): {gte: @2}}", by="[user_id, merchant_id]"
        ),
        "'distinct(merchant_id)' is never gte 2: it is always 1",
    ),
    (
        "distinct values of a single one",
        window("{event: debit, where: {merchant_id: m1}, within: 5m}", "{distinct(merchant_id): {gte: @2}}"),
        "'distinct(merchant_id)' is never gte 2: it is always 1",
    ),
    (
        "distinct values of a field that is absent",
        window(
            "{event: debit, where: {card_id: {exists: false}}, within: 5m}", "{distinct(card_id): {gte: @1}}"
        ),
        "'distinct(card_id)' is never gte 1: it is always 0",
    ),
    (
        "a span as long as the window",
        when("{span: {gte: @5m}}"),
        "'span' is never gte 5m: it is always less than 5m",
    ),
    (
        "a span as long as what before leaves",
        select("{a: {event: debit, before: 2m}, b: {event: login}}", "{span(a): {gte: @3m}}"),
        "'span(a)' is never gte 3m: it is always less than 3m",
    ),
    (
        "a ratio below nothing",
        select("{a: {event: debit}, b: {event: login}}", "{count(a) / count(b): {lt: @0}}"),
        "'count(a) / count(b)' is never lt 0: it is at least 0",
    ),
    (
        "a share in percent",
        select(
            "{a: {event: complaint, where: {status: rejected}}, b: {event: complaint}}",
            "{count(a) / count(b): {gte: @60}}",
        ),
        "'count(a) / count(b)' is never gte 60: it lies between 0 and 1; 60 percent is written 0.6",
    ),
    (
        "a share above one",
        select(
            "{a: {event: debit, within: 1m}, b: {event: debit}}", "{sum(a.amount) / sum(b.amount): {gt: @1}}"
        ),
        "'sum(a.amount) / sum(b.amount)' is never gt 1: it lies between 0 and 1",
    ),
    (
        "more distinct values than events",
        when("{distinct(card_id) / count: {gt: @1}}"),
        "'distinct(card_id) / count' is never gt 1: it lies between 0 and 1",
    ),
    (
        "an average above the largest",
        window(
            "{event: debit, where: {amount: {lte: 100}}, within: 5m}",
            "{sum(amount): {gte: 1000}, count: {lt: @10}}",
        ),
        "'count' can never be lt 10 where 'sum(amount)' is gte 1000",
    ),
    (
        "distinct values above the count",
        when("{count: {lte: 2}, distinct(card_id): {gte: @3}}"),
        "'distinct(card_id)' can never be gte 3 where 'count' is lte 2",
    ),
    (
        "a sum below the largest",
        when("{max(amount): {gte: 1000}, sum(amount): {lt: @500}}"),
        "'sum(amount)' can never be lt 500 where 'max(amount)' is gte 1000",
    ),
    (
        "a smallest above the largest",
        when("{min(amount): {gte: 1000}, max(amount): {lt: @500}}"),
        "'max(amount)' can never be lt 500 where 'min(amount)' is gte 1000",
    ),
    (
        "a value of no events",
        select("{a: {event: debit}, b: {event: login}}", "{count(a): 0, max(a.amount): {gte: @5}}"),
        "'max(a.amount)' can never be gte 5 where 'count(a)' is eq 0",
    ),
    (
        "a span of a single event",
        when("{count: 1, span: {gte: @1m}}"),
        "'span' can never be gte 1m where 'count' is eq 1",
    ),
    (
        "a part above the whole",
        select(
            "{a: {event: debit, where: {auth_method: otp}}, b: {event: debit}}",
            "{count(b): {lt: 3}, count(a): {gte: @3}}",
        ),
        "'count(a)' can never be gte 3 where 'count(b)' is lt 3",
    ),
    (
        "one measure in two spellings",
        when("{count: {gte: 5}, count(): {lt: @3}}"),
        "'count()' can never be lt 3 where 'count' is gte 5",
    ),
    (
        "only the three together",
        select(
            "{a: {event: debit, where: {auth_method: otp}}, b: {event: debit}}",
            "{count(b): {lte: 3}, count(a): {lte: 3}, distinct(a.card_id): {gte: @4}}",
        ),
        "'distinct(a.card_id)' can never be gte 4 where 'count(b)' is lte 3",
    ),
    (
        "a condition of an override",
        overridden(window("{event: debit, within: 5m}"), "{where: {city: A}, when: {count: {lt: @0}}}"),
        "'count' is never lt 0: it is at least 1",
    ),
    (
        "an override of what is not selected",
        overridden(
            window("{event: debit, where: {user_tier: standard}, within: 5m}"),
            "{where: {user_tier: @minor}, severity: high}",
        ),
        "this never matches: 'user_tier' is never eq minor, it is always standard",
    ),
    (
        "an override that contradicts itself",
        overridden(
            window("{event: debit, within: 5m}"), "{where: {@amount: {gte: 5, lt: 3}}, severity: high}"
        ),
        "this never matches: 'amount' is never gte 5 and lt 3, it lies between 0 and 9007199254740991",
    ),
    (
        "an override of types that exclude each other",
        overridden(
            window("{event: [debit, login], within: 5m}"),
            "{@where: {amount: {gte: 5}, new_device: true}, severity: high}",
        ),
        "this never matches: its conditions cannot hold together",
    ),
    (
        "an override after a wider one",
        overridden(
            window("{event: debit, within: 5m}"),
            "{where: {amount: {gte: 5}}, severity: low}",
            "{@where: {amount: {gte: 50}}, severity: high}",
        ),
        "this never matches: override 1 matches wherever this one does; put the narrower one first",
    ),
    (
        "an override after the same",
        overridden(
            window("{event: debit, within: 5m}"),
            "{where: {city: A}, severity: low}",
            "{where: {city: B}, severity: low}",
            "{@where: {city: A}, severity: high}",
        ),
        "this never matches: override 1 matches wherever this one does; put the narrower one first",
    ),
    (
        "an override after one of everything",
        overridden(
            window("{event: debit, within: 5m}"),
            "{where: {amount: {exists: true}}, severity: low}",
            "{@where: {city: A}, severity: high}",
        ),
        "this never matches: override 1 matches wherever this one does; put the narrower one first",
    ),
    (
        "an override that replaces nothing",
        overridden(window("{event: debit, within: 5m}"), "@{where: {city: A}}"),
        "this replaces nothing: give it 'when', 'severity', 'action' or 'explanation'",
    ),
    (
        "an override of what a step never is",
        overridden(
            sequence(
                "{name: a, event: login, alert: low}", "{name: b, event: debit, within: 5m, alert: high}"
            ),
            "{where: {a.new_device: true, @b.amount: {lt: 0}}, severity: high}",
        ),
        "this never matches: 'b.amount' is never lt 0, it lies between 0 and 9007199254740991",
    ),
    (
        "an override after a wider one of a step",
        overridden(
            sequence("{name: a, event: login}", "{name: b, event: debit, within: 5m}"),
            "{where: {a.city: A}, severity: high}",
            "{@where: {a.city: A, amount: 5}, severity: low}",
        ),
        "this never matches: override 1 matches wherever this one does; put the narrower one first",
    ),
    (
        "a step that nothing completes",
        sequence("{name: a, event: login}", "{name: b, event: debit, where: {amount: {lt: @0}}, within: 5m}"),
        "'amount' is never lt 0: it is at least 0, so nothing is selected",
    ),
    (
        "a step that lacks what all agree on",
        sequence(
            "{name: a, event: debit}", "{name: b, event: [debit, @login], within: 5m}", same="merchant_id"
        ),
        "login events have no 'merchant_id', on which all steps agree, so none of them ever counts",
    ),
    (
        "a step without its key",
        sequence(
            "{name: a, event: @login}", "{name: b, event: debit, within: 5m}", by="[user_id, merchant_id]"
        ),
        "login events have no 'merchant_id', which the rule is keyed by, so none of them ever counts",
    ),
    (
        "steps that can never agree",
        sequence(
            "{name: a, event: debit, where: {city: A}}",
            "{name: b, event: debit, where: {city: @B}, within: 5m}",
            same="city",
        ),
        (
            "'city', on which all steps agree, can never be the same as in the step 'a': no event "
            "can complete this step"
        ),
    ),
    (
        "steps of two keys",
        sequence(
            "{name: a, event: debit, where: {device_id: d1}}",
            "{name: b, event: debit, where: {device_id: @d2}, within: 5m}",
            by="[user_id, device_id]",
        ),
        (
            "'device_id', which the rule is keyed by, can never be the same as in the step 'a': no "
            "event can complete this step"
        ),
    ),
    (
        "more distinct values than a field has",
        sequence(
            "{name: a, event: login}",
            "{name: b, event: debit, within: 5m, at_least: 4, distinct: @user_tier}",
        ),
        "'distinct' can never find 4 values of 'user_tier': it has 3 at most",
    ),
    (
        "distinct values of what agrees",
        sequence(
            "{name: a, event: login}",
            "{name: b, event: debit, within: 5m, at_least: 2, distinct: @card_id, same: card_id}",
        ),
        "'distinct' can never find 2 values of 'card_id': all events here agree on it",
    ),
    (
        "distinct values of the user",
        sequence(
            "{name: a, event: login}", "{name: b, event: debit, within: 5m, at_least: 2, distinct: @user_id}"
        ),
        "'distinct' can never find 2 values of 'user_id': all events here agree on it",
    ),
    (
        "a step that nobody hears of",
        sequence(
            "{name: a, event: login}",
            "{name: b, event: debit, within: 5m, alert: high}",
            "@{name: c, event: debit, within: 5m}",
        ),
        "the step 'c' changes nothing: give it or one after it 'alert', or leave it out",
    ),
    (
        "an unless that nothing matches",
        sequence(
            "{name: a, event: login}",
            "{name: b, event: debit, within: 5m, unless: {event: refund, where: {amount: {lt: @0}}}}",
        ),
        "'amount' is never lt 0: it is at least 0, so nothing is selected",
    ),
    (
        "an unless too long before",
        sequence(
            "{name: a, event: login}",
            "{name: b, event: debit, within: 5m, unless: {event: refund, before: @6m}}",
        ),
        (
            "this never cancels: 'before' is 6m, but the step is completed 5m after the one before "
            "it at the latest"
        ),
    ),
    (
        "an unless too long before in all",
        sequence(
            "{name: a, event: login}",
            "{name: b, event: debit, unless: {event: refund, before: @6m}}",
            within="5m",
        ),
        (
            "this never cancels: 'before' is 6m, but the step is completed 5m after the one before "
            "it at the latest"
        ),
    ),
    (
        "an unless on what the step before lacks",
        sequence(
            "{name: a, event: login}",
            "{name: b, event: debit, within: 5m, unless: {event: refund, same: @merchant_id}}",
        ),
        "this never cancels: it must agree on 'merchant_id', and the step 'a' never has it",
    ),
    (
        "an unless on what the step before never is",
        sequence(
            "{name: a, event: debit, where: {merchant_id: m1}}",
            "{name: b, event: debit, within: 5m,"
            " unless: {event: refund, where: {merchant_id: m2}, same: @merchant_id}}",
        ),
        "this never cancels: it must agree on 'merchant_id', and the step 'a' never has the same",
    ),
    (
        "an unless of another key",
        sequence(
            "{name: a, event: debit, where: {device_id: d1}}",
            "{name: b, event: debit, within: 5m, unless: {event: refund, where: {device_id: @d2}}}",
            by="[user_id, device_id]",
        ),
        "this never cancels: 'device_id' can never be the same as in the step 'a'",
    ),
    (
        "an unless without the key",
        sequence(
            "{name: a, event: debit}",
            "{name: b, event: debit, within: 5m, unless: {event: @login}}",
            by="[user_id, merchant_id]",
        ),
        "login events have no 'merchant_id', which the rule is keyed by, so none of them ever counts",
    ),
    (
        "an unless that the step's own events meet",
        sequence(
            "{name: a, event: login}",
            "{name: b, event: debit, where: {auth_method: otp}, within: 5m, at_least: 3,"
            " @unless: {event: [debit, refund]}}",
        ),
        (
            "the step needs 3 events, and the first of them would cancel it: narrow 'unless' by "
            "'where', 'before' or 'same'"
        ),
    ),
]

# What is unwise, as above: the one warning
UNWISE = [
    (
        "an amount of at least nothing",
        window("{event: debit, where: {amount: {gte: @0}}, within: 5m}"),
        "'amount' is always gte 0: leave that out",
    ),
    (
        "a field that is always there",
        window("{event: debit, where: {amount: {exists: @true}}, within: 5m}"),
        "'amount' is always there: leave that out",
    ),
    (
        "all values of a field",
        window("{event: debit, where: {@auth_method: [none, password, face, fingerprint, otp]}, within: 5m}"),
        "'auth_method' is always in [none, password, face, fingerprint, otp]: leave that out",
    ),
    ("a count of at least none", when("{count: {gte: @0}}"), "'count' is always gte 0: leave that out"),
    (
        "a sum of at least nothing, beside another",
        when("{count: {gte: 2}, sum(amount): {gte: @0}}"),
        "'sum(amount)' is always gte 0: leave that out",
    ),
    (
        "as many distinct values as there are",
        when("{distinct(user_tier): {lte: @3}}"),
        "'distinct(user_tier)' is always lte 3: leave that out",
    ),
    (
        "a share of at most all",
        select(
            "{a: {event: debit, where: {city: A}}, b: {event: debit}}",
            "{count(a) / count(b): {lte: @1}, count(b): {gte: 5}}",
        ),
        "'count(a) / count(b)' is always lte 1: leave that out",
    ),
    (
        "a span within the window",
        when("{span: {lt: @5m}, count: {gte: 2}}"),
        "'span' is always lt 5m: leave that out",
    ),
    (
        "an alternative that adds nothing",
        when("[{count: {gte: 3}}, @{count: {gte: 5}}]"),
        "this alternative adds nothing: an earlier one holds already where 'count' is gte 3",
    ),
    (
        "an alternative with one condition more",
        when("[{count: {gte: 3}}, @{count: {gte: 3}, sum(amount): {gte: 500}}]"),
        "this alternative adds nothing: an earlier one holds already where 'count' is gte 3",
    ),
    (
        "an override of everything",
        overridden(window("{event: debit, within: 5m}"), "{@where: {amount: {gte: 0}}, severity: high}"),
        "this matches whatever the rule looks at: write what it says into the rule itself",
    ),
    (
        "an override without conditions",
        overridden(window("{event: debit, within: 5m}"), "{@where: {}, severity: high}"),
        "this matches whatever the rule looks at: write what it says into the rule itself",
    ),
    (
        "distinct values of one event",
        sequence("{name: a, event: login}", "{name: b, event: debit, within: 5m, distinct: @card_id}"),
        "'distinct' counts up to 'at_least', and that is 1 here: set at_least: 2 or more",
    ),
    (
        "a step that agrees with itself",
        sequence("{name: a, event: login}", "{name: b, event: debit, within: 5m, same: @card_id}"),
        (
            "'same' compares the events of this step with each other, and one is enough here: set "
            "'at_least', or put 'same' on the sequence to tie the steps together"
        ),
    ),
    (
        "a step longer than the whole",
        sequence("{name: a, event: login}", "{name: b, event: debit, within: @10m}", within="5m"),
        (
            "the step's 10m can never be used up: the whole sequence has 5m; shorten the one or "
            "lengthen the other"
        ),
    ),
    (
        "a whole longer than its steps",
        sequence("{name: a, event: login}", "{name: b, event: debit, within: 5m}", within="@10m"),
        (
            "the sequence's 10m can never be used up: its steps have 5m in all; leave out the one or "
            "the others"
        ),
    ),
    (
        "a step that has no time",
        sequence("{name: a, event: login}", "{name: b, event: debit, within: @0s}"),
        "0s leaves no time: only an event of the very millisecond completes the step",
    ),
    (
        "steps that alert alike",
        sequence("{name: a, event: login, alert: high}", "{name: b, event: debit, within: 5m, alert: @high}"),
        (
            "the step 'a' alerts as high already, and a cooldown has one alert of a severity: give "
            "this step another"
        ),
    ),
]

# What comes near to a contradiction and holds: the file, whose events make it fire
POSSIBLE = [
    (
        "an amount of nothing",
        window("{event: debit, where: {amount: {lte: 0}}, within: 5m}", ONE),
        ["amount: 0"],
    ),
    (
        "a single whole number between two bounds",
        window("{event: debit, where: {amount: {gt: 4, lt: 6}}, within: 5m}", ONE),
        ["amount: 5"],
    ),
    (
        "an absent field that may be absent",
        window("{event: [debit, login], where: {card_id: {exists: false}}, within: 5m}", "{count: {gte: 2}}"),
        ["amount: 5", "type: login"],
    ),
    ("a count of one", when("{count: 1}"), ["amount: 5"]),
    ("a sum of nothing", when("{sum(amount): 0}"), ["amount: 0"]),
    ("a largest that is also the sum", when("{max(amount): {gte: 9}, sum(amount): {lt: 10}}"), ["amount: 9"]),
    (
        "a largest that is the smallest",
        when("{min(amount): {gte: 9}, max(amount): {lte: 9}, last(amount): 9}"),
        ["amount: 9"],
    ),
    (
        "as many distinct values as there are",
        when("{distinct(user_tier): {gte: 3}, count: {lte: 3}}"),
        ["user_tier: minor", "user_tier: elderly", "user_tier: standard"],
    ),
    ("a span just within the window", when("{span: {gte: 299s}}"), ["amount: 5", "amount: 5, at: 299s"]),
    (
        "a count of none where another selector holds the trigger",
        select("{a: {event: debit}, b: {event: login}}", "{count(a): 0, count(b): 1}"),
        ["type: login"],
    ),
    (
        "a count of none before the trigger",
        window("{within: 5m, select: {a: {event: debit, before: 1s}}}", "{count(a): 0}"),
        ["amount: 5"],
    ),
    (
        "a share of all",
        select("{a: {event: debit, where: {city: A}}, b: {event: debit}}", "{count(a) / count(b): {gte: 1}}"),
        ["city: A"],
    ),
    (
        "a part that is longer than the whole",
        select(
            "{a: {event: debit, where: {city: A}, within: 9m}, b: {event: debit}}",
            "{count(a) / count(b): {gt: 1}}",
        ),
        ["city: A", "city: A, at: 6m"],
    ),
    (
        "a ratio to the least of others",
        window(
            "{within: 5m, select: {a: {event: debit, where: {amount: {gte: 9}, city: A}},"
            " b: {event: debit, where: {amount: {gte: 9}}}}}",
            "{sum(a.amount) / min(b.amount): {lt: 1}}",
        ),
        ["amount: 9"],
    ),
    (
        "a sum of nobody",
        select(
            "{a: {event: debit, where: {amount: {gte: 9}}}, b: {event: login}}", "{sum(a.amount): {lt: 9}}"
        ),
        ["type: login"],
    ),
    (
        "an override before a wider one",
        overridden(
            window("{event: debit, within: 5m}", ONE),
            "{where: {amount: {gte: 50}}, severity: high}",
            "{where: {amount: {gte: 5}}, severity: low}",
        ),
        ["amount: 5"],
    ),
    (
        "an override that keeps others away",
        overridden(
            window("{event: debit, within: 5m}", ONE),
            "{where: {city: A}}",
            "{where: {amount: {gte: 5}}, severity: low}",
        ),
        ["amount: 5"],
    ),
    (
        "an unless as long before as the step may take",
        sequence(
            "{name: a, event: login}",
            "{name: b, event: debit, within: 5m, unless: {event: refund, before: 5m}}",
        ),
        ["type: login", "type: debit, at: 5m"],
    ),
    (
        "an unless that the step's events meet long before",
        sequence(
            "{name: a, event: login}",
            "{name: b, event: debit, within: 5m, at_least: 2, unless: {event: debit, before: 2m}}",
        ),
        ["type: login", "type: debit, at: 1m, repeat: 2, every: 1s"],
    ),
    (
        "an unless that one event of the step meets",
        sequence("{name: a, event: login}", "{name: b, event: debit, within: 5m, unless: {event: debit}}"),
        ["type: login", "type: debit, at: 1m"],
    ),
    (
        "an unless that not all events of the step meet",
        sequence(
            "{name: a, event: login}",
            "{name: b, event: debit, within: 5m, at_least: 2, unless: {event: debit, where: {city: A}}}",
        ),
        ["type: login", "type: debit, at: 1m, repeat: 2, every: 1s"],
    ),
    (
        "a first step that alone alerts beside the last",
        sequence("{name: a, event: login, alert: low}", "{name: b, event: debit, within: 5m, alert: high}"),
        ["type: login"],
    ),
]
