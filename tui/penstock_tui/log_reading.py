"""Reads parts of a log for people: a whole line, marked lines, or all of it into a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from penstock_tui.clean import label
from penstock_tui.view.log_line import pieces_of
from penstock_tui.view.log_pieces import shown
from penstock_tui.view.log_search import Matches
from penstock_tui.view.log_source import LogSource
from penstock_tui.view.log_window import BLOCK

COPIED = 1 << 20
"""Bytes that are copied at most, of one line or of several."""


async def whole_line(source: LogSource, here: int) -> tuple[str, bool]:
    """Return the line around *here* as text, and whether it is complete.

    Of a very long line up to `COPIED` bytes are read, from its beginning.
    """
    data, offset = b"", here
    while len(data) < COPIED:  # back to where the line begins
        size = min(offset, BLOCK)
        chunk = await source.read(offset - size, size) if size else None
        if chunk is None:
            break
        newline = chunk.data.rfind(b"\n")
        data, offset = chunk.data[newline + 1 :] + data, offset - size + newline + 1
        if newline >= 0:
            break
    data, ended = data[:COPIED], False
    while not ended and len(data) < COPIED:
        chunk = await source.read(offset + len(data), BLOCK)
        if chunk is None or not chunk.data:
            ended = True
            break
        line, newline_found, _ = chunk.data.partition(b"\n")
        data, ended = data + line, bool(newline_found)
    return as_text(data), ended


async def picked_lines(
    source: LogSource, spans: Sequence[tuple[int, int]], matches: Matches | None
) -> tuple[list[str], bool]:
    """Return the lines that begin in *spans* (first and last offset), and whether these are all.

    With *matches* only those among them. Lines of several tasks have their task's name before them.
    """
    lines: list[str] = []
    size = 0
    for first, last in spans:
        offset = first
        rest = b""
        while offset <= last:
            chunk = await source.read(offset + len(rest), BLOCK)
            if chunk is None:
                return lines, False
            *whole, rest = (rest + chunk.data).split(b"\n")
            if not chunk.data:
                whole, rest = [rest], b""
            for line in whole:
                if offset > last:
                    break
                if matches is None or matches.number(offset) is not None:
                    size += len(line)
                    if size > COPIED:
                        return lines, False
                    lines.append(tagged(source, offset, line))
                offset += len(line) + 1
            if not chunk.data:
                break
    return lines, True


def tagged(source: LogSource, offset: int, line: bytes) -> str:
    """Return a line as text, with who wrote it before it where that is not always the same."""
    text = as_text(line)
    return f"{source.tag(offset)[0]} {text}" if source.margin else text


def as_text(line: bytes) -> str:
    """Return what a line shows, without colours and what a terminal could obey."""
    return label("".join(piece for piece, _ in pieces_of(shown(line, 0, len(line)))))


async def blocks(source: LogSource) -> AsyncIterator[bytes]:
    """Yield all of a log as it is: its bytes, or with who wrote each line before it.

    Raises `ConnectionError` if it cannot be read to its end.
    """
    offset, rest = 0, b""
    while True:
        chunk = await source.read(offset + len(rest), 1 << 20)
        if chunk is None:
            raise ConnectionError("the log could not be read to its end")
        if not chunk.data:
            break
        if not source.margin:
            yield chunk.data
            offset += len(chunk.data)
            continue
        *whole, rest = (rest + chunk.data).split(b"\n")
        named: list[bytes] = []
        for line in whole:
            named.append(source.tag(offset)[0].encode() + b" " + line + b"\n")
            offset += len(line) + 1
        yield b"".join(named)
    if rest:
        yield source.tag(offset)[0].encode() + b" " + rest + b"\n"
