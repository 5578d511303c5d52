"""`detector rules`: list, show, lint, test, docs and diff-live."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from detector.cli.console import fail, stderr, stdout
from detector.cli.diff_live import diff_live
from detector.cli.options import ConfigFile, NoCatalogue, RuleDirectories, rules_from, settings_from
from detector.rules import rule_set
from detector.rules.faults import nearest
from detector.rules.pages import pages
from detector.rules.rule_set import CATALOGUE, rule_paths
from detector.rules.trial import failures

app = typer.Typer(
    help="Look at rules, check them, run their tests, watch those in shadow.", no_args_is_help=True
)

Paths = Annotated[
    list[Path], typer.Argument(help="Rule files, or directories of them.", metavar="PATH...", exists=True)
]


@app.command("list")
def list_rules(
    config: ConfigFile = None, rules: RuleDirectories = None, no_catalogue: NoCatalogue = False
) -> None:
    """List the rules in force."""
    table = Table(box=None, pad_edge=False)
    for name in ("id", "by", "severity", "mode", "action", "title"):
        table.add_column(name, no_wrap=True)
    for rule in rules_from(settings_from(config, rules=rules, no_catalogue=no_catalogue)):
        table.add_row(rule.id, ", ".join(rule.by), rule.severity, rule.mode, rule.action, rule.title["en"])
    stdout.print(table, soft_wrap=True)


@app.command("show")
def show(
    rule_id: Annotated[str, typer.Argument(metavar="ID")],
    config: ConfigFile = None,
    rules: RuleDirectories = None,
    no_catalogue: NoCatalogue = False,
) -> None:
    """Print the file of the rule that is in force under an id."""
    settings = settings_from(config, rules=rules, no_catalogue=no_catalogue)
    sources = [Path(path) for path in settings.rules.dirs]
    sources = [*([CATALOGUE] if settings.rules.catalogue else []), *sources]
    files = {path.stem: path for source in sources for path in rule_paths(source)}
    if rule_id not in files:
        fail(f"there is no rule '{rule_id}'; {nearest(rule_id, files)}")
    print(files[rule_id].read_text(encoding="utf-8"), end="")


@app.command("lint")
def lint(paths: Paths, config: ConfigFile = None) -> None:
    """Check rule files against the language and the settings; exit 1 where one has a fault."""
    number, notes = rule_set.lint(_with_rules(paths), settings_from(config).state)
    for note in notes:
        print(note)
    faulty = len({note.path for note in notes if not note.is_warning})
    stderr.print(f"{number} {'file' if number == 1 else 'files'}, {faulty} with faults")
    if faulty:
        raise typer.Exit(1)


@app.command("test")
def test(paths: Paths) -> None:
    """Run the tests inside rule files; exit 1 where one fails."""
    passed, failed = 0, 0
    for file in rule_set.read_rules(_with_rules(paths)):
        found = failures(file.rule, file.examples)
        passed += len(file.examples) - len(found)
        failed += len(found)
        for failure in found:
            line, column = failure.example.mark
            print(f"{file.path}:{line}:{column}: {failure.example.name}: {failure.message}")
    stderr.print(f"{passed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)


@app.command("docs")
def docs(
    paths: Paths,
    out: Annotated[Path, typer.Option(help="The directory to write to; made if need be.", metavar="DIR")],
) -> None:
    """Write a page of documentation for each rule, and an index."""
    made = pages(rule_set.read_rules(_with_rules(paths)))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{error.filename}: cannot be written: {error.strerror}")
    stderr.print(f"{len(made)} pages in {out}")


app.command("diff-live")(diff_live)


def _with_rules(paths: list[Path]) -> list[Path]:
    """The paths, each with a rule file in it: where there is nothing to check, nothing was checked."""
    for path in paths:
        if not rule_paths(path):
            raise typer.BadParameter(f"'{path}' holds no rule files (*.yaml, *.yml)", param_hint="'PATH...'")
    return paths
