"""What the analysis finds in a rule, at its place in the rule's file."""

from __future__ import annotations

from detector.config import StateSettings
from detector.rules.analysis.finding import Finding
from detector.rules.analysis.limits import limit_findings
from detector.rules.analysis.rules import findings_of
from detector.rules.faults import Fault
from detector.rules.places import mark_of
from detector.rules.reader import RuleFile


def notes_on(file: RuleFile) -> list[Fault]:
    """What of a rule can never do anything, or says nothing, whatever the settings."""
    return _placed(file, findings_of(file.rule))


def limit_notes(file: RuleFile, state: StateSettings) -> list[Fault]:
    """Where a rule needs more history than the settings keep."""
    return _placed(file, limit_findings(file.rule, state))


def _placed(file: RuleFile, findings: list[Finding]) -> list[Fault]:
    return [
        Fault(file.path, mark_of(file.root, finding.path), finding.message, finding.is_warning)
        for finding in findings
    ]
