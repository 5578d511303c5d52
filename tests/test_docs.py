"""The documentation's own examples: every rule on a page is linted and tested, every console block is run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from detector.config import StateSettings
from detector.core.rule import MeasureKind, Mode, Operator, Severity
from detector.rules.reader import KEYS, read_rule
from detector.rules.rule_set import lint
from detector.rules.sequences import STEP_KEYS
from detector.rules.trial import failures

DOCS = Path(__file__).parents[1] / "docs"
LANGUAGE = DOCS / "rule-language.md"
PAGES = [LANGUAGE, DOCS / "lists.md", DOCS.parent / "README.md"]


def fences(page, info):
    """The fenced blocks of a page, with the number of the line after the fence."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    return [
        (token.map[0] + 2, token.content) for token in tokens if token.type == "fence" and token.info == info
    ]


def rules_of(page):
    return [(line, text) for line, text in fences(page, "yaml") if text.startswith("id: ")]


RULES = [pytest.param(text, id=f"{page.name}:{line}") for page in PAGES for line, text in rules_of(page)]


@pytest.mark.parametrize("text", RULES)
def test_a_rule_on_a_page_has_nothing_to_say_of_and_passes_its_tests(tmp_path, text):
    rule_id = text.splitlines()[0].removeprefix("id: ").split("#")[0].strip()
    path = tmp_path / f"{rule_id}.yaml"
    path.write_text(text)
    _, notes = lint([path], StateSettings())
    assert [str(note) for note in notes] == []
    file = read_rule(path)
    assert [
        f"{failure.example.name}: {failure.message}" for failure in failures(file.rule, file.examples)
    ] == []
    assert any(example.expected for example in file.examples)


def test_the_page_of_the_language_has_a_rule_for_every_word_of_it():
    text = LANGUAGE.read_text(encoding="utf-8")
    shown = "\n".join(rule for _, rule in rules_of(LANGUAGE))
    for word in (*KEYS, *STEP_KEYS, "select", "before", "lists", "repeat", "every"):
        assert f"{word}:" in shown, word
    for word in (*Operator, *Mode, *Severity, *(f"{kind}" for kind in MeasureKind)):
        assert f"`{word}" in text, word


# The guide, followed word by word

GUIDE = DOCS / "first-rule.md"


def test_the_guide_to_a_first_rule_shows_what_happens(tmp_path):
    (tmp_path / "rules").mkdir()
    ran = 0
    for token in MarkdownIt().parse(GUIDE.read_text(encoding="utf-8")):
        if token.type == "fence" and token.info == "yaml":
            (tmp_path / "rules" / "many-payees.yaml").write_text(token.content)
        if token.type == "fence" and token.info == "console":
            for typed, shown in commands(token.content):
                assert_shown(shown, run(typed, tmp_path), typed)
                ran += 1
    assert ran == 11


def commands(block):
    """Each command of a console block, with what is shown below it."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    return [(part.split("\n", 1)[0], part.split("\n", 1)[1]) for part in parts[1:]]


def run(typed, folder, beside=None):
    """What a command prints that is typed in a folder, with these variables beside its own."""
    command = folder / "bin" / "detector"
    if not command.exists():
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m detector "$@"\n')
        command.chmod(0o755)
    environment = (beside or {}) | {
        "PATH": f"{command.parent}:/usr/bin:/bin",
        "PYTHONPATH": str(DOCS.parent),
        "PYTHONUNBUFFERED": "1",
    }
    done = subprocess.run(
        typed,
        shell=True,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def assert_shown(shown, printed, typed):
    """What is shown is what is printed; '...' stands for anything, on a line of its own for any lines."""
    lines = [".*".join(map(re.escape, line.split("..."))) for line in shown.splitlines()]
    pattern = "".join("(?:.*\n)*" if line == ".*" else f"{line}\n" for line in lines)
    assert re.fullmatch(pattern, printed), f"{typed}\n{printed}"
