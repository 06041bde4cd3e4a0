"""The logs of a run's attempts as one, in the order of time. Pure.

It is thought of as one file of bytes that only grows: the *stretches* of all logs, one after the other.
Lines are never torn apart; a last line without an end gets one. Times are as exact as those of the
attempts' logs: to the second.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from penstock.clock import from_us, to_us
from penstock.model.views.merged import LogOwner, RunLog

Stretch = tuple[int, int, int, int]
"""Place of its owner, microseconds since 1970, offset of its first byte, and after its last."""


def merge(times: Sequence[Sequence[tuple[int, int]]], sizes: Sequence[int]) -> list[Stretch]:
    """Return the stretches of several logs by time; *times* are (offset, microseconds), rising.

    The first time of a log is that of all before it, too. What one log alone wrote is one stretch.
    """
    begun: list[tuple[int, int, int, int]] = []
    for owner, (entries, size) in enumerate(zip(times, sizes, strict=True)):
        for place, (offset, at) in enumerate(entries):
            end = entries[place + 1][0] if place + 1 < len(entries) else size
            if offset < min(end, size):
                begun.append((at, owner, offset, min(end, size)))
    begun.sort()
    return joined((owner, at, first, last) for at, owner, first, last in begun)


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return *stretches* without empty ones, those that go on with the one before joined to it."""
    found: list[Stretch] = []
    for owner, at, first, last in stretches:
        if first >= last:
            continue
        if found and found[-1][0] == owner and found[-1][3] == first and at - found[-1][1] < _JOINED:
            found[-1] = (owner, found[-1][1], found[-1][2], last)
        else:
            found.append((owner, at, first, last))
    return found


_JOINED = 1_000_000
"""Microseconds after which a log that goes on alone begins a new stretch: so its lines have their time."""


class Piece(NamedTuple):
    """Bytes of one attempt's log; ``ended``: the end of a line follows that the log does not have."""

    attempt_id: str
    first: int
    length: int
    ended: bool


class MergedLog:
    """One log of many. ``owners`` are its attempts; ``size`` is in bytes."""

    def __init__(self) -> None:
        self.owners: list[LogOwner] = []
        self.live = True
        self.asked: datetime | None = None
        """When what is known was asked for."""
        self._places: dict[str, int] = {}
        self._known: dict[str, int] = {}
        self._stretches: list[tuple[int, int, int, int, bool]] = []
        """As `Stretch`, and whether the end of a line is added."""
        self._starts = array("Q")
        self.size = 0
        self._taken = 0
        """Stretches of the whole log that `take_on` has looked at."""

    def add(self, answer: RunLog) -> bool:
        """Take in what the engine knows; what is here already stays as it is. Return whether it grew."""
        places = [self._place(owner) for owner in answer.owners]
        before = self.size
        for place, at, first, last in answer.stretches:
            owner = answer.owners[place]
            begin = max(first, self._known.get(owner.attempt_id, 0))
            if begin < last:
                torn = owner.torn and last == owner.size
                self._append((places[place], at, begin, last, torn))
                self._known[owner.attempt_id] = last
        # An end that was recorded late lies before what was asked for: then everything is asked for again.
        heard = {owner.attempt_id for owner in answer.owners}
        unheard = any(owner.live and owner.attempt_id not in heard for owner in self.owners)
        self.live, self.asked = answer.live or unheard, None if unheard else answer.at
        return self.size > before

    def only(self, keep: Callable[[LogOwner], bool]) -> MergedLog:
        """Return the log of those owners alone that *keep* says."""
        found = MergedLog()
        found.take_on(self, keep)
        return found

    def take_on(self, whole: MergedLog, keep: Callable[[LogOwner], bool]) -> None:
        """Add what *whole* has had since this was made of it by `only`."""
        self.owners, self.live, self.asked = list(whole.owners), whole.live, whole.asked
        kept = [keep(owner) for owner in self.owners]
        for stretch in whole._stretches[self._taken :]:
            if kept[stretch[0]]:
                self._append(stretch)
        self._taken = len(whole._stretches)

    def pieces(self, offset: int, limit: int) -> list[Piece]:
        """Return where up to *limit* bytes from *offset* are."""
        found: list[Piece] = []
        place, end = self._at(offset), min(offset + limit, self.size)
        while offset < end:
            owner, _, first, last, torn = self._stretches[place]
            begin = first + offset - self._starts[place]
            stop = min(last + torn, begin + end - offset)
            length = min(stop, last) - begin
            found.append(Piece(self.owners[owner].attempt_id, begin, length, stop > last))
            offset += stop - begin
            place += 1
        return found

    def owner(self, offset: int) -> int:
        """Return the place in ``owners`` of who wrote the byte at *offset*."""
        return self._stretches[self._at(offset)][0] if self._stretches else 0

    def moment(self, offset: int) -> datetime | None:
        """Return when the byte at *offset* was written, to the second."""
        return from_us(self._stretches[self._at(offset)][1]) if self._stretches else None

    def since(self, moment: datetime) -> int:
        """Return where what was written from *moment* on begins; ``size`` if nothing was."""
        place = bisect_left(self._stretches, to_us(moment), key=lambda stretch: stretch[1])
        return self._starts[place] if place < len(self._starts) else self.size

    def source(self, offset: int) -> tuple[int, int]:
        """Return the owner of the byte at *offset* and where it is in its own log."""
        if not self._stretches:
            return 0, 0
        place = self._at(offset)
        owner, _, first, _, _ = self._stretches[place]
        return owner, first + offset - self._starts[place]

    def offset(self, owner: int, at: int) -> int | None:
        """Return where the byte *at* of the log of *owner* is here; None if it is not."""
        for place, (whose, _, first, last, _) in enumerate(self._stretches):
            if whose == owner and first <= at < last:
                return self._starts[place] + at - first
        return None

    def _place(self, owner: LogOwner) -> int:
        place = self._places.setdefault(owner.attempt_id, len(self.owners))
        if place == len(self.owners):
            self.owners.append(owner)
        else:
            self.owners[place] = owner
        return place

    def _append(self, stretch: tuple[int, int, int, int, bool]) -> None:
        _, _, first, last, torn = stretch
        self._stretches.append(stretch)
        self._starts.append(self.size)
        self.size += last - first + torn

    def _at(self, offset: int) -> int:
        return max(0, bisect_right(self._starts, offset) - 1)
