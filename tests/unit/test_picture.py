"""What is sent from one picture to the next: an emulator that gets it must show the second picture."""

from __future__ import annotations

import asyncio
import random
import unicodedata
from collections.abc import Callable
from functools import cache
from itertools import pairwise, product
from typing import Any

import pyte.screens
import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from drive.far_screen import FarScreen, differing
from penstock_tui.picture.difference import difference
from penstock_tui.picture.look import PLAIN, Look, change, look_of, on_blank
from penstock_tui.picture.moved import Shift, moved
from penstock_tui.picture.row import Row, blank, row_of
from penstock_tui.picture.sender import Sender

WIDTH, HEIGHT = 24, 7
PIECES = ("a", "word", "two words", " ", "    ", " " * 9, "é", "日本", "e\u0301x", "──┤", "✗", "中 ", "|")
STYLES = (
    "", "", "", "bold", "dim", "reverse", "bold reverse", "red", "dim red", "underline", "on blue",
    "bold yellow on red", "strike", "italic", "color(123)", "default on default", "overline",
)  # fmt: skip
System = ColorSystem.TRUECOLOR


def row(*pieces: tuple[str, str], width: int = WIDTH) -> Row:
    """Return a row of *pieces* (text, style), filled up or cut."""
    found = row_of([Segment(text, Style.parse(style)) for text, style in pieces], System)
    return blank(width).painted(0, found.cut(0, width))


def whole(rows: list[Row]) -> FarScreen:
    """Return a terminal that shows *rows*, without having been sent any."""
    far = FarScreen(len(rows[0].texts), len(rows))
    for y, each in enumerate(rows):
        for x, (text, look) in enumerate(zip(each.texts, each.looks, strict=True)):
            far.buffer[y][x] = _drawn(look)._replace(data=unicodedata.normalize("NFC", text))
    return far


@cache
def _drawn(look: Look) -> Any:
    """Return how the emulator draws a character of this look."""
    far = FarScreen(1, 1)
    far.feed(f"{change(PLAIN, look)}x")
    return far.buffer[0][0]


def picture(chance: random.Random) -> list[Row]:
    """Return rows of random pieces."""
    return [
        row(*((chance.choice(PIECES), chance.choice(STYLES)) for _ in range(chance.randint(0, 8))))
        for _ in range(HEIGHT)
    ]


@pytest.mark.parametrize("seed", range(25))
def test_the_terminal_shows_each_picture(seed: int) -> None:
    chance = random.Random(seed)
    found = [picture(chance) for _ in range(3)]
    found.append([*found[-1][:3], *picture(chance)[3:]])
    far = FarScreen(WIDTH, HEIGHT)
    far.soil()
    far.feed(difference(None, found[0]))
    assert differing(far, whole(found[0])) == []
    for before, after in pairwise(found):
        far.feed(difference(before, after))
        assert differing(far, whole(after)) == []


@pytest.mark.parametrize("by", [-5, -3, -1, 1, 2, 4])
def test_it_shows_rows_that_moved(by: int) -> None:
    chance = random.Random(by)
    before = [row((f"{y} of some length", "")) if y % 3 else each for y, each in enumerate(picture(chance))]
    after = Shift(1, HEIGHT - 1, by).applied(before)
    after[chance.randrange(HEIGHT)] = picture(chance)[0]
    far = FarScreen(WIDTH, HEIGHT)
    for sent in (difference(None, before), difference(before, after)):
        far.feed(sent)
    assert differing(far, whole(after)) == []


def test_the_same_picture_sends_nothing() -> None:
    shown = picture(random.Random(1))
    assert difference(shown, [Row([*each.texts], [*each.looks]) for each in shown]) == ""


LINE = "x" * 20
TABLE = {
    "one character": ([("abcdef", "")], [("abXdef", "")], "\x1b[1;3HX"),
    "two that are near": ([("abcdefgh", "")], [("aXcdXfgh", "")], "\x1b[1;2HXcdX"),
    "two that are far": ([(LINE, "")], [("X" + LINE[2:] + "X", "")], "\x1b[HX\x1b[20GX"),
    "the rest is blank": ([(LINE, "")], [("x", "")], "\x1b[1;2H\x1b[K"),
    "few blanks are written": ([("abc", "")], [("a", "")], "\x1b[1;2H  "),
    "gaps are passed over": ([(LINE, "")], [("a         b", "")], "\x1b[Ha\x1b[K\x1b[9Cb"),
    "one style in one run": ([], [("a b c", "red")], "\x1b[H\x1b[31ma b c\x1b[m"),
    "blanks go with either": ([], [("a ", "red"), (" b", "")], "\x1b[H\x1b[31ma  \x1b[mb"),
    "the least change": ([], [("a", "bold red"), ("b", "bold blue")], "\x1b[H\x1b[1;31ma\x1b[34mb\x1b[m"),
    "a bar is not blank": ([], [("      ", "reverse")], "\x1b[H\x1b[7m      \x1b[m"),
    "erased in plain": ([(LINE, "on red")], [], "\x1b[H\x1b[K"),
    "colour of a blank is not seen": ([("a ", "")], [("a", ""), (" ", "bold red")], ""),
    "a link": ([], [("a", "link http://x/")], None),
    "a wide one": ([("日本", "")], [("日木", "")], "\x1b[1;3H木"),
    "a wide one goes": ([("日本", "")], [("ab本", "")], "\x1b[Hab"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_what_is_sent(name: str) -> None:
    before, after, sent = TABLE[name]
    found = difference([row(*before)], [row(*after)])
    if sent is not None:
        assert found == sent
    else:
        assert found.count("\x1b]8;") == 2
        assert found.endswith("\x1b]8;;\x1b\\")


def test_lines_that_move_up_are_moved_by_the_terminal() -> None:
    lines = [row((chr(97 + number) * 20, "")) for number in range(20)]
    title, end = row(("title", "bold")), row(("keys", "dim"))
    before, after = [title, *lines[:7], end], [title, *lines[1:8], end]
    assert moved(before, after) == Shift(1, 8, -1)
    assert moved(after, before) == Shift(1, 8, 1)
    assert len(difference(before, after)) < 60
    assert len(difference(after, before)) < 60


def test_what_is_unlike_or_cheaply_written_does_not_move() -> None:
    alike = [row((f"{number} {LINE}", "")) for number in range(10)]
    assert moved([row((f"{n}", "")) for n in range(9)], alike[:9]) is None
    assert moved(alike[:9], alike[1:]) is None


@pytest.mark.parametrize(("before", "after"), [*product(STYLES[2:], STYLES[2:])])
def test_a_change_of_looks_is_the_same_as_a_new_beginning(before: str, after: str) -> None:
    first, second = (look_of(Style.parse(style), System) for style in (before, after))
    stepped, anew = FarScreen(2, 1), FarScreen(2, 1)
    stepped.feed(change(PLAIN, first) + "a" + change(first, second) + "b")
    anew.feed(f"{change(PLAIN, first)}a\x1b[0m{change(PLAIN, second)}b")
    assert differing(stepped, anew) == []


def test_looks_in_few_colours() -> None:
    style = Style.parse("#ff0000 on #0000ff")
    assert look_of(style, ColorSystem.STANDARD) == Look(frozenset(), "31", "44")
    assert look_of(style, ColorSystem.TRUECOLOR).colour == "38;2;255;0;0"
    assert on_blank(look_of(Style.parse("bold red"), System)) == PLAIN


@pytest.mark.parametrize("cells", [1, 2])
@pytest.mark.parametrize("doubtful", ["🙂", "❤\ufe0f", "☺\ufe0f", "👍🏽", "⌚"])
def test_a_terminal_that_thinks_otherwise_of_a_width_keeps_what_is_beside_it(
    cells: int, doubtful: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = pyte.screens.wcwidth
    monkeypatch.setattr(
        pyte.screens, "wcwidth", lambda char: cells if char == doubtful[0] else min(1, max(0, known(char)))
    )
    before, after = [row((LINE, ""))], [row((f"ab{doubtful}cdef", ""))]
    far = FarScreen(WIDTH, 1)
    far.feed(difference(None, before) + difference(before, after))
    place = after[0].texts.index("c")
    assert far.display[0].startswith("ab")
    assert "".join(far.buffer[0][x].data for x in range(place, WIDTH)).rstrip() == "cdef"
    assert "x" not in far.display[0]


def test_what_combines_stays_with_its_character_across_styles() -> None:
    assert row(("e", "red"), ("\u0301f", "")).texts[:3] == ["e\u0301", "f", " "]


def test_half_a_wide_character_is_blank() -> None:
    assert row(("日本", "")).painted(1, row_of([Segment("x")], System)).texts[:4] == [" ", "x", "本", ""]


def _fails(error: Exception) -> None:
    raise error


async def until(condition: Callable[[], object]) -> None:
    """Wait until *condition* holds, at most five seconds."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError


async def test_frames_do_not_queue_for_a_terminal_that_is_behind() -> None:
    written: list[str] = []
    behind = True
    sender = Sender(written.append, System, behind=lambda: behind, failed=_fails)
    for text in ("one", "two", "three"):
        sender.take(LayoutUpdate([[Strip([Segment(text)], len(text))]], Region(0, 0, 8, 1)))
        await asyncio.sleep(0.03)
    assert written == []
    behind = False
    await until(lambda: written)
    assert [data.endswith("three") for data in written] == [True]


async def test_what_is_held_comes_when_it_is_released_or_its_time_is_over() -> None:
    written: list[str] = []
    sender = Sender(written.append, System, failed=_fails)

    def take(text: str) -> None:
        sender.take(LayoutUpdate([[Strip([Segment(text)], len(text))]], Region(0, 0, 8, 1)))

    take("first")  # there is nothing to look at: at once
    await until(lambda: len(written) >= 1)
    sender.hold(30.0)
    take("second")
    take("third")
    await asyncio.sleep(0.05)
    assert len(written) == 1
    sender.release()
    await until(lambda: len(written) >= 2)
    sender.hold(0.02)
    take("fourth")
    await until(lambda: len(written) >= 3)
    assert [text in data for text, data in zip(("first", "third", "fourth"), written, strict=True)] == 3 * [
        True
    ]


async def test_an_error_in_drawing_is_told() -> None:
    told: list[Exception] = []
    sender = Sender(lambda _: None, System, behind=lambda: 1 / 0 > 0, failed=told.append)
    sender.take(LayoutUpdate([[Strip([Segment("x")], 1)]], Region(0, 0, 1, 1)))
    await until(lambda: told)
    assert isinstance(told[0], ZeroDivisionError)
