"""`Drawn`: a widget that draws itself line by line; its own style is worked out once for all of them."""

from __future__ import annotations

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Drawn(Widget):
    """A subclass has ``render_line``, and draws over ``rich_style``.

    Textual goes through the styles of everything around a widget each time it is asked for that, which cost
    more than the line.
    """

    _own_style: Style | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the lines in *crop*."""
        self._own_style = super().rich_style
        try:
            return super().render_lines(crop)
        finally:
            self._own_style = None

    @property
    def rich_style(self) -> Style:
        """The style under everything that it draws."""
        return super().rich_style if self._own_style is None else self._own_style
