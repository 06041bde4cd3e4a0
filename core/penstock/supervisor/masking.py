"""Hides exact values in a stream of bytes, also where a chunk ends inside one."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Iterable

COVER = b"***"


class Masker:
    """Replaces values by ``***`` in bytes that arrive in pieces, also as `spellings` writes them.

    Best effort: a value that a program encodes in another way, or prints in parts, is not recognised.
    Each spelling is searched for separately: that needs no preparation that would delay the start.
    """

    __slots__ = ("_held", "_known", "_needles", "_over_lines")

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        self._needles: list[bytes] = []
        self._over_lines: list[bytes] = []
        """The spellings that contain a line end."""
        self._held = b""
        self.add(values)

    def copy(self) -> Masker:
        """Return a masker for the same values, with a stream of its own."""
        other = Masker()
        other._known, other._needles = set(self._known), self._needles
        other._over_lines = self._over_lines
        return other

    @property
    def active(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self._needles)

    def add(self, values: Iterable[str]) -> None:
        """Hide these values too, in everything that was not shown yet."""
        fresh = [value for value in values if value not in self._known]
        if not fresh:
            return
        from penstock.supervisor.spellings import spellings  # most supervisors have nothing to hide

        self._known.update(fresh)
        found = set(self._needles).union(*map(spellings, fresh))
        self._needles = sorted(found, key=len, reverse=True)
        self._over_lines = [needle for needle in self._needles if b"\n" in needle[:-1]]

    def feed(self, piece: bytes) -> bytes:
        """Return what can be shown now; what may be the start of a value is kept for later."""
        text = self._held + piece if self._held else piece
        cut = len(text) - self._possible_start(text)
        spans = self._spans(text)
        for start, end in spans:
            if start < cut < end:
                cut = start
                break
        self._held = text[cut:]
        if not spans:
            return text[:cut]
        return _covered(text[:cut], [span for span in spans if span[1] <= cut])

    def end(self) -> bytes:
        """Return what was kept for later, masked."""
        rest, self._held = self._held, b""
        return _covered(rest, self._spans(rest)) if rest else b""

    def cover(self, text: str) -> str:
        """Return the complete *text* with every value masked."""
        raw = text.encode(errors="surrogateescape")
        return _covered(raw, self._spans(raw)).decode(errors="surrogateescape")

    def _spans(self, text: bytes) -> list[tuple[int, int]]:
        """Return the spans of values, in order; those that touch or overlap are merged."""
        found: list[tuple[int, int]] = []
        for needle in self._needles:
            at = text.find(needle)
            while at >= 0:
                found.append((at, at + len(needle)))
                at = text.find(needle, at + len(needle))
        if len(found) < 2:
            return found
        found.sort()
        merged = found[:1]
        for start, end in found[1:]:
            if start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _possible_start(self, text: bytes) -> int:
        """Return how many of the last bytes could be the beginning of a value."""
        longest = 0
        last, two = text[-1:], text[-2:]
        for needle in self._over_lines if last == b"\n" else self._needles:
            if two not in needle and needle[:1] != last:
                continue  # the text cannot end inside it; a tenth of the cost of searching
            tail = text[-(len(needle) - 1) :]
            at = tail.find(needle[:1])
            while at >= 0 and not needle.startswith(tail[at:]):
                at = tail.find(needle[:1], at + 1)
            if at >= 0:
                longest = max(longest, len(tail) - at)
        return longest


def _covered(text: bytes, spans: list[tuple[int, int]]) -> bytes:
    if not spans:
        return text
    shown = bytearray()
    at = 0
    for start, end in spans:
        shown += text[at:start]
        shown += COVER
        at = end
    shown += text[at:]
    return bytes(shown)
