"""Whether the core runs as machine code, made by mypyc, or is interpreted."""

from __future__ import annotations

COMPILED = not __file__.endswith(".py")
