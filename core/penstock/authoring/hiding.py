"""Secrets that a task has come to know: hidden in its log, and in what it says of itself.

The supervisor keeps a task's output; to hide a value from the moment it is known, the task's process
tells it in the same pipe, just before anything that could print it (see `execution.output`).
"""

from __future__ import annotations

import os

MIN_LENGTH = 5
"""Shorter values are not hidden: they would blot out innocent text."""


class Hidden:
    """The values to hide in one process."""

    def __init__(self) -> None:
        self._values: dict[str, None] = {}
        self._pipe: int | None = None

    def listen_at(self, pipe: int | None) -> None:
        """Tell of values on descriptor *pipe* from now on; None for nobody."""
        self._pipe = pipe

    def hide(self, value: object) -> None:
        """Have *value* hidden from now on."""
        text = str(value)
        if len(text) < MIN_LENGTH or text in self._values:
            return
        self._values[text] = None
        if self._pipe is None:
            return
        from binascii import b2a_base64

        from penstock.execution.records import HIDE_END, HIDE_START

        coded = b2a_base64(text.encode(errors="surrogateescape"), newline=False)
        os.write(self._pipe, HIDE_START + coded + HIDE_END)

    def covered(self, text: str) -> str:
        """Return *text* with every value known by now as ``***``."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, "***")
        return text

    def forget(self) -> None:
        """Forget every value; for whoever runs several tasks in one process."""
        self._values.clear()


hidden = Hidden()
listen_at, hide, covered = hidden.listen_at, hidden.hide, hidden.covered
