import pytest

from detector.core.durations import in_words, parse_duration
from detector.core.texts import fill, placeholders, printable

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("written", "ms"),
    [("90s", 90 * SECOND), ("10m", 10 * MINUTE), ("24h", DAY), ("30d", 30 * DAY), ("0s", 0), ("5ms", 5)],
)
def test_a_duration_is_read(written, ms):
    assert parse_duration(written) == ms


@pytest.mark.parametrize(
    "written",
    [
        "",
        "10",
        "m",
        "10 m",
        "1.5h",
        "-1s",
        "1h30m",
        "10M",
        "10min",
        "1w",
        " 1s",
        "1s\n",
        "9999999999s",
        10,
        None,
        True,
    ],
)
def test_what_is_no_duration_is_not(written):
    assert parse_duration(written) is None


@pytest.mark.parametrize(
    ("ms", "english", "chinese"),
    [
        (10 * MINUTE, "10 minutes", "10分钟"),
        (90 * SECOND, "90 seconds", "90秒"),
        (90 * MINUTE, "90 minutes", "90分钟"),
        (HOUR, "1 hour", "1小时"),
        (24 * HOUR, "1 day", "1天"),
        (25 * HOUR, "25 hours", "25小时"),
        (30 * DAY, "30 days", "30天"),
        (1_500, "1500 ms", "1500毫秒"),
        (0, "0 ms", "0毫秒"),
    ],
)
def test_a_duration_in_words_uses_the_largest_unit_that_says_it_whole(ms, english, chinese):
    assert in_words(ms, "en") == english
    assert in_words(ms, "zh") == chinese


def test_names_in_a_text_are_found_as_written():
    assert placeholders("{count} of {sum(out.amount)} in {within}, {count(a) / count(b)}{}") == [
        "count",
        "sum(out.amount)",
        "within",
        "count(a) / count(b)",
    ]


def test_a_name_is_found_without_its_format():
    assert placeholders("{amount:yuan} {count(a) / count(b):percent} {count:yaun} {yuan}") == [
        "amount",
        "count(a) / count(b)",
        "count:yaun",
        "yuan",
    ]


@pytest.mark.parametrize(
    ("template", "value", "shown"),
    [
        ("{v:yuan}", 100_000, "1,000.00"),
        ("{v:yuan}", 5, "0.05"),
        ("{v:yuan}", 0, "0.00"),
        ("{v:yuan}", 2**63 - 1, "92,233,720,368,547,758.07"),
        ("{v:yuan}", 1050.5, "10.50"),
        ("{v:percent}", 0.035, "3.5%"),
        ("{v:percent}", 1, "100.0%"),
        ("{v:yuan}", "Shanghai", "Shanghai"),
        ("{v:yuan}", None, "unknown"),
        ("{v}", 100_000, "100000"),
    ],
)
def test_a_number_is_written_in_the_format_that_its_name_carries(template, value, shown):
    assert fill({"en": template}, {"v": value}, {}) == {"en": shown}


def test_texts_are_filled_in_each_language():
    filled = fill(
        {"en": "{count} in {within}, {ratio}, {card_id}", "zh": "{within}内{count}笔，{card_id}"},
        {"count": 5, "ratio": 1 / 3, "card_id": None},
        {"within": 10 * MINUTE},
    )
    assert filled == {"en": "5 in 10 minutes, 0.3333, unknown", "zh": "10分钟内5笔，未知"}


def test_what_a_text_quotes_is_not_filled_again():
    assert fill({"en": "{city}"}, {"city": "{count}", "count": 5}, {}) == {"en": "{count}"}


def test_a_text_keeps_the_wide_space_and_loses_what_commands_a_terminal():
    assert printable("转出\u3000一笔\x1b[2J\u202e") == "转出\u3000一笔\\x1b[2J\\u202e"
