"""What a writer of rules gets wrong, and what is said of it: one table for lint and for the schema."""

HEAD = "id: r\nby: user_id\n"
WINDOW = "window: {event: debit, within: 10m}\n"
WHEN = "when: {count: {gte: 2}}\n"
GOOD = HEAD + WINDOW + WHEN
STEPS = (
    HEAD
    + "sequence:\n  steps:\n    - {name: one, event: login}\n    - {name: two, event: debit, within: 5m}\n"
)


def marked(text):
    """A text without its mark `@`, and the line and column at which that stood."""
    before, _, after = text.partition("@")
    return before + after, (before.count("\n") + 1, len(before) - before.rfind("\n"))


# What was got wrong; the file, with `@` where the fault is; the one fault's whole message
MISTAKES = [
    (
        "an unknown key",
        GOOD + "@colour: red\n",
        (
            "a rule has no 'colour'; known here: id, title, explanation, severity, action, mode, by, "
            "window, when, sequence, overrides, cooldown, tests"
        ),
    ),
    ("a misspelt key", GOOD + "@severty: high\n", "a rule has no 'severty'; did you mean 'severity'?"),
    ("a missing id", "@by: user_id\n" + WINDOW + WHEN, "a rule needs 'id'"),
    ("a missing by", "@id: r\n" + WINDOW + WHEN, "a rule needs 'by'"),
    (
        "an id that is not the file's name",
        GOOD.replace("id: r", "id: @other", 1),
        "the id 'other' differs from the file's name 'r': they must be the same",
    ),
    ("an id that is a list", GOOD.replace("id: r", "id: @[r]", 1), "'id' must be a text, found a list"),
    (
        "a key that is no field",
        GOOD.replace("user_id", "@user", 1),
        "'user' is no field to key by; did you mean 'user_id'?",
    ),
    (
        "a key that begins otherwise",
        GOOD.replace("user_id", "@[merchant_id, user_id]"),
        "'by' must be user_id, a list that begins with user_id, or merchant_id alone",
    ),
    (
        "a key by merchant and more",
        GOOD.replace("user_id", "@[merchant_id]").replace("]", ", device_id]"),
        "'by' must be user_id, a list that begins with user_id, or merchant_id alone",
    ),
    ("neither window nor sequence", "@" + HEAD, "a rule needs 'window' with 'when' beside it, or 'sequence'"),
    (
        "both",
        STEPS.replace("sequence", "@sequence") + WINDOW + WHEN,
        "a rule has either 'window' or 'sequence', not both",
    ),
    ("a window without when", HEAD + WINDOW.replace("{", "@{"), "a window needs 'when' beside it"),
    ("a sequence with when", STEPS + "@" + WHEN, "'when' belongs to a window; a sequence holds by its steps"),
    (
        "a window without within",
        HEAD + "window: @{event: debit}\n" + WHEN,
        "a window needs 'within', the time that it looks back",
    ),
    ("a window of no length", GOOD.replace("10m", "@0s"), "'within' must be longer than nothing"),
    (
        "a bad duration",
        GOOD.replace("10m", "@10 minutes"),
        "'within' must be a duration such as 90s, 10m, 24h or 30d, found '10 minutes': write 10m",
    ),
    (
        "a duration without a unit",
        GOOD + "cooldown: @30\n",
        (
            "'cooldown' must be a duration such as 90s, 10m, 24h or 30d, found 30: say the unit, as "
            "in 30s, 30m, 30h or 30d"
        ),
    ),
    (
        "an unknown event type",
        GOOD.replace("debit", "@debt"),
        "'debt' is no event type; did you mean 'debit'?",
    ),
    ("no event", HEAD + "window: @{within: 10m}\n" + WHEN, "'window' needs 'event'"),
    (
        "an unknown field",
        GOOD.replace("debit,", "debit, where: {@amuont: 5},"),
        "debit events have no field 'amuont'; did you mean 'amount'?",
    ),
    (
        "a word that the field never is",
        GOOD.replace("debit,", "debit, where: {auth_method: @pasword},"),
        "'auth_method' is never 'pasword'; did you mean 'password'?",
    ),
    (
        "one of a list that it never is",
        GOOD.replace("debit,", "debit, where: {auth_method: [otp, @x]},"),
        "'auth_method' is never 'x'; known here: none, password, face, fingerprint, otp",
    ),
    (
        "a text for a number",
        GOOD.replace("debit,", "debit, where: {amount: @five},"),
        "'amount' is a whole number, found 'five'",
    ),
    (
        "a number for a text",
        GOOD.replace("debit,", "debit, where: {city: @5},"),
        "'city' is a text, found 5: put it in quotes, '5'",
    ),
    (
        "a word for a truth value",
        GOOD.replace("debit,", "debit, where: {terminal_certified: @yes},"),
        "'terminal_certified' is true or false, found 'yes': write true",
    ),
    (
        "an order of texts",
        GOOD.replace("debit,", "debit, where: {city: {gt: @A}},"),
        "'gt' compares numbers, but 'city' is a text",
    ),
    (
        "an unknown operator",
        GOOD.replace("debit,", "debit, where: {amount: {@gtr: 5}},"),
        "a condition on 'amount' has no 'gtr'; did you mean 'gt'?",
    ),
    (
        "exists with a word",
        GOOD.replace("debit,", "debit, where: {amount: {exists: @no}},"),
        "'exists' takes true or false, found 'no': write false",
    ),
    (
        "in without a list",
        GOOD.replace("debit,", "debit, where: {amount: {in: @5}},"),
        "'in' of 'amount' must be a list, found 5",
    ),
    (
        "where that is no mapping",
        GOOD.replace("debit,", "debit, where: @amount,"),
        "'where' must be a mapping of names to values, found 'amount'",
    ),
    (
        "an unknown measure",
        GOOD.replace("count", "@total"),
        (
            "'total' is not a measure; measures are count, sum, distinct, max, min, last, span, or a "
            "ratio 'A / B'"
        ),
    ),
    ("a sum of nothing", GOOD.replace("count", "@sum"), "'sum' needs a field: 'sum(amount)'"),
    (
        "a sum of texts",
        GOOD.replace("count", "@sum(city)"),
        "'sum' needs a number, but 'city' is a text; 'distinct(city)' counts its values",
    ),
    (
        "a sum of an unknown field",
        GOOD.replace("count", "@sum(amout)"),
        "debit events have no field 'amout'; did you mean 'amount'?",
    ),
    (
        "half a ratio",
        GOOD.replace("count", "@count / "),
        ("'' is not a measure; measures are count, sum, distinct, max, min, last, span, or a ratio 'A / B'"),
    ),
    (
        "a selector that is not there",
        GOOD.replace("count", "@count(x)"),
        "'count(x)' names the selector 'x', but the window has only one, unnamed",
    ),
    (
        "a number as text",
        GOOD.replace("gte: 2", "gte: @two"),
        "'count' is compared with a number, found 'two'",
    ),
    (
        "a truth value as a number",
        GOOD.replace("gte: 2", "gte: @true"),
        "'count' is compared with a number, found true",
    ),
    (
        "a count against a duration",
        GOOD.replace("gte: 2", "gte: @2m"),
        "'count' is compared with a number, found '2m': only 'span' is compared with a duration",
    ),
    (
        "a span against a number",
        GOOD.replace("count: {gte: 2}", "span: {gte: @2}"),
        (
            "'span' must be a duration such as 90s, 10m, 24h or 30d, found 2: say the unit, as in "
            "2s, 2m, 2h or 2d"
        ),
    ),
    (
        "an order of last texts",
        GOOD.replace("count: {gte: 2}", "last(city): {gte: @A}"),
        "'gte' compares numbers, but 'last(city)' is a text",
    ),
    (
        "exists of a measure",
        GOOD.replace("gte: 2", "@exists: true"),
        "a condition on 'count' has no 'exists'; known here: eq, ne, in, gt, gte, lt, lte",
    ),
    ("no condition", GOOD.replace("{count: {gte: 2}}", "@[]"), "'when' needs at least one condition"),
    (
        "an empty alternative",
        GOOD.replace("{count: {gte: 2}}", "[@{}]"),
        "an alternative of 'when' needs at least one condition",
    ),
    ("an unknown severity", GOOD + "severity: @hihg\n", "'hihg' is no severity; did you mean 'high'?"),
    ("an unknown mode", GOOD + "mode: @on\n", "'on' is no mode; did you mean 'live'?"),
    ("a text in one language", GOOD + "title: @{en: Burst}\n", "'title' needs 'zh'"),
    (
        "a text in a third",
        GOOD + "title: {en: a, zh: b, @fr: c}\n",
        "'title' has no 'fr'; known here: en, zh",
    ),
    ("an empty text", GOOD + "title: {en: @'', zh: b}\n", "'title' must be a text, found ''"),
    (
        "a text that names no measure",
        GOOD + "explanation: {en: a, zh: @'{cuont}'}\n",
        (
            "the text names 'cuont', which is no measure that 'when' compares and no field here; did "
            "you mean 'count'?"
        ),
    ),
    (
        "a title that names anything",
        GOOD + "title: {en: @'{count}', zh: b}\n",
        "the text names 'count', but a title can name nothing: say it in the explanation",
    ),
    (
        "overrides that are no list",
        GOOD + "overrides: @{where: {amount: 5}}\n",
        "'overrides' must be a list, found a mapping: begin each item with '- '",
    ),
    ("an override without where", GOOD + "overrides: [@{severity: high}]\n", "an override needs 'where'"),
    (
        "an override of what cannot be",
        GOOD + "overrides: [{where: {amount: 5}, @cooldown: 5m}]\n",
        "an override has no 'cooldown'; known here: where, when, severity, action, explanation",
    ),
    (
        "a text of an override",
        GOOD + "overrides: [{where: {amount: 5}, explanation: {en: @'{x}', zh: a}}]\n",
        (
            "the text names 'x', which is no measure that 'when' compares and no field here; known "
            "here: within, count, event_id, event_time, user_id, amount, currency, merchant_id, "
            "auth_method, card_id, agreement_id, merchant_tier, terminal_id, terminal_certified, "
            "user_tier, device_id, ip, city, country, channel"
        ),
    ),
    (
        "an override of a field that is none",
        GOOD + "overrides: [{where: {@tier: minor}}]\n",
        "the rule's events have no field 'tier'; did you mean 'user_tier'?",
    ),
    (
        "when over a sequence",
        STEPS + "overrides: [{where: {one.city: X}, @when: {count: 1}}]\n",
        "'when' belongs to a window; a sequence holds by its steps",
    ),
    (
        "a step that is not there",
        STEPS + "overrides: [{where: {@three.city: X}}]\n",
        "the rule's events have no field 'three.city'; did you mean 'two.city'?",
    ),
    ("a step without a name", STEPS.replace("{name: two, ", "@{"), "a step needs 'name'"),
    (
        "two steps of one name",
        STEPS.replace("name: two", "name: @one"),
        "a step named 'one' stands before this one: give it another name",
    ),
    (
        "a step without a bound",
        STEPS.replace(", within: 5m", "").replace("{name: two", "@{name: two"),
        "the step is not bounded in time: set 'within' on it or on the sequence",
    ),
    (
        "a first step that counts without a bound",
        STEPS.replace("{name: one", "@{at_least: 2, name: one"),
        "the step is not bounded in time: set 'within' on it or on the sequence",
    ),
    (
        "unless on the first step",
        STEPS.replace("event: login", "event: login, unless: @{event: debit}"),
        "'unless' needs a step before it, so the first step cannot have one",
    ),
    (
        "unless with within",
        STEPS.replace("within: 5m", "within: 5m, unless: {event: refund, @within: 5m}"),
        "'unless' has no 'within'; known here: event, where, before, same",
    ),
    (
        "at least none",
        STEPS.replace("within: 5m", "within: 5m, at_least: @0"),
        "'at_least' must be a whole number of at least 1, found 0",
    ),
    (
        "distinct of an unknown field",
        STEPS.replace("within: 5m", "within: 5m, distinct: @card"),
        "debit events have no field 'card'; did you mean 'card_id'?",
    ),
    (
        "same on a field that a step lacks",
        STEPS.replace("steps:", "same: @card_id\n  steps:"),
        (
            "login events have no field 'card_id'; known here: event_id, event_time, user_id, "
            "new_device, method, user_tier, device_id, ip, city, country, channel"
        ),
    ),
    ("no steps", HEAD + "sequence: {steps: @[]}\n", "'steps' must be a list, found an empty list"),
    (
        "a window with both forms",
        HEAD + "window: {within: 5m, @event: debit, select: {a: {event: debit}}}\nwhen: {count(a): 1}\n",
        "'window' with 'select' has no 'event'; known here: select, within",
    ),
    (
        "before as long as within",
        HEAD + "window: {within: 5m, select: {a: {event: debit, before: @5m}}}\nwhen: {count(a): 1}\n",
        "'before' must be shorter than 'within', or nothing is selected",
    ),
    (
        "before in a window of one",
        HEAD + "window: {event: debit, within: 5m, @before: 1m}\n" + WHEN,
        "'window' has no 'before'; known here: event, where, within",
    ),
    (
        "a selector that is not named",
        HEAD + "window: {within: 5m, select: {a: {event: debit}}}\nwhen: {@count: 1}\n",
        "'count' does not say over which selector; the window has a",
    ),
    (
        "a selector that is not known",
        HEAD + "window: {within: 5m, select: {a: {event: debit}}}\nwhen: {@count(b): 1}\n",
        "'count(b)' names the selector 'b'; the window has a",
    ),
    (
        "a selector without within",
        HEAD + "window: {select: {a: @{event: debit}}}\nwhen: {count(a): 1}\n",
        "a window needs 'within', the time that it looks back",
    ),
    ("tests that are no list", GOOD + "tests: @none\n", "'tests' must be a list, found 'none'"),
    (
        "a test without alerts",
        GOOD + "tests:\n  - @{name: a, events: [{at: 0s, type: debit}]}\n",
        "a test needs 'alerts'",
    ),
    (
        "alerts that are no list",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: debit}], alerts: @none}]\n",
        "'alerts' must be a list ([] for none), found 'none'",
    ),
    (
        "an event without a time",
        GOOD + "tests: [{name: a, events: [@{type: debit}], alerts: []}]\n",
        "an event of a test needs 'at'",
    ),
    (
        "an event without a type",
        GOOD + "tests: [{name: a, events: [@{at: 0s}], alerts: []}]\n",
        "an event of a test needs 'type'",
    ),
    (
        "an unknown field of an event",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: debit, @amont: 1}], alerts: []}]\n",
        "debit events have no field 'amont'; did you mean 'amount'?",
    ),
    (
        "an event that would be refused",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: debit, amount: @-1}], alerts: []}]\n",
        "the event would be refused: Expected `int` >= 0 - at `$.amount`",
    ),
    (
        "an expectation without a time",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: debit}], alerts: [@{}]}]\n",
        "an expected alert needs 'at'",
    ),
    (
        "an expectation of what is no severity",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: debit}], alerts: [{at: 0s, severity: @hot}]}]\n",
        "'hot' is no severity; known here: info, low, medium, high, critical",
    ),
    ("a key twice", GOOD + "@id: r\n", "'id' stands here a second time: keep one of the two"),
    ("a key that is a list", GOOD + "? @[a]\n: b\n", "a key must be a plain name"),
    ("not YAML", GOOD + "title: @'open\n", "this quote is never closed"),
    ("a tab", GOOD + "overrides:\n@\t- x\n", "a tab stands here: YAML is indented with spaces"),
    (
        "a second document",
        GOOD + "@---\nid: r\n",
        "a file holds one rule: move what follows into a file of its own",
    ),
    (
        "a list",
        "@[1]\n",
        "a rule must be a mapping of names to values, found a list: write its names without '-'",
    ),
    ("a word", "@hello\n", "a rule must be a mapping of names to values, found 'hello'"),
    ("nothing at all", "@", "the file is empty"),
    ("only a comment", "@# nothing\n", "the file is empty"),
    (
        "a word of another tool",
        GOOD.replace("by:", "@group_by:"),
        "a rule has no 'group_by'; did you mean 'by'?",
    ),
    (
        "another word for when",
        GOOD.replace("when:", "@conditions:"),
        "a rule has no 'conditions'; did you mean 'when'?",
    ),
    (
        "a severity of another tool",
        GOOD + "severity: @warning\n",
        "'warning' is no severity; did you mean 'medium'?",
    ),
    (
        "a severity that is no word",
        GOOD + "severity: @5\n",
        "'5' is no severity; known here: info, low, medium, high, critical",
    ),
    ("a mode that is a truth value", GOOD + "mode: @true\n", "'true' is no mode; did you mean 'live'?"),
    ("a key spelt in capitals", GOOD.replace("by:", "@By:"), "a rule has no 'By'; did you mean 'by'?"),
    (
        "when inside the window",
        HEAD + "window:\n  event: debit\n  within: 10m\n  @when: {count: 2}\n",
        "'when' belongs to the rule itself, not to 'window': indent to match",
    ),
    (
        "within outside the window",
        HEAD + "window: {event: debit}\n@within: 10m\n" + WHEN,
        "'within' belongs to 'window', not to a rule: indent to match",
    ),
    (
        "a window that is not indented",
        HEAD + "window:\n@event: debit\nwithin: 10m\n" + WHEN,
        "'event' and 'within' belong to 'window', not to a rule: indent to match",
    ),
    (
        "steps outside the sequence",
        HEAD + "@steps:\n  - {name: one, event: login}\n",
        "'steps' belongs to 'sequence', not to a rule: indent to match",
    ),
    (
        "a step's option on the sequence",
        STEPS.replace("  steps:", "  @at_least: 2\n  steps:"),
        "'at_least' belongs to a step, not to 'sequence': indent to match",
    ),
    (
        "a severity on a step",
        STEPS.replace("within: 5m", "within: 5m, @severity: high"),
        "a step has no 'severity'; did you mean 'alert'?",
    ),
    (
        "a field to key by twice",
        GOOD.replace("user_id", "@[user_id, user_id]"),
        "'by' names a field twice: once is enough",
    ),
    (
        "a key that nobody knows",
        GOOD.replace("user_id", "@colour"),
        "'colour' is no field to key by; did you mean 'country'?",
    ),
    (
        "a duration with a blank",
        GOOD.replace("10m", "@10 min"),
        "'within' must be a duration such as 90s, 10m, 24h or 30d, found '10 min': write 10m",
    ),
    (
        "a duration in words",
        GOOD.replace("10m", "@24hours"),
        "'within' must be a duration such as 90s, 10m, 24h or 30d, found '24hours': write 24h",
    ),
    (
        "a duration in weeks",
        GOOD.replace("10m", "@2w"),
        "'within' must be a duration such as 90s, 10m, 24h or 30d, found '2w': write 14d",
    ),
    (
        "a duration with a fraction",
        GOOD.replace("10m", "@1.5h"),
        "'within' must be a duration such as 90s, 10m, 24h or 30d, found '1.5h': write 90m",
    ),
    (
        "a duration in two units",
        GOOD.replace("10m", "@1h 30m"),
        "'within' must be a duration such as 90s, 10m, 24h or 30d, found '1h 30m': write 90m",
    ),
    (
        "a duration of ISO 8601",
        GOOD.replace("10m", "@PT90S"),
        "'within' must be a duration such as 90s, 10m, 24h or 30d, found 'PT90S': write 90s",
    ),
    (
        "a duration in Chinese",
        GOOD.replace("10m", "@10分钟"),
        "'within' must be a duration such as 90s, 10m, 24h or 30d, found '10分钟': write 10m",
    ),
    (
        "a duration in capitals",
        GOOD.replace("10m", "@10M"),
        "'within' must be a duration such as 90s, 10m, 24h or 30d, found '10M': write 10m",
    ),
    (
        "a duration like a clock",
        GOOD.replace("10m", "@10:30"),
        "'within' must be a duration such as 90s, 10m, 24h or 30d, found '10:30'",
    ),
    (
        "a negative duration",
        GOOD.replace("10m", "@-10m"),
        "'within' must be a duration such as 90s, 10m, 24h or 30d, found '-10m'",
    ),
    (
        "a duration without its unit",
        GOOD.replace("10m", "@10"),
        (
            "'within' must be a duration such as 90s, 10m, 24h or 30d, found 10: say the unit, as in "
            "10s, 10m, 10h or 10d"
        ),
    ),
    (
        "no cooldown, in words",
        GOOD + "cooldown: @none\n",
        "'cooldown' must be a duration such as 90s, 10m, 24h or 30d, found 'none': write 0s",
    ),
    (
        "no cooldown, as a number",
        GOOD + "cooldown: @0\n",
        "'cooldown' must be a duration such as 90s, 10m, 24h or 30d, found 0: write 0s",
    ),
    (
        "a list of durations",
        GOOD.replace("10m", "@[10m]"),
        "'within' must be a duration such as 90s, 10m, 24h or 30d, found a list",
    ),
    (
        "a number in quotes",
        GOOD.replace("debit,", "debit, where: {amount: @'100'},"),
        "'amount' is a whole number, found '100': write 100, without quotes",
    ),
    (
        "a number with commas",
        GOOD.replace("debit,", "debit, where: {amount: @'100,000'},"),
        "'amount' is a whole number, found '100,000': write 100000",
    ),
    (
        "an amount in yuan",
        GOOD.replace("debit,", "debit, where: {amount: {gte: @100.50}},"),
        "'amount' is a whole number, found 100.50: amounts are in fen, so 100.50 yuan is 10050",
    ),
    (
        "an amount with its currency",
        GOOD.replace("debit,", "debit, where: {amount: {gte: @100元}},"),
        "'amount' is a whole number, found '100元': amounts are in fen, so 100 yuan is 10000",
    ),
    (
        "a sum in yuan",
        GOOD.replace("count: {gte: 2}", "sum(amount): {gte: @100.50}"),
        (
            "'sum(amount)' is compared with a whole number, found 100.50: amounts are in fen, so "
            "100.50 yuan is 10050"
        ),
    ),
    (
        "a fraction of a count",
        GOOD.replace("gte: 2", "gte: @2.5"),
        "'count' is compared with a whole number, found 2.5",
    ),
    (
        "an exponent",
        GOOD.replace("debit,", "debit, where: {amount: {gte: @1e5}},"),
        "'amount' is a whole number, found 1e5: write 100000",
    ),
    (
        "a number without end",
        GOOD.replace("gte: 2", "gte: @1e400"),
        "'1e400' is too large: numbers end at 9007199254740991",
    ),
    (
        "a number that is too large",
        GOOD.replace("debit,", "debit, where: {amount: {gte: @99999999999999999999}},"),
        "'99999999999999999999' is too large: numbers end at 9007199254740991",
    ),
    (
        "a count that is too large",
        GOOD.replace("gte: 2", "gte: @99999999999999999999"),
        "'99999999999999999999' is too large: numbers end at 9007199254740991",
    ),
    (
        "a number of many digits",
        GOOD.replace("gte: 2", "gte: @" + "9" * 5_000),
        (
            "'99999999999999999999999999999999999999999999999999999999999…' is too long for a "
            "number; a text stands in quotes"
        ),
    ),
    (
        "a number with a leading zero",
        GOOD.replace("gte: 2", "gte: @010"),
        (
            "'010' can be read in two ways: write a number without leading zeros or letters, or a "
            "text in quotes"
        ),
    ),
    (
        "an octal number",
        GOOD.replace("gte: 2", "gte: @0o10"),
        (
            "'0o10' can be read in two ways: write a number without leading zeros or letters, or a "
            "text in quotes"
        ),
    ),
    (
        "a hexadecimal number",
        GOOD.replace("gte: 2", "gte: @0x10"),
        (
            "'0x10' can be read in two ways: write a number without leading zeros or letters, or a "
            "text in quotes"
        ),
    ),
    (
        "a number base sixty",
        GOOD.replace("debit,", "debit, where: {amount: {gte: @1:30}},"),
        "'amount' is a whole number, found '1:30'",
    ),
    (
        "at least half",
        STEPS.replace("within: 5m", "within: 5m, at_least: @1.5"),
        "'at_least' must be a whole number of at least 1, found 1.5",
    ),
    (
        "an id that is a number",
        GOOD.replace("debit,", "debit, where: {merchant_id: @10023},"),
        "'merchant_id' is a text, found 10023: put it in quotes, '10023'",
    ),
    (
        "an id with leading zeros",
        GOOD.replace("debit,", "debit, where: {merchant_id: @0010023},"),
        (
            "'0010023' can be read in two ways: write a number without leading zeros or letters, or "
            "a text in quotes"
        ),
    ),
    (
        "a tier that is a number",
        GOOD.replace("debit,", "debit, where: {user_tier: @5},"),
        "'user_tier' is never '5'; known here: standard, elderly, minor",
    ),
    (
        "a comparison with nothing",
        GOOD.replace("debit,", "debit, where: {card_id: @null},"),
        "'card_id' is compared with nothing: for a field that is absent write {exists: false}",
    ),
    (
        "an action that is a number",
        GOOD + "action: @5\n",
        "'action' must be a text, found 5: put it in quotes, '5'",
    ),
    (
        "a truth value in quotes",
        GOOD.replace("debit,", "debit, where: {terminal_certified: @'true'},"),
        "'terminal_certified' is true or false, found 'true': write true",
    ),
    (
        "a title in one text",
        GOOD + "title: @Burst\n",
        "'title' must be a text in each language, as in {en: ..., zh: ...}, found 'Burst'",
    ),
    (
        "a text that begins with a brace",
        GOOD + "explanation: {en: a, zh: @{count}}\n",
        "'explanation' must be a text, found a mapping: put a text with braces in quotes",
    ),
    (
        "a brace without its partner",
        GOOD + "explanation: {en: a, zh: @'{count'}\n",
        "a brace in the text encloses no name: a name stands between two, as in {within}",
    ),
    (
        "a pair of braces around nothing",
        GOOD + "explanation: {en: a, zh: @'{}'}\n",
        "a brace in the text encloses no name: a name stands between two, as in {within}",
    ),
    (
        "a text that names what when does not compare",
        GOOD + "explanation: {en: a, zh: @'{sum(amount)}'}\n",
        (
            "the text names 'sum(amount)', which 'when' does not compare: compare it there, or leave "
            "it out of the text"
        ),
    ),
    (
        "a text that reaches into an object",
        GOOD + "explanation: {en: a, zh: @'{count.__class__}'}\n",
        (
            "the text names 'count.__class__', which is no measure that 'when' compares and no field "
            "here; known here: within, count, event_id, event_time, user_id, amount, currency, "
            "merchant_id, auth_method, card_id, agreement_id, merchant_tier, terminal_id, "
            "terminal_certified, user_tier, device_id, ip, city, country, channel"
        ),
    ),
    (
        "a sign for an operator",
        GOOD.replace("debit,", "debit, where: {amount: {@'>=': 5}},"),
        "a condition on 'amount' has no '>='; did you mean 'gte'?",
    ),
    (
        "a sign in a text",
        GOOD.replace("debit,", "debit, where: {amount: @< 5},"),
        "'amount' is a whole number, found '< 5': write {lt: 5}",
    ),
    (
        "a condition as a text",
        HEAD + WINDOW + "when: @count >= 5\n",
        "an alternative of 'when' must be a mapping, found 'count >= 5': write {count: {gte: 5}}",
    ),
    (
        "another word for an operator",
        GOOD.replace("debit,", "debit, where: {amount: {@min: 5}},"),
        "a condition on 'amount' has no 'min'; did you mean 'gte'?",
    ),
    (
        "no operator",
        GOOD.replace("debit,", "debit, where: {amount: @{}},"),
        "a condition on 'amount' needs an operator, as in {gte: 5}",
    ),
    (
        "no operator of a measure",
        GOOD.replace("{gte: 2}", "@{}"),
        "a condition on 'count' needs an operator, as in {gte: 5}",
    ),
    (
        "an average",
        GOOD.replace("count", "@avg(amount)"),
        (
            "'avg(amount)' is not a measure; measures are count, sum, distinct, max, min, last, "
            "span, or a ratio 'A / B'; an average is the ratio 'sum(amount) / count'"
        ),
    ),
    (
        "a ratio of texts",
        GOOD.replace("count", "@last(city) / count"),
        "a ratio divides numbers, but 'city' is a text",
    ),
    (
        "a sum of truth values",
        GOOD.replace("count", "@sum(terminal_certified)"),
        (
            "'sum' needs a number, but 'terminal_certified' is true or false; "
            "'distinct(terminal_certified)' counts its values"
        ),
    ),
    (
        "a measure of an unknown event",
        GOOD.replace("debit", "@xyz").replace("count", "sum(amount)"),
        (
            "'xyz' is no event type; known here: debit, transfer, instalment, refund, login, "
            "face_verification, remote_session_started, remote_session_ended, sms_sync_enabled, "
            "password_reset, device_bound, device_reported_lost, agreement_activated, "
            "credit_limit_raised, complaint"
        ),
    ),
    (
        "a ratio of three",
        GOOD.replace("count", "@count / count / count"),
        (
            "'count / count' is not a measure; measures are count, sum, distinct, max, min, last, "
            "span, or a ratio 'A / B'"
        ),
    ),
    (
        "where as a list",
        GOOD.replace("debit,", "debit, where: @[auth_method: none],"),
        "'where' must be a mapping of names to values, found a list: write its names without '-'",
    ),
    (
        "a list where a map is meant",
        GOOD.replace("{event: debit, within: 10m}", "\n  @- event: debit\n  - within: 10m"),
        "'window' must be a mapping of names to values, found a list: write its names without '-'",
    ),
    (
        "steps as a map",
        HEAD + "sequence:\n  steps:\n    @one: {event: login}\n",
        "'steps' must be a list, found a mapping: begin each item with '- '",
    ),
    (
        "an item without its blank",
        GOOD + "overrides:\n  @-where: {amount: 5}\n",
        "'overrides' must be a list, found a mapping: begin each item with '- '",
    ),
    (
        "an event as a map",
        GOOD.replace("debit", "@{type: debit}"),
        (
            "event type must be one of debit, transfer, instalment, refund, login, "
            "face_verification, remote_session_started, remote_session_ended, sms_sync_enabled, "
            "password_reset, device_bound, device_reported_lost, agreement_activated, "
            "credit_limit_raised, complaint, found a mapping"
        ),
    ),
    (
        "a selector of nothing",
        HEAD + "window: {within: 5m, select: }\n".replace("t: }", "t:@ }") + "when: {count(a): 1}\n",
        "'select' must be a mapping of names to values, found nothing",
    ),
    (
        "selectors as a list",
        HEAD + "window: {within: 5m, select: @[{event: debit}]}\nwhen: {count(a): 1}\n",
        "'select' must be a mapping of names to values, found a list: write its names without '-'",
    ),
    (
        "an empty select",
        HEAD + "window: {within: 5m, @select: {}}\nwhen: {count(a): 1}\n",
        "'select' needs at least one named selector",
    ),
    (
        "a selector's name that is none",
        HEAD + "window: {within: 5m, select: {@a.b: {event: debit}}}\nwhen: {count(a.b): 1}\n",
        "a selector's name is made of letters, digits, '_' and '-', found 'a.b'",
    ),
    (
        "a step's name that is none",
        STEPS.replace("two", "@a.b"),
        "a step's name is made of letters, digits, '_' and '-', found 'a.b'",
    ),
    (
        "a missing blank after a colon",
        HEAD + "@severity:high\n" + WINDOW + WHEN,
        "a blank is missing after the colon: 'severity: high'",
    ),
    (
        "a missing blank between braces",
        GOOD.replace("debit,", "debit, where: {@auth_method:none},"),
        (
            "debit events have no field 'auth_method:none'; a blank is missing after the colon: "
            "'auth_method: none'"
        ),
    ),
    (
        "a full-width colon",
        HEAD + "severity@：high\n" + WINDOW + WHEN,
        "'：' is a full-width sign: YAML needs ':' and a blank",
    ),
    (
        "a full-width colon between braces",
        GOOD.replace("debit,", "debit, where: {@auth_method：none},"),
        (
            "debit events have no field 'auth_method：none'; a blank is missing after the colon: "
            "'auth_method: none'"
        ),
    ),
    (
        "a full-width comma",
        GOOD.replace("debit, ", "debit@，"),
        "'，' is a full-width sign: YAML needs ',' and a blank",
    ),
    ("curly quotes", GOOD + "severity: @“high”\n", "'“high”' is no severity; did you mean 'high'?"),
    (
        "a sign instead of an operator",
        GOOD.replace("debit,", "debit, where: {amount: @>= 5},"),
        "'>=' is written as the operator gte: {gte: 5}",
    ),
    (
        "a sign on a line of its own",
        HEAD + "window:\n  event: debit\n  within: 10m\n  where:\n    amount: @> 5\n" + WHEN,
        "'>' is written as the operator gt: {gt: 5}",
    ),
    (
        "a sign as a key",
        HEAD + "window:\n  event: debit\n  within: 10m\n  where:\n    amount:\n      @>=: 5\n" + WHEN,
        "'>=' is written as the operator gte: {gte: VALUE}",
    ),
    (
        "a bracket that is not closed",
        HEAD + "window: @{event: debit, within: 10m\n" + WHEN,
        "this '{' is never closed: add '}'",
    ),
    ("a bracket too many", GOOD.replace("10m}", "10m}@}"), "this '}' is too many: nothing is open here"),
    (
        "a missing comma",
        GOOD.replace("debit, within", "debit within@"),
        "a ',' or '}' is missing before this place",
    ),
    (
        "a backslash in double quotes",
        GOOD + 'action: "hold\\@d"\n',
        "a backslash means something in double quotes: use single quotes, or double it",
    ),
    (
        "a text that goes on after a brace",
        GOOD + "explanation:\n  en: {count} @debits\n  zh: a\n",
        "a text that begins with a bracket or a quote must stand in quotes as a whole",
    ),
    (
        "a text with a colon",
        GOOD + "title:\n  en: Burst@: many\n  zh: a\n",
        "a second ': ' in one line: put a text that holds one in quotes",
    ),
    (
        "a text that begins with a sign",
        GOOD + "title:\n  en: @%5\n  zh: a\n",
        "a text that begins with '%' must stand in quotes",
    ),
    (
        "a text that begins with a star",
        GOOD + "title:\n  en: @*urgent*\n  zh: a\n",
        "aliases (*name) are not allowed in rules: write the part out; a text stands in quotes",
    ),
    (
        "a text that begins with an ampersand",
        GOOD + "title:\n  en: &@ urgent\n  zh: a\n",
        "a text that begins with '&' must stand in quotes",
    ),
    (
        "an indentation that fits nothing",
        HEAD + "window:\n  event: debit\n @within: 10m\n" + WHEN,
        "this line's indentation fits no line above: what belongs together begins in the same column",
    ),
    (
        "an indentation that goes on",
        HEAD + "window:\n  event: debit\n   @within: 10m\n" + WHEN,
        "this line's indentation fits no line above: what belongs together begins in the same column",
    ),
    (
        "a list that is not indented",
        GOOD + "tests:\n  - name: a\n  @events: []\n",
        "this line's indentation fits no line above: what belongs together begins in the same column",
    ),
    (
        "a line that is nothing",
        GOOD + "@hello\nseverity: high\n",
        "'hello' is no 'name: value', nor does it go on with the line above",
    ),
    (
        "a dash on the line of its list",
        GOOD + "overrides: @- where: {amount: 5}\n",
        "a list item '- ' begins a line of its own, below the name of its list",
    ),
    (
        "a merge key",
        GOOD + "@<<: {severity: high}\n",
        "merge keys (<<) are not allowed in rules: write the part out",
    ),
    (
        "a tag that would run a program",
        GOOD + "action: @!!python/object/apply:os.system ['true']\n",
        ("tags are not allowed in rules: remove '!!python/object/apply:os.system', and put a text in quotes"),
    ),
    (
        "a tag of a type",
        GOOD + "action: @!!str 5\n",
        "tags are not allowed in rules: remove '!!str', and put a text in quotes",
    ),
    (
        "a version of YAML in which off is false",
        "%YAML 1.1\n@---\n" + GOOD + "mode: off\n",
        "rules are YAML 1.2: remove the %YAML line above",
    ),
    (
        "a character that cannot be shown",
        GOOD + "action: a@\0b\n",
        "the character U+0000 cannot stand in a rule: remove it",
    ),
    (
        "an escape that cannot be shown",
        GOOD + 'action: @"a\\0b"\n',
        "the text holds the character U+0000: remove it",
    ),
    ("half a character", GOOD + 'action: @"\\ud800"\n', "the text holds the character U+D800: remove it"),
    (
        "a field of a test's event in quotes",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: debit, amount: @'100'}], alerts: []}]\n",
        "'amount' is a whole number, found '100': write 100, without quotes",
    ),
    (
        "a word that a test's event never has",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: debit, auth_method: @pin}], alerts: []}]\n",
        "'auth_method' is never 'pin'; known here: none, password, face, fingerprint, otp",
    ),
    (
        "a moment without a unit",
        GOOD + "tests: [{name: a, events: [{at: @0, type: debit}], alerts: []}]\n",
        "'at' must be a duration such as 90s, 10m, 24h or 30d, found 0: write 0s",
    ),
    (
        "a test of many events",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: debit, repeat: @20000}], alerts: []}]\n",
        "'repeat' is 10000 at most",
    ),
    (
        "an event type of a test that is none",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: @debt}], alerts: []}]\n",
        "'debt' is no event type; did you mean 'debit'?",
    ),
    (
        "a test without a name",
        GOOD + "tests: [@{events: [{at: 0s, type: debit}], alerts: []}]\n",
        "a test needs 'name'",
    ),
    (
        "another word for the alerts of a test",
        GOOD + "tests: [{name: a, events: [{at: 0s, type: debit}], @expect: []}]\n",
        "a test has no 'expect'; did you mean 'alerts'?",
    ),
]
