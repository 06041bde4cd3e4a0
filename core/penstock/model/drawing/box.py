"""Box-drawing characters by the sides they join, and their ASCII replacements. Pure."""

from __future__ import annotations

NORTH, EAST, SOUTH, WEST = 1, 2, 4, 8

BOX = " ╵╶╰╷│╭├╴╯─┴╮┤┬┼"
"""Indexed by the sum of the sides that a cell joins."""

SIDES = {char: sides for sides, char in enumerate(BOX)}
"""The sides that a character joins."""

ELIDED = "⋯"
"""Shown where something is left out for lack of space."""

_ASCII = str.maketrans(
    "│─╭╮╰╯├┤┬┴┼╵╷╶╴⋯┌┐└┘━┃╸╺║═▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▐▔✗✓⨯⊗⊘⊜∅∿⟳↻◌◦·▸▾▴»↑↓←→…—┈▲░⊣✎",
    "|-..''+++++||--~....-|--|=_.-=+*%#########-xvxx%=0~@@oo.>v^#^v<>~--^.BA",
)  # fmt: skip


def to_ascii(cells: str) -> str:
    """Return *cells* with every drawing character replaced by its nearest in ASCII."""
    return cells.translate(_ASCII)
