"""The log view: opening at the end, paging, following, searching, hostile lines, bytes read and sent."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from drive.console import Driver, driving, open_log
from fakes.engine import FakeEngine
from penstock.errors import UnknownError
from penstock.model.views.attempts import LogChunk
from penstock_tui.view.log_source import Follow
from penstock_tui.widgets.log_view import LogView

LIVE = ("fx_rates", "pull_jpy", 1)
ENDED = ("orders_daily", "join", 3)


class HugeLogEngine(FakeEngine):
    """An engine whose chosen attempt has a log that is made up as it is read."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.read: list[tuple[int, int]] = []

    def line(self, number: int) -> bytes:
        word = b"ERROR" if number % 100_000 == 7 else b"INFO "
        return b"%012d %s a line among very many, all of one length, 64 bytes\n" % (number, word)

    def read_log(self, attempt_id: str, offset: int, limit: int) -> LogChunk:
        width = len(self.line(0))
        start = max(0, self.size + offset) if offset < 0 else min(offset, self.size)
        end = min(self.size, start + min(limit, 1 << 20))
        self.read.append((start, end - start))
        first, last = start // width, (end + width - 1) // width
        text = b"".join(self.line(number) for number in range(first, last))
        data = text[start - first * width : end - first * width]
        return LogChunk(data=data, offset=start, next_offset=end, size=self.size, end=end >= self.size)


def attempt(engine: FakeEngine, log: tuple[str, str, int]) -> str:
    dag_id, task_id, number = log
    return engine.world.attempt_of(dag_id, engine.world.runs_of(dag_id)[0].run_id, task_id, number)


async def at_log(driver: Driver, log: tuple[str, str, int] = ENDED) -> LogView:
    """Open a task's log on the whole screen and wait until something stands in it."""
    dag_id, task_id, _ = log
    return await open_log(driver, dag_id, task_id)


def engine_with(data: bytes, log: tuple[str, str, int] = ENDED) -> FakeEngine:
    engine = FakeEngine()
    engine.world.logs[attempt(engine, log)] = data
    return engine


async def test_a_gigabyte_opens_at_its_end_with_one_small_read() -> None:
    engine = HugeLogEngine(1 << 30)
    async with driving(engine) as driver:
        view = await at_log(driver)
        last = (1 << 30) // len(engine.line(0)) - 1
        await driver.sees(f"{last:012d}", "1.0G")
        assert sum(size for _, size in engine.read) <= 256 << 10
        for _ in range(40):
            await driver.press("pageup")
        await driver.until(lambda: view.mode is Follow.MANUAL)
        shown = [int(found) for found in re.findall(r"^ (\d{12}) ", driver.text(), re.MULTILINE)]
        assert shown == list(range(shown[0], shown[0] + len(shown)))
        assert shown[-1] < last - 1000
        assert sum(size for _, size in engine.read) <= 1 << 20
        await driver.press("g")
        await driver.sees("000000000000 INFO")
        await driver.press("G")
        await driver.sees(f"{last:012d}")


async def test_paging_through_the_whole_of_a_log_shows_every_line_once() -> None:
    count = 2000  # more than is read at once, in few pages
    engine = engine_with(b"".join(b"line %05d %s\n" % (number, b"." * 300) for number in range(count)))
    async with driving(engine, size=(100, 50)) as driver:
        view = await at_log(driver)
        seen: list[int] = []
        await driver.press("g")
        await driver.sees("line 00000")
        while not seen or seen[-1] < count - 1:
            shown = [int(found) for found in re.findall(r"line (\d{5})", driver.text())]
            fresh = [number for number in shown if not seen or number > seen[-1]]
            assert fresh, f"stuck after line {seen[-1]}"
            assert not seen or fresh[0] == seen[-1] + 1
            seen += fresh
            before = view.span()
            if seen[-1] < count - 1:
                view.move(40)
                await driver.until(lambda before=before: view.span() != before)  # type: ignore[misc]
        assert seen == list(range(count))


async def test_follow_stops_going_up_and_counts_what_comes() -> None:
    async with driving() as driver:
        view = await at_log(driver, LIVE)
        await driver.sees("FOLLOW")
        driver.engine.append_log(attempt(driver.engine, LIVE), b"first of the new\n")
        await driver.sees("first of the new")
        await driver.press("up")
        assert view.mode is Follow.MANUAL
        top = view.span()[0]
        driver.engine.append_log(attempt(driver.engine, LIVE), b"more\n" * 1204)
        await driver.sees("+1,204 new")
        assert view.span()[0] == top
        await driver.press("down", "down", "down")
        assert view.mode is Follow.MANUAL
        await driver.press("G")
        await driver.sees("FOLLOW")
        assert view.new_lines == 0
        await driver.press("F")
        await driver.until(lambda: view.mode is Follow.MANUAL)
        await driver.press("F")
        await driver.sees("FOLLOW")


async def test_a_flood_is_followed_at_its_end_and_nothing_is_lost() -> None:
    async with driving() as driver:
        await at_log(driver, LIVE)
        await driver.sees("FOLLOW")
        flood = b"".join(b"flood %07d %s\n" % (number, b"x" * 80) for number in range(50_000))
        driver.engine.append_log(attempt(driver.engine, LIVE), flood)
        await driver.sees("flood 0049999")
        await driver.press("g")
        await driver.sees("INFO read 1000 rows")
        await driver.press("slash")
        await driver.type("flood 0025000")
        await driver.press("enter")
        await driver.sees("hit 1 of 1", ">flood 0025000")


async def test_a_log_that_was_cut_short_is_read_again() -> None:
    async with driving() as driver:
        await at_log(driver, LIVE)
        await driver.sees("FOLLOW")
        driver.engine.world.logs[attempt(driver.engine, LIVE)] = b"a fresh beginning\n"
        await driver.sees("a fresh beginning", "cut short")


async def test_a_log_that_vanished_says_so_and_keeps_what_is_shown() -> None:
    async with driving() as driver:
        await at_log(driver, LIVE)
        await driver.sees("INFO read 1039 rows")
        engine = driver.engine

        def gone(attempt_id: str, offset: int, limit: int) -> LogChunk:
            raise UnknownError(f"no log of {attempt_id}")

        engine.read_log = gone  # type: ignore[method-assign]
        await driver.sees("no log of", "INFO read 1039 rows")


async def test_search_counts_moves_and_shows_only_matches() -> None:
    lines = [b"needle %d\n" % number if number % 50 == 0 else b"hay %d\n" % number for number in range(500)]
    async with driving(engine_with(b"".join(lines))) as driver:
        view = await at_log(driver)
        await driver.press("slash")
        await driver.type("NEEDLE")
        await driver.press("enter")
        await driver.sees("no match")
        await driver.press("slash", "ctrl+u")
        await driver.type("needle")
        await driver.press("enter")
        await driver.sees("hit 10 of 10", ">needle 450")
        await driver.press("n")
        await driver.sees("no further hit")
        assert view.current is not None
        await driver.press("N")
        await driver.sees("hit 9 of 10", ">needle 400")
        await driver.press("ampersand")
        await driver.sees("ONLY MATCHES")
        await driver.sees_not("hay")
        assert len(re.findall("needle", driver.text())) == 11
        await driver.press("ampersand")
        await driver.sees("hay 401", ">needle 400")
        await driver.press("escape")
        await driver.sees_not("hit 9")
        assert view.wanted is None


async def test_search_takes_regular_expressions_and_refuses_slow_ones() -> None:
    async with driving(engine_with(b"one 1\ntwo (2)\nthree 3\n")) as driver:
        await at_log(driver)
        await driver.press("slash")
        await driver.type("(2)")
        await driver.press("enter")
        await driver.sees("hit 1 of 1", ">two (2)")
        await driver.press("slash", "ctrl+u")
        await driver.pilot.press("~", "o", "n", "e", "|", "t", "h", "r", "enter")
        await driver.sees("hit 2 of 2", ">three 3")
        await driver.press("slash", "ctrl+u")
        await driver.pilot.press("~", "(", "a", "+", ")", "+", "enter")
        await driver.sees("too many repeats")


async def test_error_keys_walk_the_lines_that_report_errors() -> None:
    data = b"".join(
        b"Traceback (most recent call last):\n"
        if n == 10
        else b"x error: y\n"
        if n == 200
        else b"fine %d\n" % n
        for n in range(300)
    )
    async with driving(engine_with(data)) as driver:
        view = await at_log(driver)
        await driver.press("E")
        await driver.sees(">x error: y")
        await driver.press("E")
        await driver.sees(">Traceback")
        await driver.press("E")
        await driver.sees("no error line further up")
        await driver.press("e")
        await driver.sees(">x error: y")
        await driver.press("y")
        await driver.sees("copied x error: y")
        assert view.mode is Follow.MANUAL


async def test_wrap_times_and_long_lines() -> None:
    data = b"".join(b"word%04d " % number for number in range(300)) + b"\n" + b"z" * 5000 + b"\nend\n"
    async with driving(engine_with(data), size=(100, 100)) as driver:
        await at_log(driver)
        await driver.sees_not("word0299")
        await driver.press("w")
        await driver.sees("word0299", "end")
        await driver.until(lambda: driver.text().count("z") == 5000, "all of the long line")
        await driver.press("w", "t")
        await driver.sees("06:03:25 end")
        await driver.press("right")
        await driver.sees_not("word0000")


HOSTILE = (
    b"\x1b]52;c;aGFjaw==\x07clipboard\n"
    b"\x1b]0;title\x07\x1b[2J\x1b[Hcleared\n"
    b"\x9b31mC1\x9d0;t\x9c after\n"
    b"\xc2\x9b2J\xc2\x9d52;c;x\xc2\x9c utf-8 c1\n"
    b"\xe2\x80\xae reversed \xe2\x80\x8b zero\n"
    b"[/x][@click=app.quit]press[/]\n"
    b"\x00\x01\x07\x08\x7f bells\n"
    b"\x1b[31mred\x1b[0m and \x1b[38;2;1;2;3mtrue\x1b[0m\n"
    b"10%\r55%\r100% done\r\n"
    b"\x1bPdcs unterminated\n"
    b"\xff\xfe\xfd not utf-8\n"
    b"last line\n"
)


@pytest.mark.parametrize("wrap", [False, True])
async def test_nothing_in_a_log_reaches_the_terminal_raw(wrap: bool) -> None:
    async with driving(engine_with(HOSTILE)) as driver:
        await at_log(driver)
        if wrap:
            await driver.press("w")
        await driver.sees(
            "last line", "clipboard", "cleared", "[/x][@click=app.quit]press[/]", "red and true"
        )
        await driver.sees("100% done")
        assert "55%" not in driver.text()
        raw = driver.raw()
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]", raw)


async def test_the_log_of_a_task_without_attempts_says_what_it_waits_for() -> None:
    async with driving() as driver:
        run = driver.engine.world.runs_of("orders_daily")[0].run_id
        driver.console.open_log("orders_daily", run, "report")
        await driver.sees("all_success waits for load_fact, load_dim")


async def test_times_come_from_the_index_of_the_log() -> None:
    engine = engine_with(b"one\ntwo\n")

    def read_log(attempt_id: str, offset: int, limit: int) -> LogChunk:
        chunk = FakeEngine.read_log(engine, attempt_id, offset, limit)
        second = 10 if chunk.offset == 0 else 20
        moment = datetime(2026, 1, 1, 1, 2, second, tzinfo=engine.now.tzinfo)
        return LogChunk(
            **{name: getattr(chunk, name) for name in chunk.__struct_fields__} | {"start_time": moment}
        )

    engine.read_log = read_log  # type: ignore[method-assign]
    async with driving(engine) as driver:
        await at_log(driver)
        await driver.press("t")
        await driver.sees("01:02:10 one", "01:02:20 two")
