"""Messages to the app. All times are aware datetimes in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from textual.message import Message

from penstock.model.views.events import Change

Level = Literal["info", "warning", "error"]
LEVEL_STYLES: dict[Level, str] = {"info": "", "warning": "yellow", "error": "bold red"}
"""The Rich style of a message of each level."""


class Changed(Message):
    """Something changed in the engine. Screens get it as `View.changed`."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self.change = change

    def can_replace(self, message: Message) -> bool:
        """Let a notice about everything replace those before it."""
        return isinstance(message, Changed) and self.change.all and not message.change.bells


class EngineGone(Message):
    """No engine answers any more. ``since`` is when one was last heard, None if never.

    *cut*: the connection to its host is lost, so that nobody knows how it is.
    """

    def __init__(self, since: datetime | None, reason: str, *, cut: bool = False) -> None:
        super().__init__()
        self.since = since
        self.reason = reason
        self.cut = cut


class EngineBack(Message):
    """The engine answers (again)."""


class Said(Message):
    """A line for the flash line and the message history. Errors stay until a key is pressed."""

    def __init__(self, text: str, level: Level = "info") -> None:
        super().__init__()
        self.text = text
        self.level = level
