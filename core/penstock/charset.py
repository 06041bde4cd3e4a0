"""What a terminal or a pipe can show: its encoding, its font, and whether somebody asked for plain ASCII."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

_GLYPHS = "✗✓▸◦│─╭…█"
_POOR = ("dumb", "linux", "cons", "vt", "ansi", "sun", "unknown")
"""How the names of terminals begin that have few glyphs, whatever the locale says: such as Linux's own."""
_COERCED = "C.UTF-8"
"""What Python itself sets ``LC_CTYPE`` to if the locale is C."""


def carries_glyphs(stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Return whether *stream* can show the glyphs of tables and states.

    It cannot if it is a terminal without a font for them, if the encoding lacks them, or if the locale was
    set to ``C`` or ``POSIX``: there Python writes UTF-8 although nobody said that the terminal reads it. If
    no locale is set at all, as in containers, that means nothing.
    """
    if _locale(environ) in {"C", "POSIX"}:
        return False
    if environ.get("TERM", "").startswith(_POOR) and _is_terminal(stream):
        return False
    try:
        _GLYPHS.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _locale(environ: Mapping[str, str]) -> str:
    """Return the locale of characters, as somebody set it."""
    if environ.get("LC_ALL"):
        return environ["LC_ALL"]
    kind, rest = environ.get("LC_CTYPE", ""), environ.get("LANG", "")
    return kind if kind and not (kind == _COERCED and rest) else rest


def carried(text: str, stream: TextIO | None) -> str:
    """Return *text* with ``?`` for the characters that *stream* cannot encode."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text if text.isascii() else text.encode(encoding, "replace").decode(encoding)


def never_fail(stream: TextIO | None) -> None:
    """Make *stream* write ``?`` for what it cannot encode, instead of raising `UnicodeEncodeError`."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None and getattr(stream, "encoding", "utf-8").lower() not in {"utf-8", "utf8"}:
        reconfigure(errors="replace")
