"""Hides the secrets that a task has read: in its log, and in the reasons that it reports.

The supervisor has a task's output; to hide a value from the moment it is read, the task's process sends
it over their channel, and waits for the answer (`channel`). Without a channel it sends the value in the
output itself, just before anything that could print it (see `supervisor.output`).
"""

from __future__ import annotations

import os

from penstock.task_process.channel import channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MIN_LENGTH = 5
"""Shorter values are not hidden: that would mask innocent text."""


class Hidden:
    """The values to hide in one process."""

    def __init__(self) -> None:
        self._values: dict[str, None] = {}
        self._pipe: int | None = None

    def listen_at(self, pipe: int | None) -> None:
        """Send values over descriptor *pipe* from now on; None: send none."""
        self._pipe = pipe

    def know(self, value: str) -> bool:
        """Add a value that the supervisor hides already; return whether it is new and long enough."""
        if len(value) < MIN_LENGTH or value in self._values:
            return False
        self._values[value] = None
        return True

    def knows(self, value: str) -> bool:
        """Whether *value* is hidden."""
        return value in self._values

    def hide_all(self, value: Any) -> None:
        """Hide every string in *value*, plain JSON, from now on."""
        self.hide(*_texts(value))

    def hide(self, *values: object) -> None:
        """Hide *values* from now on."""
        fresh = [text for text in map(str, values) if self.know(text)]
        if fresh and channel.is_open:
            channel.hide(fresh)
        elif self._pipe is not None:
            for text in fresh:
                self._say(self._pipe, text)

    def _say(self, pipe: int, text: str) -> None:
        from binascii import b2a_base64

        from penstock.attempts.files import HIDE_END, HIDE_START

        encoded = b2a_base64(text.encode(errors="surrogateescape"), newline=False)
        os.write(pipe, HIDE_START + encoded + HIDE_END)

    def covered(self, text: str) -> str:
        """Return *text* with every hidden value replaced by ``***``."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, "***")
        return text

    def cover_all(self, value: Any) -> Any:
        """Return plain JSON with every hidden value masked in its strings."""
        if isinstance(value, str):
            return self.covered(value)
        if isinstance(value, dict):
            return {self.covered(str(key)): self.cover_all(item) for key, item in value.items()}
        return [self.cover_all(item) for item in value] if isinstance(value, list) else value

    def found_in(self, text: str, *, words: bool = True) -> bool:
        """Whether *text* contains one of the values, as it is or as JSON writes it.

        Without *words*, values that are plain words do not count: they may be there for another reason.
        """
        import json

        wanted = [value for value in self._values if words or not value.isalpha()]
        return any(value in text or json.dumps(value)[1:-1] in text for value in wanted)

    def forget(self) -> None:
        """Forget every value; for running several tasks in one process."""
        self._values.clear()


hidden = Hidden()
listen_at, know, covered = hidden.listen_at, hidden.know, hidden.covered
hide, hide_all = hidden.hide, hidden.hide_all


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
