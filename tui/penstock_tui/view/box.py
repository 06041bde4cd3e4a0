"""Box-drawing characters by the sides they join, and their ASCII stand-ins. Pure."""

from __future__ import annotations

NORTH, EAST, SOUTH, WEST = 1, 2, 4, 8

BOX = " ╵╶╰╷│╭├╴╯─┴╮┤┬┼"
"""Indexed by the sum of the sides that a cell joins."""

SIDES = {char: sides for sides, char in enumerate(BOX)}
"""The sides that a character joins."""

ELIDED = "⋯"
"""Stands where something is left out for want of room."""

_ASCII = str.maketrans("│─╭╮╰╯├┤┬┴┼╵╷╶╴⋯", "|-..''+++++||--~")


def to_ascii(cells: str) -> str:
    """Return *cells* with every box character replaced by its nearest in ASCII."""
    return cells.translate(_ASCII)
