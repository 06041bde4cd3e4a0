"""Links of operators: nothing shows them, but files derive classes from them."""

from __future__ import annotations


class OperatorLink:
    """A link from a task to somewhere else; kept, and shown nowhere."""

    name = ""
    operators: tuple[type, ...] = ()

    def get_link(self, operator: object, *, ti_key: object) -> str:
        """Return nothing: a subclass says where the link leads to."""
        del operator, ti_key
        return ""
