"""The page of documentation that holds the figures."""

from __future__ import annotations

from pathlib import Path

from bench.errors import BenchFailed

_BEGIN = "<!-- figures: made by python -m bench.quality, not by hand -->"
_END = "<!-- end of figures -->"


def put_into(path: Path, figures: str) -> None:
    """Replace what stands between the page's two marks.

    Raises:
        BenchFailed: the page is not there, or has not both marks.
    """
    try:
        before, begun, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    except OSError as error:
        raise BenchFailed(f"{path}: cannot be read: {error.strerror}") from error
    _, ended, after = rest.partition(_END)
    if not (begun and ended):
        raise BenchFailed(f"{path}: needs a line '{_BEGIN}' and below it a line '{_END}'")
    path.write_text(f"{before}{_BEGIN}\n\n{figures}\n\n{_END}{after}", encoding="utf-8")
