"""The log of a try as records: its attempts one after the other, each line with the time it was written.

Nothing is held that is not sent: a long log is read in pieces. A place in it travels as a signed token.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from penstock.http.desk import Reader
from penstock.http.errors import ApiError
from penstock.http.tokens import Tokens
from penstock.model.outcome import NO_TROUBLE, OutcomeKind, describe
from penstock.model.views.attempts import AttemptRow

PIECE = 256 << 10
"""Bytes that are read at once."""
MOST_BYTES = 4 << 20
"""Bytes of a log in one answer that is not a stream."""
MOST_RECORDS = 10_000
LONGEST_LINE = 1 << 20
"""Bytes of a line in one record; a longer one is several."""


class Record(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line of a log. ``level`` is there if it is not info."""

    timestamp: datetime | None = None
    event: str
    level: str | None = None


class Place(NamedTuple):
    """A place in the log of a try: an attempt, and an offset in its log."""

    attempt_id: str
    offset: int


class Part(NamedTuple):
    """The log of one attempt: from *start* to *end*, the end of it if *whole*."""

    attempt: AttemptRow
    start: int
    end: int
    whole: bool


def parts_of(read: Reader, attempts: Sequence[AttemptRow], start: Place | None) -> list[Part]:
    """Return what there is to read now of the attempts of a try, from *start* on."""
    found = []
    begun = start is None
    for attempt in attempts:
        offset = 0
        if start is not None and attempt.attempt_id == start.attempt_id:
            begun, offset = True, start.offset
        if not begun or (attempt.outcome and attempt.outcome.kind is OutcomeKind.REVOKED):
            continue
        look = read.read_log(attempt.attempt_id, 0, 0)
        ended = attempt.outcome is not None
        found.append(Part(attempt, min(offset, look.size), look.size, ended))
    return found


def lines(read: Reader, part: Part) -> Iterator[tuple[Record, int]]:
    """Yield the records of a part, each with the offset that follows it.

    The last line of an attempt that still writes is left for later while it has no end.
    """
    rest, at = b"", part.start
    while at < part.end:
        chunk = read.read_log(part.attempt.attempt_id, at, min(PIECE, part.end - at))
        if not chunk.data:
            break
        begins = at - len(rest)
        at = chunk.next_offset
        *whole, rest = (rest + chunk.data).split(b"\n")
        times = read.log_times(part.attempt.attempt_id, begins, at)
        offsets = [offset for offset, _ in times]
        for line in whole:
            moment = _at(times, offsets, begins)
            begins += len(line) + 1
            yield Record(timestamp=moment, event=_text(line)), begins
        if len(rest) >= LONGEST_LINE:
            yield Record(timestamp=_at(times, offsets, begins), event=_text(rest)), at
            rest = b""
    if rest and part.whole:
        times = read.log_times(part.attempt.attempt_id, part.end - len(rest), part.end)
        yield Record(timestamp=times[0][1] if times else None, event=_text(rest)), part.end
    if part.whole and part.start <= part.end:
        yield from _ending(part)


def _ending(part: Part) -> Iterator[tuple[Record, int]]:
    """Yield how an attempt ended, if it is worth a line."""
    outcome = part.attempt.outcome
    assert outcome is not None
    if outcome.ok or outcome.kind in NO_TROUBLE:
        return
    record = Record(timestamp=part.attempt.end, event=f"outcome: {describe(outcome)}", level="error")
    yield record, part.end


def _at(times: Sequence[tuple[int, datetime]], offsets: Sequence[int], offset: int) -> datetime | None:
    place = bisect_right(offsets, offset)
    return times[place - 1][1] if place else None


def _text(line: bytes) -> str:
    return line.rstrip(b"\r").decode(errors="replace")


def gathered(read: Reader, parts: Sequence[Part], *, tail: bool) -> tuple[list[Record], Place | None]:
    """Return records of *parts* for one answer, and where to go on, None at the end.

    With *tail* the end of a log that is too long, after a record that says what was left out.
    """
    size = sum(part.end - part.start for part in parts)
    records: list[Record] = []
    if tail and size > MOST_BYTES:
        left_out = size - MOST_BYTES
        parts = _without(parts, left_out)
        records.append(
            Record(event=f"[{left_out:,} bytes before this are left out; ask for application/x-ndjson]")
        )
    place = None
    sent = 0
    for part in parts:
        place = Place(part.attempt.attempt_id, part.start)
        for record, follows in lines(read, part):
            records.append(record)
            sent += follows - place.offset
            place = Place(part.attempt.attempt_id, follows)
            if not tail and (sent >= MOST_BYTES or len(records) >= MOST_RECORDS):
                return records, place
    last = parts[-1] if parts else None
    return records, None if last is None or last.whole else place


def _without(parts: Sequence[Part], bytes_out: int) -> list[Part]:
    kept = []
    for part in parts:
        size = part.end - part.start
        if bytes_out >= size:
            bytes_out -= size
            continue
        kept.append(part._replace(start=part.start + bytes_out))
        bytes_out = 0
    return kept


def write_token(tokens: Tokens, place: Place) -> str:
    """Return *place* as a token that only this home can have made."""
    data = f"{place.attempt_id} {place.offset}".encode()
    return f"{base64.urlsafe_b64encode(data).decode().rstrip('=')}.{tokens.sign(data)}"


def read_token(tokens: Tokens, text: str) -> Place:
    """Return the place that a token names; raise `ApiError` (400) for one that is not ours."""
    body, _, signature = text.partition(".")
    try:
        data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        if tokens.sign(data) == signature:
            attempt_id, _, offset = data.decode().partition(" ")
            return Place(attempt_id, int(offset))
    except (binascii.Error, ValueError):
        pass
    raise ApiError(400, "this continuation token is not one of ours")
