"""The one gate for text that we did not write, before it reaches a terminal.

Task output, file names, error messages and parameters may carry control sequences that move the
cursor, retitle the window, write the clipboard or make the terminal type. `clean` leaves text only:
characters that draw themselves, tabs, and newlines.
"""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"
"""Stands where a character was taken out that has no picture of its own."""

# A control string (OSC, DCS, SOS, PM, APC) runs to BEL or ST; CAN, SUB or another escape aborts
# it, and a string that nobody ends reaches to the end of the line. Classes are disjoint from what
# follows them, so matching is linear in hostile input too.
_BODY = r"[^\x07\x18\x1a\x1b\x9c]*(?:[\x07\x18\x1a\x9c]|\x1b\\)?"
_PARAMETERS = r"[0-?]*[ -/]*[@-~]?"
_SEQUENCE = re.compile(
    rf"\x1b+(?:[\]PX^_]{_BODY}|\[{_PARAMETERS}|[ -/]*[0-~]?)"
    rf"|[\x90\x98\x9d\x9e\x9f]{_BODY}"
    rf"|\x9b{_PARAMETERS}"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# C1; soft hyphen; bidi marks, embeddings and isolates; zero-width characters; line separators;
# interlinear marks; musical and shorthand format controls; tags; lone surrogates.
_UNSAFE = re.compile(
    "[\x80-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"
    "\ud800-\udfff]"
)


def clean(text: str) -> str:
    """Return *text* with nothing left in it that a terminal could obey.

    Whole control sequences are dropped; other control characters become their picture (``␇``) and
    format characters, bidi controls and lone surrogates U+FFFD. Newlines and tabs stay. A line
    that overwrote itself with carriage returns, as progress bars do, keeps its last state. The
    answer for a clean text is the text itself, so calling this twice changes nothing.
    """
    if text.isprintable():
        return text
    if "\n" in text:
        return "\n".join([line if line.isprintable() else _clean_line(line) for line in text.split("\n")])
    return _clean_line(text)


def visible(text: str) -> str:
    """Return *text* on one line, with an escape as in Python's source for each character that draws nothing.

    For logs of our own, where what was said is to be read, control sequences and newlines included.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )


def _clean_line(line: str) -> str:
    line = _SEQUENCE.sub("", line)
    if "\r" in line:
        line = next((part for part in reversed(line.split("\r")) if part), "")
    line = _CONTROL.sub(_picture, line)
    return _UNSAFE.sub(REPLACEMENT, line)


def _picture(found: re.Match[str]) -> str:
    code = ord(found.group())
    return "␡" if code == 0x7F else chr(0x2400 + code)
