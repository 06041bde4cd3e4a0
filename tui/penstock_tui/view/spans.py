"""Coloured text as plain values: a list of (text, Rich style) pieces, fitted to a number of cells. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias

from rich.cells import cell_len, set_cell_size

Span: TypeAlias = tuple[str, str]
"""Text that is already clean, and a Rich style ("" for none)."""
Spans: TypeAlias = list[Span]

ELLIPSIS = "…"


def width(spans: Iterable[Span]) -> int:
    """Return how many cells *spans* take."""
    return sum(cell_len(text) for text, _ in spans)


def text_of(spans: Iterable[Span]) -> str:
    """Return the bare text."""
    return "".join(text for text, _ in spans)


def fit(
    spans: Sequence[Span],
    cells: int,
    *,
    align: Literal["left", "right"] = "left",
    keep: Literal["left", "right"] = "left",
    ellipsis: str = ELLIPSIS,
) -> Spans:
    """Return *spans* in exactly *cells* cells: padded by *align*, or cut so that the *keep* end stays."""
    if cells <= 0:
        return []
    room = cells - width(spans)
    if room >= 0:
        pad = [(" " * room, "")] if room else []
        return [*pad, *spans] if align == "right" else [*spans, *pad]
    if keep == "right":
        return _cut_left(spans, cells)
    return _cut_right(spans, cells, ellipsis)


def _cut_right(spans: Sequence[Span], cells: int, ellipsis: str) -> Spans:
    mark = ellipsis if cells > cell_len(ellipsis) else ""
    room = cells - cell_len(mark)
    out: Spans = []
    for text, style in spans:
        size = cell_len(text)
        if size <= room:
            out.append((text, style))
            room -= size
            continue
        out.append((set_cell_size(text, room) + mark, style))
        return out
    return out


def _cut_left(spans: Sequence[Span], cells: int) -> Spans:
    out: Spans = []
    room = cells
    for text, style in reversed(spans):
        piece = text
        while piece and cell_len(piece) > room:
            piece = piece[1:]
        if piece:
            out.append((piece, style))
            room -= cell_len(piece)
        if len(piece) < len(text):
            break
    out.reverse()
    return [(" " * room, ""), *out] if room else out


def give_way(
    spans: Sequence[Span],
    cells: int,
    order: Sequence[int],
    least: int = 10,
    *,
    cut: Callable[[str, int], str] | None = None,
) -> Spans:
    """Return *spans* with pieces cut, in their middle unless *cut* says how, until all fit in *cells*.

    Those at the places in *order* are cut one after the other, none below *least* cells: when that is
    not enough, the whole is still wider.
    """
    out = list(spans)
    for place in order:
        excess = width(out) - cells
        text, style = out[place]
        if excess > 0 and cell_len(text) > least:
            out[place] = ((cut or cut_middle)(text, max(least, cell_len(text) - excess)), style)
    return out


def cut_middle(text: str, cells: int) -> str:
    """Return *text* in at most *cells* cells: its beginning and its end stay."""
    if cell_len(text) <= cells:
        return text
    room = max(0, cells - cell_len(ELLIPSIS))
    head = set_cell_size(text, room - room // 2)
    return f"{head}{ELLIPSIS}{text_of(_cut_left([(text, '')], room // 2)).lstrip()}"


def cut_end(text: str, cells: int) -> str:
    """Return *text* in at most *cells* cells: its beginning stays."""
    return text if cell_len(text) <= cells else text_of(fit([(text, "")], cells))


def wrap(text: str, cells: int) -> list[str]:
    """Return *text* broken into lines of at most *cells* cells, at spaces where possible."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        rest = paragraph
        while cell_len(rest) > cells > 0:
            end = len(set_cell_size(rest, cells).rstrip()) or 1
            space = rest.rfind(" ", 1, end + 1)
            end = space if space > cells // 3 else end
            lines.append(rest[:end].rstrip())
            rest = rest[end:].lstrip()
        lines.append(rest)
    return lines


def flow(spans: Sequence[Span], cells: int) -> list[Spans]:
    """Return *spans* broken into lines of at most *cells* cells as by `wrap`, each piece in its style."""
    text, at, lines = text_of(spans), 0, []
    for line in wrap(text, cells):
        at = text.index(line, at)
        lines.append(_between(spans, at, at + len(line)))
        at += len(line)
    return lines


def _between(spans: Sequence[Span], first: int, end: int) -> Spans:
    """Return the letters from *first* up to *end*."""
    out: Spans = []
    at = 0
    for text, style in spans:
        piece = text[max(0, first - at) : max(0, end - at)]
        if piece:
            out.append((piece, style))
        at += len(text)
    return out


def hanging(text: str, head: str, cells: int) -> list[str]:
    """Return *text* behind *head*, broken into lines of *cells* cells whose rest is indented below it."""
    pieces = wrap(text, max(10, cells - len(head)))
    return [(head if not place else " " * len(head)) + piece for place, piece in enumerate(pieces)]


def differ(before: Sequence[Span], after: Sequence[Span]) -> list[tuple[int, int]]:
    """Return the stretches of cells (first, end) at which two lines look different."""
    found: list[tuple[int, int]] = []
    old, new = _cells(before), _cells(after)
    for place in range(max(len(old), len(new))):
        if old[place : place + 1] != new[place : place + 1]:
            if found and found[-1][1] == place:
                found[-1] = (found[-1][0], place + 1)
            else:
                found.append((place, place + 1))
    return found


def _cells(spans: Sequence[Span]) -> list[tuple[str, str, int]]:
    """Return what is drawn in each cell: character, style, and which of the character's cells it is."""
    return [(char, style, part) for text, style in spans for char in text for part in range(cell_len(char))]
