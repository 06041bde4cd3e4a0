"""Every screen as plain text at three sizes, against files that are read in review.

After a change that is meant: ``PENSTOCK_GOLDENS=write pytest tests/console/test_goldens.py``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from drive.console import SIZES, driving
from penstock_tui.widgets.line_table import LineTable

FOLDER = Path(__file__).parent / "goldens"
STORIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dags": ((), ("orders_daily", "prod-etl")),
    "dags_filtered": (("slash", *"state:run", "enter"), ("filter", "flaky")),
    "runs": (("R",), ("24 runs", "06:00:02")),
    "all_runs": (("4",), ("> runs", "fx_rates")),
    "failures": (("5",), ("error line", "flaky")),
    "merged": (("enter", "L"), ("7 tasks", "END")),
    "now": (("6",), ("cpu%", "first barrier")),
    "digest": (("0",), ("while you were away", "failed")),
    "coming": (("7",), ("> coming", "next 24 hours")),
    "what_if": (("7", "W", "ctrl+s"), ("> what if", "gone")),
    "graph": (("D",), ("✗ join", "exit 1")),
    "assets": (("9",), ("orders", "rates")),
    "system": (("8",), ("parallelism", "pools")),
    "backfills": (("2",), ("nyc_flights", "at once")),
    "backfill_points": (("2", "enter"), ("2026-07-12",)),
    "errors": (("E",), ("file:line", "broken.py")),
    "retry": (("r",), ("Retry 6 tasks (y)",)),
    "clear": (("c",), ("Clear 12 tasks (y)",)),
    "backfill": (("b", "ctrl+u", *"2026-07-20"), ("Create 9 (^s)",)),
    "pauses": (("P",), ("Pause orders_daily (y)",)),
    "breakpoint": (("B", *"join"), ("Stop before join",)),
    "trigger": (("t",), ("Trigger 1 run (y)",)),
    "help": (("question_mark",), ("Keys of this view",)),
    "palette": (("colon", *"cl"), ("clear",)),
    "why": (("w",), ("Why:",)),
    "gone": ((), ("no engine",)),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("story", STORIES)
async def test_screen_is_as_reviewed(story: str, size: tuple[int, int]) -> None:
    keys, wanted = STORIES[story]
    file = FOLDER / f"{story}_{size[0]}x{size[1]}.txt"
    async with driving(size=size) as driver:
        await driver.until(lambda: driver.console.screen.query_one(LineTable).rows)
        await driver.sees("prod-etl")
        if story == "gone":
            driver.engine.stop()
        for key in keys:
            await driver.press({"-": "minus", ":": "colon"}.get(key, key))
            await driver.pilot.pause()
            if key == "7" and story != "backfill":
                await driver.sees("fx_rates")
        await driver.sees(*wanted)
        if os.environ.get("PENSTOCK_GOLDENS") == "write":
            await driver.pilot.pause(0.5)
            FOLDER.mkdir(exist_ok=True)
            file.write_text(driver.text() + "\n", encoding="utf-8")
            pytest.skip("written")
        expected = file.read_text(encoding="utf-8")
        await driver.until(lambda: driver.text() + "\n" == expected, f"{file.name}\n{expected}\n")
