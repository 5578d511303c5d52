"""Where a part of a rule stands in its file."""

from __future__ import annotations

from detector.rules.faults import Mark
from detector.rules.located import Located


def mark_of(root: Located, path: tuple[str | int, ...]) -> Mark:
    """The place of a part, or of the nearest one around it that is written out.

    That is where a single value begins, else its key: `when: {count: 5}` says for short what
    `when: [{count: {eq: 5}}]` does, and a path of the long form finds its way through the short one.
    """
    node, mark = root, root.mark
    for part in path:
        if isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            mark = node.mark
        elif isinstance(node.value, dict) and part in node.value:
            mark, node = node.value[part]
            if not isinstance(node.value, (dict, list)):
                mark = node.mark
    return mark
