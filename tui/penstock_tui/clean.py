"""Cleans text that the console did not write before it is shown.

`Clean` is the only text that widgets draw. It is made by `clean` (several lines), `label` (one
line: names, messages in a table) and by `styled` (one line of a log, with its colours kept).
`ControlFilter` is the second guard: it blanks control characters that still reach a rendered line.
"""

from __future__ import annotations

import re
from typing import NewType

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from penstock import terminal_text as gate

Clean = NewType("Clean", str)
"""Text without anything that a terminal could obey."""

_BREAK = re.compile(r"[\n\r\t]+")
_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_UNWANTED = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_ON = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}


def clean(text: object) -> Clean:
    """Return *text* made safe; line breaks stay, tabs become spaces."""
    return Clean(gate.clean(str(text)).expandtabs(8))


def label(text: object) -> Clean:
    """Return *text* made safe on one line: breaks and tabs become one space each."""
    plain = str(text)
    if plain.isprintable():
        return Clean(plain)
    return Clean(gate.clean(_BREAK.sub(" ", plain)))


def styled(line: str) -> list[tuple[Clean, Style]]:
    """Return one line of output as safe pieces, each with the style of its SGR sequences.

    Sixteen colours and the usual attributes are kept; colours of larger palettes and every other
    sequence are dropped. The style starts plain on each line.
    """
    if "\x1b" not in line:
        return [(clean(line), Style.null())] if line else []
    if "\r" in line:  # a line that overwrote itself shows its last state
        line = next((part for part in reversed(line.split("\r")) if part), "")
    pieces: list[tuple[Clean, Style]] = []
    style, start = Style.null(), 0
    attributes: dict[str, str | bool] = {}
    for found in _SGR.finditer(line):
        _add(pieces, line[start : found.start()], style)
        _obey(found.group(1), attributes)
        style, start = _style(attributes), found.end()
    _add(pieces, line[start:], style)
    return pieces


def _add(pieces: list[tuple[Clean, Style]], text: str, style: Style) -> None:
    safe = clean(text)
    if safe:
        pieces.append((safe, style))


def _obey(codes: str, attributes: dict[str, str | bool]) -> None:
    numbers = [int(code) if code.isdigit() and len(code) < 4 else 0 for code in re.split("[;:]", codes)]
    place = 0
    while place < len(numbers):
        code = numbers[place]
        place += 1
        if code == 0:
            attributes.clear()
        elif code in _ON:
            attributes[_ON[code]] = True
        elif code in _OFF:
            for name in _OFF[code]:
                attributes.pop(name, None)
        elif code in {38, 48}:  # a larger palette: skip its operands
            place += {5: 2, 2: 4}.get(numbers[place] if place < len(numbers) else 0, 1)
        elif code in {39, 49}:
            attributes.pop("color" if code == 39 else "bgcolor", None)
        else:
            _colour(code, attributes)


def _colour(code: int, attributes: dict[str, str | bool]) -> None:
    for first, name, prefix in (
        (30, "color", ""),
        (40, "bgcolor", ""),
        (90, "color", "bright_"),
        (100, "bgcolor", "bright_"),
    ):
        if first <= code < first + 8:
            attributes[name] = prefix + _NAMES[code - first]


def _style(attributes: dict[str, str | bool]) -> Style:
    return Style(**attributes) if attributes else Style.null()  # type: ignore[arg-type]


class ControlFilter(LineFilter):
    """Blanks control characters in every rendered segment, as the last guard."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Return *segments* with a ``?`` for each character that a terminal could obey."""
        if all(segment.text.isprintable() or segment.control for segment in segments):
            return segments
        return [
            segment
            if segment.control or segment.text.isprintable()
            else Segment(_UNWANTED.sub("?", segment.text), segment.style)
            for segment in segments
        ]
