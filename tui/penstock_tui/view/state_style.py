"""How a state looks: a glyph, a letter and a colour, so that each is clear without the others. Pure.

The glyphs are of neutral width in every locale. `Looks(ascii=True)` gives letters for them. Styles
are Rich style strings over the terminal's own sixteen colours, so they follow the user's palette,
light or dark; what runs is bold and what failed is bold too, so that both show without colour.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """One state: ``glyph`` is one cell wide, ``letter`` its ASCII twin, ``style`` a Rich style."""

    glyph: str
    letter: str
    style: str
    word: str


_LOOKS: dict[str, Look] = {
    "success": Look("✓", "S", "green", "success"),
    "failed": Look("✗", "F", "bold red", "failed"),
    "running": Look("▸", "R", "bold cyan", "running"),
    "queued": Look("◌", "Q", "yellow", "queued"),
    "scheduled": Look("◦", "W", "yellow", "scheduled"),
    "pending": Look("·", ".", "bright_black", "pending"),
    "up_for_retry": Look("⟳", "T", "bold yellow", "retry"),
    "up_for_reschedule": Look("∿", "E", "cyan", "waiting"),
    "deferred": Look("∿", "D", "cyan", "deferred"),
    "upstream_failed": Look("⊘", "U", "red", "blocked"),
    "skipped": Look("»", "K", "bright_black", "skipped"),
    "stopping": Look("⨯", "X", "bold magenta", "stopping"),
    "restarting": Look("↻", "N", "bold magenta", "restarting"),
    "cancelled": Look("⊗", "C", "magenta", "cancelled"),
    "removed": Look("∅", "M", "bright_black", "removed"),
    "paused": Look("=", "P", "bright_black", "paused"),
    "frozen": Look("=", "Z", "blue", "frozen"),
    "held": Look("=", "H", "blue", "held"),
    "none": Look("-", "-", "bright_black", ""),
    "created": Look("+", "+", "bold green", "create"),
    "kept": Look("⊜", "=", "bright_black", "kept"),
    "waiting": Look("◌", "Q", "yellow", "waiting"),
    "missing": Look("∅", "M", "bright_black", "gone"),
    "lost": Look("?", "L", "bold red", "lost"),
    "quarantined": Look("!", "!", "bold red", "quarantine"),
}


class Looks:
    """The looks of all states, with glyphs or in plain ASCII."""

    __slots__ = ("_ascii",)

    def __init__(self, *, ascii: bool = False) -> None:  # noqa: A002
        self._ascii = ascii

    @property
    def ascii(self) -> bool:
        """Whether only ASCII may be drawn."""
        return self._ascii

    def look(self, state: str) -> Look:
        """Return how *state* looks; unknown states look like none."""
        return _LOOKS.get(state, _LOOKS["none"])

    def glyph(self, state: str) -> str:
        """Return the one character that stands for *state*."""
        look = self.look(state)
        return look.letter if self._ascii else look.glyph

    def style(self, state: str) -> str:
        """Return the Rich style of *state*."""
        return self.look(state).style

    def cell(self, state: str) -> tuple[str, str]:
        """Return glyph and style: one span."""
        return self.glyph(state), self.look(state).style

    def worded(self, state: str) -> tuple[str, str]:
        """Return glyph with word, and style: one span."""
        look = self.look(state)
        return f"{self.glyph(state)} {look.word}".rstrip(), look.style


def known_states() -> tuple[str, ...]:
    """Return every state that has a look of its own."""
    return tuple(_LOOKS)
