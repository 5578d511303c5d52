"""What a backtest answers, as a person reads it."""

from __future__ import annotations

from detector.cli.comparison_text import print_comparison
from detector.cli.console import stdout
from detector.cli.quality_text import print_judged, print_quality, print_sweep
from detector.replay.what_if import Answers


def print_answers(answers: Answers) -> None:
    """Print to stdout all that was asked, one answer after the other."""
    against = answers.against
    if against is not None:
        print_comparison(against.name, against.comparison, against.standing, answers.standing)
        stdout.print()
    if answers.quality is not None:
        print_quality(answers.quality, against and against.quality)
        stdout.print()
    if answers.judged is not None:
        print_judged(answers.judged, against and against.judged)
        stdout.print()
    for sweep in answers.sweeps:
        print_sweep(sweep)
        stdout.print()
