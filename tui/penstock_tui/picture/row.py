"""`Row`: the cells of one row of the terminal. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment

from penstock_tui.picture.look import PLAIN, Look, look_of, on_blank

_SURELY_WIDE = re.compile("[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60]")


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in each cell, and how; "" in the cells that a wide character takes beside its first.

    A character is one with all that is combined with it. A row is never changed: it is replaced.
    """

    texts: list[str]
    looks: list[Look]

    def painted(self, first: int, cells: Row) -> Row:
        """Return this row with *cells* from column *first* on."""
        end = first + len(cells.texts)
        texts = self.texts[:first] + cells.texts + self.texts[end:]
        if "" in texts or "" in self.texts:
            texts = _mended(texts)
        return Row(texts, self.looks[:first] + cells.looks + self.looks[end:])

    def end_of(self, place: int) -> int:
        """Return the column after the character that begins at *place*."""
        end = place + 1
        while end < len(self.texts) and not self.texts[end]:
            end += 1
        return end

    def cut(self, first: int, end: int) -> Row:
        """Return the cells from column *first* up to *end*."""
        return Row(self.texts[first:end], self.looks[first:end])


def blank(width: int) -> Row:
    """Return a row with nothing in it."""
    return Row([" "] * width, [PLAIN] * width)


def row_of(segments: Iterable[Segment], system: ColorSystem) -> Row:
    """Return the cells of *segments*."""
    texts: list[str] = []
    looks: list[Look] = []
    for text, style, control in segments:
        if control or not text:
            continue
        look = look_of(style, system)
        if text.isascii():
            cells = list(text)
        else:
            combined, found = cells_of(text)
            cells = [*found]
            if combined and texts:
                _combine(texts, combined)
        texts += cells
        bare = on_blank(look)
        looks += [look] * len(cells) if bare == look else [bare if cell == " " else look for cell in cells]
    return Row(texts, looks)


@lru_cache(2048)
def cells_of(text: str) -> tuple[str, tuple[str, ...]]:
    """Return what *text* begins with that combines with the character before it, and what is in each cell."""
    cells: list[str] = []
    combined = ""
    for char in text:
        width = cell_len(char)
        if width:
            cells += [char, *[""] * (width - 1)]
        elif not cells:
            combined += char
        else:
            whole = _combine(cells, char)
            cells += [""] * (cell_len(whole) - cell_len(whole[:-1]))
    return combined, tuple(cells)


def _combine(cells: list[str], more: str) -> str:
    """Add *more* to the last character of *cells*; return the whole."""
    place = len(cells) - 1
    while place and not cells[place]:
        place -= 1
    cells[place] += more
    return cells[place]


@lru_cache(1024)
def doubtful(text: str) -> bool:
    """Return whether terminals disagree on how many cells a character takes."""
    if len(text) == 1 and text < "\U0001f000":
        return cell_len(text) != 1 and not _SURELY_WIDE.match(text)
    return not ("\U00020000" <= text <= "\U0003fffd" and len(text) == 1)


def _mended(texts: list[str]) -> list[str]:
    """Return *texts* with blanks in place of halves of wide characters."""
    out, place = texts.copy(), 0
    while place < len(out):
        end = Row(out, []).end_of(place)
        if not out[place] or (len(out[place]) == 1 and cell_len(out[place]) != end - place):
            out[place:end] = [" "] * (end - place)
        place = end
    return out
