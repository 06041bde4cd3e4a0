"""`FarScreen`: what a terminal shows after what it was sent, cell by cell; drawn by an emulator."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

import pyte
import pyte.modes
from rich.cells import cell_len

Cell = tuple[object, ...]


class FarScreen(pyte.Screen):
    """A terminal of *columns* x *rows*. It knows dimmed characters, which the emulator draws as blinking."""

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__(columns, rows)
        self.reset_mode(pyte.modes.DECAWM)
        self._stream = pyte.Stream(self)

    def reset(self) -> None:
        """Begin anew, without wrapping: the emulator wraps what combines with the last character too."""
        super().reset()
        self.reset_mode(pyte.modes.DECAWM)

    def feed(self, data: str) -> None:
        """Show *data*."""
        self._stream.feed(data)

    def soil(self) -> None:
        """Fill every cell with what nobody has sent."""
        for y in range(self.lines):
            self.feed(f"\x1b[{y + 1}H\x1b[31;44m{'#' * self.columns}")
        self.feed("\x1b[m")

    def fill(self, y: int, pieces: Sequence[tuple[str, str]]) -> None:
        """Let a row show *pieces*: text, and the parameters of its look."""
        x = 0
        for text, parameters in pieces:
            drawn = _drawn(parameters)
            for char in text:
                width = cell_len(char)
                if width:
                    self.buffer[y][x] = drawn._replace(data=char)
                    for stub in range(x + 1, x + width):
                        self.buffer[y][stub] = drawn._replace(data="")
                    x += width
                else:
                    before = self.buffer[y][x - 1]
                    self.buffer[y][x - 1] = before._replace(
                        data=unicodedata.normalize("NFC", before.data + char)
                    )

    def cells(self) -> list[list[Cell]]:
        """Return what can be seen in each cell of each row."""
        return [[_seen(self.buffer[y][x]) for x in range(self.columns)] for y in range(self.lines)]

    def select_graphic_rendition(self, *attributes: int, **more: Any) -> None:
        """Draw dimmed as blinking."""
        codes: list[int] = []
        rest = [*attributes]
        while rest:
            code = rest.pop(0)
            if code in (38, 48) and rest:  # a colour by its number, or by red, green and blue
                parts = 2 if rest[0] == 5 else 4
                codes += [code, *rest[:parts]]
                del rest[:parts]
            else:
                codes += {2: [5], 22: [22, 25]}.get(code, [code])
        super().select_graphic_rendition(*codes, **more)

    def delete_lines(self, count: int | None = None) -> None:
        """Delete rows; the emulator leaves a row as it was if nothing was ever written in the one below."""
        for y in range(self.lines):
            _ = self.buffer[y]
        super().delete_lines(count)


@cache
def _drawn(parameters: str) -> Any:
    """Return how a character is drawn after SGR with *parameters*."""
    far = FarScreen(1, 1)
    far.feed(f"\x1b[{parameters}mx")
    return far.buffer[0][0]


def _seen(cell: Any) -> Cell:
    """Return what can be seen of *cell*: where there is no character, only what it stands on."""
    if cell.data != " ":
        return tuple(cell)
    if not (cell.underscore or cell.strikethrough or cell.reverse):
        return (" ", cell.bg)
    return tuple(cell._replace(italics=False))


def differing(first: FarScreen, second: FarScreen) -> list[str]:
    """Return the rows at which two terminals differ, and how, for messages."""
    return [
        f"row {y}: {a!r} / {b!r}" + (" in colour" if a == b else "")
        for y, (one, other) in enumerate(zip(first.cells(), second.cells(), strict=True))
        if one != other
        for a, b in [(first.display[y].rstrip(), second.display[y].rstrip())]
    ]
