"""The ways in which programs may write a secret value, so that logs can be searched for them. Pure.

A supervisor imports this only if it has something to hide. What the standard library offers in modules
that are slow to import is done by hand.
"""

from __future__ import annotations

import json
from binascii import b2a_base64

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Iterator

MIN_LENGTH = 5
"""Shorter values are not hidden: that would mask innocent text, and so give hints about them."""
_MOST_LINES = 200
"""The lines of a longer value after these are hidden only together with the whole."""
_UNRESERVED = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~"
_MARKUP = ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;"), (b'"', b"&quot;"))


def spellings(value: str) -> set[bytes]:
    """Return *value* as it is and as base64, URL, form, JSON, Python, shell and HTML write it.

    A value of several lines: also each of them, and all in one line. Nothing shorter than `MIN_LENGTH`.
    """
    if len(value) < MIN_LENGTH:
        return set()
    found = set(_of_whole(value))
    if "\n" in value or "\r" in value:
        found.update(_of_lines(value))
    return {form for form in found if len(form) >= MIN_LENGTH}


def _of_whole(value: str) -> Iterator[bytes]:
    raw = value.encode(errors="surrogateescape")
    yield raw
    yield from _base64(raw)
    if value.isascii() and value.replace("_", "").replace("-", "").replace(".", "").isalnum():
        return  # nothing in it that is ever written in another way
    yield from _quoted(raw)
    for ascii_only in (True, False):
        yield json.dumps(value, ensure_ascii=ascii_only)[1:-1].encode(errors="surrogateescape")
    for shown in (repr(value), ascii(value), repr(raw)[1:]):
        yield shown[1:-1].encode(errors="surrogateescape")
    yield raw.replace(b"'", b"'\\''")
    yield raw.replace(b"'", b"'\"'\"'")
    for table in _SHELL:
        yield _translated(raw, table)
    for apostrophe in (b"&#x27;", b"&#39;", b"'"):
        yield _markup(raw).replace(b"'", apostrophe)


def _base64(raw: bytes) -> Iterator[bytes]:
    """Yield the base64 of *raw* alone, and the part that stays the same inside longer data."""
    for before in range(3):
        coded = b2a_base64(bytes(before) + raw, newline=False).rstrip(b"=")
        # A digit has six bits: those that share a byte with a neighbour depend on it.
        first = (0, 2, 3)[before]
        whole = (before + len(raw)) * 8 // 6
        for form in {coded[first:whole], coded} if before == 0 else {coded[first:whole]}:
            yield form
            yield form.replace(b"+", b"-").replace(b"/", b"_")


def _quoted(raw: bytes) -> Iterator[bytes]:
    """Yield *raw* as it is written in a URL and in a form."""
    for table in _URL:
        coded = _translated(raw, table)
        yield coded
        yield coded.replace(b"%20", b"+")


def _translated(raw: bytes, table: list[bytes]) -> bytes:
    return b"".join(map(table.__getitem__, raw))


def _table(escape: bytes, plain: bytes) -> list[bytes]:
    """Return what each byte is written as: *escape* of it, unless it is *plain*."""
    return [bytes((byte,)) if byte in plain else escape % byte for byte in range(256)]


_URL = [_table(digits, _UNRESERVED + safe) for safe in (b"", b"/") for digits in (b"%%%02X", b"%%%02x")]
_SHELL = [
    [b"\\" + bytes((byte,)) if chr(byte) in special else bytes((byte,)) for byte in range(256)]
    for special in ('"$`\\', "\"$`\\'!#&()*;<>?[]^{|}", "\"$`\\'!#&()*;<>?[]^{|} ")
]
"""How double quotes, and `printf %q`, keep a shell from reading a character as its own."""


def _markup(raw: bytes) -> bytes:
    for char, entity in _MARKUP:
        raw = raw.replace(char, entity)
    return raw


def _of_lines(value: str) -> Iterator[bytes]:
    lines = [line for line in value.splitlines() if line.strip()]
    for flat in (
        " ".join(value.split()),
        " ".join(lines),
        "".join(lines),
        "\n".join(lines),
        "\r\n".join(lines),
        "\\n".join(lines),
        "\\\\n".join(lines),
    ):
        yield flat.encode(errors="surrogateescape")
    for line in lines[:_MOST_LINES]:
        yield line.strip().encode(errors="surrogateescape")
        yield json.dumps(line.strip())[1:-1].encode()
