"""A worker with something changed: it suffers a fault, or breaks a promise. Run as the detector is.

FAULTS_POINT, FAULTS_AT and FAULTS_ACTION name a fault as in `points.Fault`; FAULTS_MUTANT names a mutant.
"""

import os

from detector.cli import main
from detector.stream import job, kafka
from tests.faults import points
from tests.faults.mutants import MUTANTS


def make_small() -> None:
    """Let the work come in many small rounds and batches, for something to be under way at any time."""
    job.MAX_POLL_RECORDS = 300
    job.COMMIT_INTERVAL_S = 0.3
    kafka._REKEYED_BATCH_BYTES = 1024


if __name__ == "__main__":
    make_small()
    if name := os.environ.get("FAULTS_MUTANT"):
        MUTANTS[name].apply()
    if fault := points.told(dict(os.environ)):
        points.arm(fault)
    main()
