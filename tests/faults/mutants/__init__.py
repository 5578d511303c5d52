"""Detectors that break a promise, each to be caught by a scenario: else nothing proves that it is kept."""

from tests.faults.mutants.mutant import Mutant
from tests.faults.mutants.of_the_flow import OF_THE_FLOW
from tests.faults.mutants.of_the_state import OF_THE_STATE

MUTANTS: dict[str, Mutant] = OF_THE_STATE | OF_THE_FLOW
