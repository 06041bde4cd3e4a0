"""The console's messages: the current one, and the history (``!``)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from penstock_tui.clean import Clean, clean
from penstock_tui.messages import Level


@dataclass(frozen=True, slots=True)
class Note:
    """One message; ``at`` is in the zone in which it is shown."""

    at: datetime
    text: Clean
    level: Level


class Notes:
    """Keeps the newest 500 messages, and which of them is on the screen."""

    def __init__(self) -> None:
        self.history: deque[Note] = deque(maxlen=500)
        self.present: Note | None = None

    def add(self, at: datetime, text: str, level: Level) -> None:
        """Record a message and show it. It does not replace an error."""
        note = Note(at, clean(text), level)
        self.history.append(note)
        if self.present is None or self.present.level != "error" or level == "error":
            self.present = note

    def settle(self) -> None:
        """Stop showing the current message."""
        self.present = None
