"""What an operator does with a log: ends of lines, JSON, times, marks, pager, editor, saving."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drive.console import SIZES, Driver, driving, open_log
from fakes.engine import FakeEngine
from fakes.world import replace
from penstock.errors import UsageError
from penstock.model.states import TaskState
from penstock.model.views.attempts import LogChunk
from penstock_tui.dialogs.ask_line import AskLine
from penstock_tui.outside import command_of, run
from penstock_tui.view.log_moment import log_moment
from penstock_tui.widgets.log_view import LogView

ENDED = ("orders_daily", "join", 3)
BEGUN = datetime(2026, 8, 21, 6, 0, tzinfo=UTC)


class TimedEngine(FakeEngine):
    """An engine whose logs were written a line a minute."""

    def read_log(self, attempt_id: str, offset: int, limit: int) -> LogChunk:
        chunk = super().read_log(attempt_id, offset, limit)
        line = self.world.logs[attempt_id].count(b"\n", 0, chunk.offset)
        return replace(chunk, start_time=BEGUN + timedelta(minutes=line))


class TimelessEngine(FakeEngine):
    """An engine whose logs have no time index."""

    def read_log(self, attempt_id: str, offset: int, limit: int) -> LogChunk:
        return replace(super().read_log(attempt_id, offset, limit), start_time=None)


def engine_with(data: bytes, kind: type[FakeEngine] = FakeEngine) -> FakeEngine:
    engine = kind()
    dag_id, task_id, number = ENDED
    run_id = engine.world.runs_of(dag_id)[0].run_id
    engine.world.logs[engine.world.attempt_of(dag_id, run_id, task_id, number)] = data
    return engine


async def at_log(driver: Driver) -> LogView:
    return await open_log(driver, ENDED[0], ENDED[1])


NUMBERS = b"".join(b"line %03d\n" % number for number in range(300))


# -- long lines ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("length", [500, 60_000, 64_000])
async def test_a_key_goes_to_the_end_of_long_lines_and_one_back(size: tuple[int, int], length: int) -> None:
    data = b"start" + b"." * length + b"THE-END\nshort\n"
    async with driving(engine_with(data), size=size) as driver:
        await at_log(driver)
        await driver.sees("start...")
        await driver.press("dollar_sign")
        await driver.sees("..THE-END")
        await driver.press("circumflex_accent")
        await driver.sees("start...")
        await driver.press("w", "dollar_sign")
        await driver.sees("lines are wrapped")


# -- JSON ------------------------------------------------------------------------------------------

JSON = b"\n".join(
    [
        b'{"timestamp": "2026-08-21T06:00:01Z", "level": "info", "event": "loaded", "rows": 3}',
        b'{"broken": ',
        b"plain text",
        (
            b'{"level": "error", "msg": "boom", "time": "2026-08-21T06:00:02.5Z",'
            b' "stack": "Trace:\\n  at x\\n  at y"}'
        ),
        b"",
    ]
)


@pytest.mark.parametrize("size", SIZES)
async def test_json_lines_are_shown_as_time_level_message_and_fields(size: tuple[int, int]) -> None:
    async with driving(engine_with(JSON), size=size) as driver:
        await at_log(driver)
        await driver.sees('{"timestamp": "2026', "plain text")
        await driver.press("x")
        await driver.sees("06:00:01.000 INFO  loaded  rows=3", '{"broken":', "plain text", " JSON ")
        await driver.sees("06:00:02.500 ERROR boom", "Trace:", "  at x", "  at y")
        await driver.press("x")
        await driver.sees('{"timestamp": "2026')


async def test_a_search_in_json_lines_shows_its_hit_and_finds_what_is_only_in_the_raw_text() -> None:
    lines = [
        json.dumps({"event": f"step {number}", "level": "info", "pad": "." * 400, "x": f"needle{number}"})
        for number in range(100)
    ]
    async with driving(engine_with("\n".join(lines).encode() + b"\n"), size=(80, 24)) as driver:
        await at_log(driver)
        await driver.press("x", "slash")
        await driver.type("needle42")
        await driver.press("enter")
        await driver.sees("hit 1 of 1", "x=needle42")
        await driver.press("slash", "ctrl+u")
        await driver.type('"event": "step 77"')
        await driver.press("enter")
        await driver.sees("hit 1 of 1")


async def test_errors_of_json_loggers_are_error_lines() -> None:
    data = (
        b'{"level":"info","msg":"a"}\n' * 300 + b'{"level":50,"msg":"boom"}\n' + b'{"level":"info"}\n' * 300
    )
    async with driving(engine_with(data)) as driver:
        await at_log(driver)
        await driver.press("e")
        await driver.sees("boom")


# -- times -----------------------------------------------------------------------------------------


async def go_to(driver: Driver, text: str) -> None:
    await driver.press("T")
    await driver.until(lambda: isinstance(driver.console.screen, AskLine))
    await driver.type(text)
    await driver.press("enter")


async def test_it_goes_to_a_time() -> None:
    async with driving(engine_with(NUMBERS, TimedEngine)) as driver:
        await at_log(driver)
        await driver.sees("line 299")
        for text, line in (("07:30", "090"), ("-10m", "289"), ("+5m", "005"), ("2026-08-21T08:00", "120")):
            await go_to(driver, text)
            await driver.sees(f">line {line}")
        await go_to(driver, "2026-08-01")
        await driver.sees(">line 000", "the log begins at 2026-08-21 06:00:00")
        await go_to(driver, "2027-01-01")
        await driver.sees("line 299", "the log ends at 2026-08-21 10:59:00")
        await go_to(driver, "soon")
        await driver.sees("'soon' is not a time: write 06:30")
        await driver.press("escape")


async def test_a_log_without_times_says_so() -> None:
    async with driving(engine_with(NUMBERS, TimelessEngine)) as driver:
        await at_log(driver)
        await go_to(driver, "-10m")
        await driver.sees("it is not known when this log was written")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("-10m", "2026-08-21T09:50:00"),
        ("-1h30m", "2026-08-21T08:30:00"),
        ("-90s", "2026-08-21T09:58:30"),
        ("-2d", "2026-08-19T10:00:00"),
        ("+1h", "2026-08-21T07:00:00"),
        ("06:30", "2026-08-21T06:30:00"),
        ("6:30:15", "2026-08-21T06:30:15"),
        ("23:00", "2026-08-20T23:00:00"),  # the last one before the end
        ("2026-08-21", "2026-08-21T00:00:00"),
        ("2026-08-21T08:00+02:00", "2026-08-21T06:00:00"),
        ("2026-08-21 08:00:01", "2026-08-21T08:00:01"),
    ],
)
def test_times_as_they_are_typed(text: str, wanted: str) -> None:
    found = log_moment(text, BEGUN, BEGUN + timedelta(hours=4), UTC)
    assert found.astimezone(UTC).isoformat().removesuffix("+00:00") == wanted


@pytest.mark.parametrize("text", ["", "-", "10m", "soon", "25:00", "2026-13-01", "-99999d99999h", "-10x"])
def test_what_is_not_a_time(text: str) -> None:
    with pytest.raises(UsageError):
        log_moment(text, datetime(1, 1, 2, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC), UTC)


# -- marks -----------------------------------------------------------------------------------------


async def test_lines_are_marked_and_copied() -> None:
    async with driving(engine_with(NUMBERS)) as driver:
        view = await at_log(driver)
        await driver.sees("line 299")
        await driver.press("space")  # the lowest
        await driver.sees("MARKING")
        await driver.press("up", "up", "space", "y")
        await driver.until(lambda: driver.console.clipboard == "line 297\nline 299")
        assert not view.picks
        await driver.press("v", *["up"] * 40)
        await driver.sees("RANGE", "*line 260", ">line 259")
        await driver.press("y")
        await driver.until(lambda: driver.console.clipboard.split("\n")[0] == "line 259")
        assert driver.console.clipboard == NUMBERS.decode()[259 * 9 :].rstrip()
        await driver.sees("41 lines")
        await driver.press("space", "escape")
        assert not view.picks
        assert not view.choosing


async def test_of_only_the_matches_a_range_copies_only_matches() -> None:
    async with driving(engine_with(NUMBERS)) as driver:
        await at_log(driver)
        await driver.press("slash")
        await driver.type("~7$")
        await driver.press("enter")
        await driver.sees("of 30")
        await driver.press("ampersand", "v", "up", "up", "y")
        await driver.until(lambda: driver.console.clipboard == "line 277\nline 287\nline 297")


# -- pager, editor, file ---------------------------------------------------------------------------


class Program:
    """Stands for another program on the terminal: remembers what it was shown."""

    def __init__(self) -> None:
        self.command: list[str] = []
        self.text = b""
        self.mode = 0

    def __call__(self, command: Sequence[str]) -> str | None:
        self.command = list(command)
        path = Path(command[-1])
        self.text, self.mode = path.read_bytes(), path.stat().st_mode & 0o777
        return None


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setenv("PAGER", "most -s")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "'my editor' -x")
    return Program()


async def test_the_pager_gets_a_copy_of_a_log_that_is_not_here(program: Program) -> None:
    async with driving(engine_with(NUMBERS)) as driver:
        driver.console.run_outside = program  # type: ignore[method-assign]
        await at_log(driver)
        await driver.press("o")
        await driver.until(lambda: program.text == NUMBERS)
        assert program.command[:2] == ["most", "-s"]
        await driver.until(lambda: not Path(program.command[-1]).exists())


async def test_the_editor_gets_a_copy_that_is_not_written(program: Program) -> None:
    async with driving(engine_with(NUMBERS)) as driver:
        driver.console.run_outside = program  # type: ignore[method-assign]
        await at_log(driver)
        await driver.press("O")
        await driver.until(lambda: program.text == NUMBERS)
        assert (program.command[:2], program.mode) == (["my editor", "-x"], 0o400)


def test_which_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert command_of("pager", {}) == ["less"]
    assert command_of("pager", {"PAGER": ""}) == ["less"]
    assert command_of("editor", {"EDITOR": "nano", "VISUAL": "code -w"}) == ["code", "-w"]
    assert command_of("editor", {}) == ["vi"]
    assert command_of("editor", {"EDITOR": 'a "b'}) == ['a "b']
    out = tmp_path / "out"
    monkeypatch.delenv("LESS", raising=False)
    assert run(["sh", "-c", f"echo $LESS > {out}"]) is None
    assert out.read_text() == "R\n"
    assert run(["sh", "-c", "kill -INT $$"]) == "sh ended with exit code -2"
    assert run(["/nowhere/less"]) == "/nowhere/less: No such file or directory"


async def save(driver: Driver, text: str) -> None:
    await driver.press("s")
    await driver.until(lambda: isinstance(driver.console.screen, AskLine))
    await driver.press("ctrl+u")
    driver.console.screen.query_one("#line").set_text(text)  # type: ignore[attr-defined]
    await driver.press("enter")


async def test_a_log_is_saved_and_no_file_is_overwritten_unasked(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        async with driving(engine_with(NUMBERS)) as driver:
            await at_log(driver)
            await save(driver, f"{tmp_path}/a.log")
            await driver.until((tmp_path / "a.log").exists)
            await driver.sees("saved 2.6K")
            assert (tmp_path / "a.log").read_bytes() == NUMBERS
            assert (tmp_path / "a.log").stat().st_mode & 0o777 == 0o644
            (tmp_path / "b.log").write_text("mine")
            await save(driver, f"{tmp_path}/b.log")
            await driver.sees("it exists, 4 bytes: enter again overwrites it")
            await driver.press("escape")
            assert (tmp_path / "b.log").read_text() == "mine"
            await save(driver, f"{tmp_path}/b.log")
            await driver.press("enter")
            await driver.until(lambda: (tmp_path / "b.log").read_bytes() == NUMBERS)
            await save(driver, f"{tmp_path}/no/b.log")
            await driver.sees("there is no folder")
            await driver.press("escape")
            await save(driver, str(tmp_path))
            await driver.until(lambda: len([*tmp_path.glob("orders_daily-*.log")]) == 1)
            await driver.until(lambda: not [*tmp_path.glob(".*")])
    finally:
        os.umask(old)


# -- a log that was too long -----------------------------------------------------------------------


async def test_a_follower_sees_how_much_was_left_out_once_it_has_ended() -> None:
    engine = FakeEngine()
    run_id = engine.world.runs_of("fx_rates")[0].run_id
    attempt_id = engine.world.attempt_of("fx_rates", run_id, "pull_jpy", 1)
    said = b"[penstock] the log is full: the last 9 bytes follow at the end".ljust(119) + b"\n"
    engine.world.logs[attempt_id] = b"first\n" + said
    async with driving(engine) as driver:
        await open_log(driver, "fx_rates", "pull_jpy")
        await driver.sees("first", "the log is full", "FOLLOW")
        now = b"[penstock] 800 bytes left out, 70 lines: the log keeps the first 6 and the last 5".ljust(119)
        engine.world.logs[attempt_id] = b"first\n" + now + b"\nlast\n"
        engine.world.attempts[attempt_id] = replace(engine.world.attempts[attempt_id], end=engine.now)
        engine.set_task("fx_rates", run_id, "pull_jpy", state=TaskState.SUCCESS, end=engine.now)
        await driver.sees("800 bytes left out, 70 lines", "last")
        await driver.sees_not("the log is full")
