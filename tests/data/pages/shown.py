"""How pages show spans, rows and refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from zoneinfo import ZoneInfo

from penstock.errors import PenstockError
from penstock_tui.view import (
    state_style,
)

BERLIN = ZoneInfo("Europe/Berlin")
LOOKS = (state_style.Looks(), state_style.Looks(ascii=True))
SECONDS = (
    None, -5.0, 0.0, 0.04, 0.95, 9.94, 9.95, 9.96, 10.0, 59.4, 59.5, 59.9, 60.0, 61.0, 599.0, 3540.0, 3599.4,
    3599.6, 3600.0, 3661.0, 11_220.0, 43_199.0, 43_200.0, 86_399.0, 86_400.0, 90_000.0, 172_800.0,
    1_047_600.0, 86_400.0 * 400,
)  # fmt: skip
SIZES = (
    None,
    0,
    1,
    999,
    1000,
    1023,
    1024,
    1500,
    10_188,
    10_240,
    999_999,
    1 << 20,
    15 << 20,
    1 << 30,
    3 << 40,
)


def shown(pieces: Iterable[tuple[str, str]]) -> str:
    """Spans as text, each style before its text where it changes."""
    text, last = "", ""
    for piece, style in pieces:
        text += piece if style == last or not piece else f"<{style}>{piece}"
        last = style if piece else last
    return text


def row(cells: Sequence[Sequence[tuple[str, str]]]) -> str:
    """Cells of a table, one beside the other."""
    return " | ".join(shown(cell) for cell in cells)


def tried(call: Callable[..., object], *arguments: object, **named: object) -> object:
    """What a call answers, or how it refuses."""
    try:
        return call(*arguments, **named)
    except (PenstockError, ValueError) as error:
        return f"refused {type(error).__name__}"
