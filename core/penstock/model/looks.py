"""What states look like: a glyph, a letter and a colour, so that each is clear without the others.

The glyphs are of neutral width in every locale. Styles are Rich style strings over the terminal's own
sixteen colours, so they follow the user's palette, light or dark; running and failed are also bold, so
that both show without colour. Who draws them is `penstock_tui.view.state_style`.
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


LOOKS: dict[str, Look] = {
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
    "at_breakpoint": Look("⊣", "B", "bold blue", "break"),
    "asks": Look("✎", "A", "bold yellow", "asks"),
    "none": Look("-", "-", "bright_black", ""),
    "created": Look("+", "+", "bold green", "create"),
    "kept": Look("⊜", "=", "bright_black", "kept"),
    "waiting": Look("◌", "Q", "yellow", "waiting"),
    "missing": Look("∅", "M", "bright_black", "gone"),
    "lost": Look("?", "L", "bold red", "lost"),
    "quarantined": Look("!", "!", "bold red", "quarantine"),
}
"""By the names of states of runs and tasks, and of other things that are drawn like states."""
