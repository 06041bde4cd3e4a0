"""A pause in words, for every screen: who, why and until when. Pure."""

from __future__ import annotations

from penstock.model.views.pauses import PauseInfo
from penstock_tui.clean import label


def is_hold(info: PauseInfo | None) -> bool:
    """Whether it is a hold that a person put on, not a breakpoint."""
    return info is not None and info.breakpoint is None


def held_state(info: PauseInfo) -> str:
    """Return the word of `LOOKS` for what is held: by a hold, or at a breakpoint."""
    return "held" if is_hold(info) else "at_breakpoint"


def held_word(info: PauseInfo) -> str:
    """Return the word before `pause_text`."""
    return "held" if is_hold(info) else "stopped at"


def pause_text(info: PauseInfo) -> str:
    """Return all of it: ``by ada: the disk is full, until 08-22 06:00 UTC``.

    A breakpoint has its place first: ``breakpoint before load, by ada: look first``.
    """
    return label(info.text(lambda moment: f"{moment:%m-%d %H:%M} UTC"))


def pause_mark(info: PauseInfo, word: str) -> str:
    """Return the reason first, for a line that may be cut: ``HELD: the disk is full, by ada``."""
    if info.breakpoint is not None:
        word = f"STOPPED {label(info.breakpoint)} (B: go on)"
    return f"{word}: {label(info.why)}, by {label(info.by)}" if info.why else f"{word} by {label(info.by)}"


def pause_note(info: PauseInfo) -> str:
    """Return the reason, or else who: short enough for a table's cell."""
    word = "held" if info.breakpoint is None else f"stopped {label(info.breakpoint)}"
    return f"{word}: {label(info.why or info.by)}"
