"""The worker on a machine whose clock is wrong: by so many seconds as FAULT_SKEW_S says.

What is compiled does not ask Python for the time, and sees the right one.
"""

import os
import time

_SKEW_S = float(os.environ.pop("FAULT_SKEW_S"))
_time, _time_ns = time.time, time.time_ns


def _skewed() -> float:
    return _time() + _SKEW_S


def _skewed_ns() -> int:
    return _time_ns() + int(_SKEW_S * 1e9)


# Before anything else can take hold of the right ones.
time.time, time.time_ns = _skewed, _skewed_ns

if __name__ == "__main__":
    from detector.cli.app import main

    main()
