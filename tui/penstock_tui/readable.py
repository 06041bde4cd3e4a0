"""Colours that can be read on every palette.

Everything is drawn in the terminal's own sixteen colours. One of them cannot be trusted: bright black is
hardly brighter than the background on some palettes, and is the background on others.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

BRIGHT_BLACK = 8
"""Its number among the sixteen."""


class ReadableFilter(LineFilter):
    """Draws what is bright black in the dimmed colour of all text, which the terminal works out itself."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Return *segments* without bright black text."""
        if not any(_is_grey(segment.style) for segment in segments):
            return segments
        return [
            Segment(segment.text, readable(segment.style), segment.control)
            if segment.style is not None and _is_grey(segment.style)
            else segment
            for segment in segments
        ]


def _is_grey(style: Style | None) -> bool:
    color = None if style is None else style.color
    return color is not None and color.type is ColorType.STANDARD and color.number == BRIGHT_BLACK


@lru_cache(maxsize=1024)
def readable(style: Style) -> Style:
    """Return *style* with dimmed text in place of bright black; on a colour of its own it is not dimmed."""
    plain = Style(color=RichColor.default())
    on_colour = style.bgcolor is not None and not style.bgcolor.is_default
    return style + plain if on_colour or style.reverse else style + plain + Style(dim=True)
