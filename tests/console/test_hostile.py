"""Names, messages and parameters that attack the terminal: nothing of it gets through, on any screen."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual.color import Color

from drive.console import Driver, driving
from fakes.believable import believable
from fakes.engine import FakeEngine
from fakes.world import World
from penstock.errors import StoreError
from penstock_tui.clean import ControlFilter, clean, label, styled
from penstock_tui.widgets.line_table import LineTable

FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff]"
)
ATTACKS = {
    "markup": "[/x][@click=app.quit]x[/][b]",
    "escape": "\x1b]52;c;cGF3\x07\x1b[2J\x1b]0;owned\x1b\\\x1bP1$r\x1b\\",
    "control": "\x9b2J\x9d52;c;eA\x9c\x00\x07\x08\x7f\n\t\r",
    "unicode": "\u202eabc\u2066\u200b\ud800漢字\u0301",
}
_KEPT = {"state", "reprocess", "status", "kind", "timezone"}
"""Fields that hold one of our own words."""


def poisoned(value: Any, attack: str) -> Any:
    """Return *value* with *attack* in front of every text in it that an author or a user chose."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return attack + value
    if isinstance(value, tuple):
        return tuple(poisoned(item, attack) for item in value)
    if isinstance(value, list):
        return [poisoned(item, attack) for item in value]
    if isinstance(value, msgspec.Struct):
        names = [name for name in value.__struct_fields__ if name not in _KEPT]
        return msgspec.structs.replace(
            value, **{name: poisoned(getattr(value, name), attack) for name in names}
        )
    return value


def hostile_world(attack: str) -> World:
    good, bad = believable(), World()
    bad.dags = {attack + name: poisoned(detail, attack) for name, detail in good.dags.items()}
    for name, detail in bad.dags.items():
        params = {attack + "p": {"type": "string", "default": attack, "description": attack}}
        bad.dags[name] = msgspec.structs.replace(detail, params=params)
    bad.runs = {(attack + a, attack + b): poisoned(detail, attack) for (a, b), detail in good.runs.items()}
    bad.attempts = {attack + name: poisoned(row, attack) for name, row in good.attempts.items()}
    bad.logs = {
        attack + name: attack.encode("utf-8", "replace") + b"\n" + log for name, log in good.logs.items()
    }
    bad.samples = {attack + name: samples for name, samples in good.samples.items()}
    bad.errors = poisoned(good.errors, attack)
    bad.backfills = {number: poisoned(row, attack) for number, row in good.backfills.items()}
    bad.skips = {attack + name: poisoned(points, attack) for name, points in good.skips.items()}
    bad.pools = {attack + name: poisoned(row, attack) for name, row in good.pools.items()}
    bad.events = poisoned(good.events, attack)
    return bad


WALKS = (
    ("?",),
    (":",),
    ("E", "enter", "escape", "escape"),
    ("r", "y"),
    ("c", "escape"),
    ("b", "escape"),
    ("t", "escape"),
    ("P", "escape"),
    ("w", "escape"),
    ("y",),
    ("R", "j", "c", "escape", "w", "escape", "escape"),
    ("enter", "j", "c", "escape", "m", "escape", "w", "escape", "/", "escape", "l", "w", "escape", "escape"),
    ("2", "enter", "enter", "escape", "escape", "X", "escape", "1"),
    ("j", "j", "X", "escape", "p"),
    ("exclamation_mark", "escape"),
    ("slash", "x", "enter", "escape"),
    ("C", "enter", "escape", "v", "up", "b", "escape", "escape", "escape"),
)
_SPELLED = {"?": "question_mark", ":": "colon", "/": "slash"}


async def look(driver: Driver, wanted: str) -> None:
    await driver.pilot.pause()
    found = FORBIDDEN.search(driver.raw())
    assert found is None, f"after {wanted}: {found!r}"
    assert driver.console.is_running


@pytest.mark.parametrize(
    ("attack", "wall"),
    [
        *(pytest.param(text, False, id=name, marks=pytest.mark.slow) for name, text in ATTACKS.items()),
        pytest.param("".join(ATTACKS.values()), False, id="all against our own care"),
        pytest.param("".join(ATTACKS.values()), True, id="all against the wall"),
    ],
)
async def test_no_screen_lets_it_through(attack: str, wall: bool) -> None:
    engine = FakeEngine(hostile_world(attack))
    async with driving(engine, size=(140, 40)) as driver:
        driver.console._control_filter.enabled = wall
        if not wall:
            driver.console.get_line_filters = list  # type: ignore[method-assign]
        await driver.until(lambda: driver.console.screen.query_one(LineTable).rows)
        for walk in WALKS:
            for key in walk:
                await driver.press(_SPELLED.get(key, key))
                await driver.pilot.pause(0.03)
                await look(driver, f"{key} of {walk}")
            while len(driver.console.screen_stack) > 1:
                await driver.press("escape")
            await driver.press("escape")
            await look(driver, str(walk))
        driver.console.say(attack, "error")
        await look(driver, "an error")


async def test_an_error_of_the_engine_is_cleaned() -> None:
    async with driving(FakeEngine(believable())) as driver:
        await driver.sees("orders_daily")

        def broken(*_args: object, **_more: object) -> None:
            raise StoreError(ATTACKS["escape"] + "[/x]boom")

        driver.engine.dags = broken  # type: ignore[method-assign, assignment]
        driver.engine.notify(all=True)
        await driver.sees("[/x]boom")
        await look(driver, "an engine error")


@given(st.text())
def test_clean_and_label_leave_nothing_to_obey(text: str) -> None:
    assert not FORBIDDEN.search(clean(text))
    assert not FORBIDDEN.search(label(text))
    assert "\n" not in label(text)


@given(st.text(alphabet=st.sampled_from("ab\x1b[]0;31m4852\x07\x9b\r\x90\u202e K")))
def test_styled_lines_leave_nothing_to_obey(line: str) -> None:
    assert not FORBIDDEN.search("".join(text for text, _ in styled(line)))


def test_styled_keeps_sixteen_colours_and_no_more() -> None:
    pieces = styled("a\x1b[1;31mb\x1b[0mc\x1b[38;5;200md\x1b[38;2;1;2;3me\x1b[92;44mf\x1b[39mg")
    assert [text for text, _ in pieces] == list("abcdefg")
    styles = [str(style) for _, style in pieces]
    assert styles == ["none", "bold red", "none", "none", "none", "bright_green on blue", "on blue"]


@given(st.text())
def test_the_wall_blanks_what_others_forgot(text: str) -> None:
    shown = ControlFilter().apply([Segment(text)], Color(0, 0, 0))
    assert not FORBIDDEN.search("".join(segment.text for segment in shown).replace("\n", ""))
