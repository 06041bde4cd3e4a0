"""What a terminal of a poor encoding shows instead of characters that it lacks. Pure."""

from __future__ import annotations

from rich.cells import cell_len


def carried(text: str, encoding: str) -> str:
    """Return *text* with a question mark in each cell of a character that *encoding* lacks."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(char if _fits(char, encoding) else "?" * cell_len(char) for char in text)
    return text


def _fits(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
