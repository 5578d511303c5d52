"""The same code in processes that hash texts otherwise."""

import os
import subprocess
import sys


def printed_whatever_the_hash_seed(code: str) -> set[str]:
    """What the code prints, in processes with different hash seeds."""
    return {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("1", "2")
    }
