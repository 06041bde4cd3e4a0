"""Hides exact values in a stream of bytes, wherever the stream happens to be cut."""

from __future__ import annotations

import json
import re
from binascii import b2a_base64

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Iterable

COVER = b"***"
MIN_LENGTH = 5
"""Shorter values are not hidden: they would blot out innocent text, and hint at themselves by it."""


class Masker:
    """Replaces values by ``***`` in bytes that arrive in pieces.

    Also hides each value as base64, as URL-quoted and as JSON-escaped text. Best effort: a value that
    a program encodes in another way, or prints in parts, is not recognised.
    """

    __slots__ = ("_held", "_needles", "_pattern")

    def __init__(self, values: Iterable[str]) -> None:
        forms = {form for value in values if len(value) >= MIN_LENGTH for form in _forms(value)}
        self._needles = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, self._needles)) or b"(?!)")
        self._held = b""

    @property
    def active(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self._needles)

    def feed(self, piece: bytes) -> bytes:
        """Return what may be shown by now; the start of a possible value is held back."""
        text = self._held + piece
        cut = len(text) - self._possible_start(text)
        shown = bytearray()
        at = 0
        for match in self._pattern.finditer(text):
            if match.end() > cut:
                cut = min(cut, match.start())
                break
            shown += text[at : match.start()]
            shown += COVER
            at = match.end()
        shown += text[at:cut]
        self._held = text[cut:]
        return bytes(shown)

    def end(self) -> bytes:
        """Return what was held back, masked."""
        rest, self._held = self._held, b""
        return self._pattern.sub(COVER, rest) if rest else b""

    def _possible_start(self, text: bytes) -> int:
        """Return how many of the last bytes could be the beginning of a value."""
        longest = 0
        for needle in self._needles:
            tail = text[-(len(needle) - 1) :]
            at = tail.find(needle[:1])
            while at >= 0 and not needle.startswith(tail[at:]):
                at = tail.find(needle[:1], at + 1)
            if at >= 0:
                longest = max(longest, len(tail) - at)
        return longest


def _forms(value: str) -> set[bytes]:
    raw = value.encode(errors="surrogateescape")
    forms = {raw, b2a_base64(raw, newline=False).rstrip(b"="), _quoted(raw)}
    forms.add(json.dumps(value)[1:-1].encode())
    forms.add(json.dumps(value, ensure_ascii=False)[1:-1].encode(errors="surrogateescape"))
    return {form for form in forms if len(form) >= MIN_LENGTH}


def _quoted(raw: bytes) -> bytes:
    """Return *raw* as a URL carries it (urllib would do this too, at ten times the import)."""
    safe = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~"
    return b"".join(bytes((byte,)) if byte in safe else b"%%%02X" % byte for byte in raw)
