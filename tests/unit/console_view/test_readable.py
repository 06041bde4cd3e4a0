"""What is drawn can be read: on light and dark palettes, without colours, and in plain ASCII."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

import penstock
import penstock_tui
from penstock.model.drawing.box import to_ascii
from penstock.model.looks import LOOKS
from penstock_tui.readable import ReadableFilter
from penstock_tui.view.state_style import Looks

ROOMS = [
    Path(penstock_tui.__file__).parent,
    Path(penstock.__file__).parent / "cli",
    Path(penstock.__file__).parent / "model",
]
PALETTES = {
    "xterm": "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5"
    " 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
    "linux": "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa"
    " 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    "tango": "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf"
    " 555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec",
    "campbell": "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc"
    " 767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2",
}
"""What usual terminals show for the sixteen colours."""
NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]
NAMES += [f"bright_{name}" for name in NAMES]
TEXT = 4.5
"""The least contrast of text, WCAG 2 AA."""


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def literals() -> Iterator[tuple[str, str]]:
    """Yield (place, text) of every text in the rooms that draw, but no docstring."""
    for room in ROOMS:
        for file in room.rglob("*.py"):
            if file.name in {"clean.py", "row.py"}:  # classes of characters that are looked for, never drawn
                continue
            tree = ast.parse(file.read_text(encoding="utf-8"))
            docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                    yield f"{file.name}:{node.lineno}", node.value


ON = re.compile(rf"(?:bold |dim |italic )*(?:({'|'.join(NAMES)}) )on ({'|'.join(NAMES)})")


def test_text_on_a_colour_has_contrast_on_every_palette() -> None:
    pairs: dict[tuple[str, str], str] = {}
    for place, text in literals():
        found = ON.fullmatch(text)
        if found is not None:
            pairs[found[1], found[2]] = place
    assert pairs, "no style with a background was found"
    for name, colors in PALETTES.items():
        palette = dict(zip(NAMES, colors.split(), strict=True))
        for (front, ground), place in pairs.items():
            has = contrast(palette[front], palette[ground])
            assert has >= TEXT, f"{place}: {front} on {ground} has {has:.1f} with the colours of {name}"


def test_bright_black_cannot_be_read_everywhere_and_is_never_drawn() -> None:
    worst = min(contrast(colors.split()[8], colors.split()[0]) for colors in PALETTES.values())
    assert worst < TEXT  # else the filter is not needed
    styles = ["bright_black", "bold bright_black", "bright_black on red", "reverse bright_black", "red", ""]
    segments = [Segment("x", Style.parse(style)) for style in styles]
    drawn = ReadableFilter().apply([*segments, Segment("y")], Color.parse("black"))
    assert [str(segment.style) for segment in drawn[:-1]] == [
        "dim default",
        "bold dim default",
        "default on red",
        "reverse default",
        "red",
        "none",
    ]
    assert drawn[-1] == Segment("y")
    plain = [Segment("z", Style.parse("green"))]
    assert ReadableFilter().apply(plain, Color.parse("black")) is plain


def test_every_glyph_has_a_twin_in_ascii() -> None:
    left = {}
    for place, text in literals():
        odd = [char for char in to_ascii(text) if not char.isascii() and char != "\uffff"]
        if odd:
            left[place] = "".join(odd)
    assert left == {}, "add them to model/drawing/box.py"
    assert all(look.letter.isascii() and len(look.letter) == 1 for look in LOOKS.values())
    assert all(Looks(ascii=True).worded(name)[0].isascii() for name in LOOKS)


@pytest.mark.parametrize("looks", [Looks(), Looks(ascii=True)], ids=["glyphs", "ascii"])
def test_states_differ_without_colour(looks: Looks) -> None:
    """Colour-blind people, NO_COLOR and a black and white terminal see the character only."""
    by_character: dict[str, set[str]] = {}
    for name, look in LOOKS.items():
        by_character.setdefault(looks.glyph(name), set()).add(look.word)
    alike = {char: words for char, words in by_character.items() if len(words) > 1}
    known = {
        frozenset({"paused", "frozen", "held"}),  # three ways to say that it does not go on; the word follows
        frozenset({"queued", "waiting"}),
        frozenset({"waiting", "deferred"}),
        frozenset({"removed", "gone"}),
        frozenset({"kept", "held"}),
    }
    assert {frozenset(words) for words in alike.values()} <= known, alike
    states = ("success", "failed", "running", "queued", "up_for_retry", "skipped")
    assert len({looks.glyph(name) for name in states}) == len(states)
