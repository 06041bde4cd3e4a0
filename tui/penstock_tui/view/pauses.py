"""A pause in words, for every screen: who, why and until when. Pure."""

from __future__ import annotations

from penstock.model.views.pauses import PauseInfo
from penstock_tui.clean import label


def pause_text(info: PauseInfo) -> str:
    """Return all of it: ``by ada: the disk is full, until 08-22 06:00 UTC``."""
    return label(info.text(lambda moment: f"{moment:%m-%d %H:%M} UTC"))


def pause_mark(info: PauseInfo, word: str) -> str:
    """Return the reason first, for a line that may be cut: ``HELD: the disk is full, by ada``."""
    return f"{word}: {label(info.why)}, by {label(info.by)}" if info.why else f"{word} by {label(info.by)}"


def pause_note(info: PauseInfo) -> str:
    """Return the reason, or else who: short enough for a table's cell."""
    return f"held: {label(info.why or info.by)}"
