"""The run screen: list with rails, log beside it, why, attempts, folding, sizes, bytes on the wire."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drive.console import SIZES, Driver, driving
from drive.sent_bytes import count, reset, wired
from fakes.engine import FakeEngine
from fakes.world import NOW, World
from penstock.model.states import RunState, TaskState
from penstock.model.views.runs import TaskRow
from penstock_tui.screens.run import RunScreen
from penstock_tui.target import TaskTarget


def newest(engine: FakeEngine, dag_id: str) -> str:
    return engine.world.runs_of(dag_id)[0].run_id


async def at_run(driver: Driver, dag_id: str) -> RunScreen:
    """Open the newest run of a DAG and wait for its list."""
    driver.console.open_run(dag_id, newest(driver.engine, dag_id))
    await driver.until(lambda: isinstance(driver.console.screen, RunScreen))
    screen = driver.console.screen
    assert isinstance(screen, RunScreen)
    await driver.until(lambda: screen.tasks.cursor_key is not None, "the list")
    return screen


def tasks_of(screen: RunScreen) -> tuple[TaskRow, ...]:
    """Return the tasks that an action would be done to."""
    (target,) = screen.chosen()
    assert isinstance(target, TaskTarget)
    return target.tasks


def lines(driver: Driver) -> list[str]:
    return driver.text().splitlines()


@pytest.mark.parametrize("size", SIZES)
async def test_shows_what_failed_and_its_log_at_every_size(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        screen = await at_run(driver, "orders_daily")
        assert screen.tasks.cursor_key == "join"
        if size[0] < 70:
            await driver.press("tab")
        await driver.sees("KeyError: 'fx_rate'", "exit 1", "failed")
        assert all(len(line) <= size[0] for line in lines(driver))
        assert "? more" in lines(driver)[-1]


async def test_the_rails_stand_beside_the_tasks() -> None:
    async with driving() as driver:
        await at_run(driver, "nyc_flights")
        await driver.sees("├─·─╮   flights", "╰─·─┤   planes", "╭───╯", "▾ ingest 0/5", "poke 1m")


async def test_the_cursor_moves_the_log_and_skips_rows_of_rails() -> None:
    async with driving() as driver:
        screen = await at_run(driver, "orders_daily")
        await driver.sees("attempt 3 of 3")
        await driver.press("j")
        await driver.sees(" extract_fx  attempt 1  exit 0")
        await driver.press("j", "j", "j")
        assert screen.tasks.cursor_key == "load_fact"
        await driver.sees("all_success waits for dq")
        await driver.press("g")
        assert screen.tasks.cursor_key == "extract_orders"
        await driver.press("G")
        assert screen.tasks.cursor_key == "report"


async def test_the_cursor_stays_when_things_move() -> None:
    async with driving() as driver:
        screen = await at_run(driver, "fx_rates")
        assert screen.tasks.cursor_key == "pull_jpy"
        run = newest(driver.engine, "fx_rates")
        driver.engine.set_task("fx_rates", run, "pull_eur", state=TaskState.FAILED)
        await driver.sees("✗─╮ pull_eur", "1 failed")
        assert screen.tasks.cursor_key == "pull_jpy"
        await driver.press("e")
        assert screen.tasks.cursor_key == "pull_eur"


async def test_a_live_log_is_followed_and_a_new_attempt_takes_its_place() -> None:
    async with driving() as driver:
        await at_run(driver, "fx_rates")
        world, run = driver.engine.world, newest(driver.engine, "fx_rates")
        await driver.sees("FOLLOW")
        first = world.attempt_of("fx_rates", run, "pull_jpy", 1)
        driver.engine.append_log(first, b"one more line\n")
        await driver.sees("one more line")
        second = world.attempt_of("fx_rates", run, "pull_jpy", 2)
        row = world.attempts[first]
        world.attempts[second] = type(row)(
            **{name: getattr(row, name) for name in row.__struct_fields__}
            | {"attempt_id": second, "try_number": 2}
        )
        world.logs[second] = b"second try begins\n"
        driver.engine.set_task("fx_rates", run, "pull_jpy", attempts=2, attempt_id=second, try_number=2)
        await driver.sees("attempt 2 of 2", "second try begins")
        await driver.press("left_square_bracket")
        await driver.sees("attempt 1 of 2", "one more line", "] newer")
        await driver.press("left_square_bracket")
        await driver.sees("this is the first attempt")
        await driver.press("right_square_bracket")
        await driver.sees("second try begins")


async def test_groups_fold_to_one_row_that_sums_them_up() -> None:
    async with driving() as driver:
        screen = await at_run(driver, "nyc_flights")
        await driver.press("j", "j")
        assert screen.tasks.cursor_key == "ingest.flights"
        await driver.press("z")
        await driver.sees("▸ ingest 0/5")
        await driver.sees_not("weather")
        assert screen.tasks.cursor_group == "ingest"
        assert tasks_of(screen)[0].task_id == "ingest.flights"
        assert len(tasks_of(screen)) == 5
        run = newest(driver.engine, "nyc_flights")
        driver.engine.set_task("nyc_flights", run, "ingest.planes", state=TaskState.FAILED)
        await driver.sees("✗ ▸ ingest 1/5", "1 failed")
        await driver.press("e")
        await driver.until(lambda: screen.tasks.cursor_key == "ingest.planes")
        await driver.press("left")
        await driver.sees_not("weather")
        await driver.press("enter")
        await driver.sees("weather")


async def test_why_opens_and_escape_closes_one_thing_at_a_time() -> None:
    async with driving() as driver:
        screen = await at_run(driver, "orders_daily")
        await driver.sees("attempt 3 of 3")
        await driver.press("w")
        await driver.sees("operator BashOperator", "after ✓ dedupe", "try 3")
        await driver.press("space")
        await driver.sees("1 marked")
        await driver.press("escape")
        await driver.sees_not("operator BashOperator")
        await driver.sees("1 marked")
        await driver.press("escape")
        await driver.sees_not("1 marked")
        assert driver.console.screen is screen
        await driver.press("escape")
        await driver.until(lambda: driver.console.screen is not screen)
        assert driver.console.is_running


async def test_marks_make_the_targets() -> None:
    async with driving() as driver:
        screen = await at_run(driver, "orders_daily")
        assert [task.task_id for task in tasks_of(screen)] == ["join"]
        await driver.press("g", "space", "v", "j", "v")
        names = [task.task_id for task in tasks_of(screen)]
        assert names == ["extract_orders", "stage_orders", "dedupe"]
        await driver.press("asterisk")
        assert len(tasks_of(screen)) == 12


async def test_older_and_newer_runs() -> None:
    async with driving() as driver:
        await at_run(driver, "orders_daily")
        await driver.sees("2026-08-21T06:00")
        await driver.press("greater_than_sign")
        await driver.sees("this is the newest run")
        await driver.press("less_than_sign")
        await driver.sees("2026-08-20T06:00")
        await driver.press("greater_than_sign")
        await driver.sees("orders_daily > 2026-08-21T06:00")


async def test_stopping_retry_hold_and_freeze_are_said() -> None:
    engine = FakeEngine()
    run = newest(engine, "fx_rates")
    engine.set_task("fx_rates", run, "pull_sek", stop_deadline=engine.now + timedelta(seconds=42))
    async with driving(engine) as driver:
        await at_run(driver, "fx_rates")
        await driver.sees("pull_sek kill in 42s", "1 stopping")
    async with driving() as driver:
        await at_run(driver, "flaky")
        await driver.sees("b retry 1m")
    engine = FakeEngine()
    run = newest(engine, "flaky")
    engine.set_task("flaky", run, "b", state=TaskState.RUNNING, next_at=None)
    async with driving(engine, size=(80, 24)) as driver:
        await at_run(driver, "flaky")
        await driver.sees("b  ")
        due = engine.now + timedelta(minutes=7)
        engine.set_task("flaky", run, "b", state=TaskState.UP_FOR_RETRY, next_at=due)
        await driver.sees("b retry 7m")
    async with driving() as driver:
        await at_run(driver, "ledger_close")
        await driver.sees("HELD by ada", "DAG FROZEN: audit, by grace")


async def test_names_that_look_like_markup_are_text() -> None:
    world = World()
    world.add_dag("[/x]", {"[/b]": (), "[red]a[@click=quit]": ("[/b]",)})
    world.add_run("[/x]", NOW, RunState.FAILED, {"[/b]": TaskState.FAILED})
    async with driving(FakeEngine(world)) as driver:
        await at_run(driver, "[/x]")
        await driver.sees("[red]a[@click=quit]", " [/b]  attempt 3 of 3")


async def test_a_thousand_tasks_between_two() -> None:
    world = World()
    middle = [f"m{number:04}" for number in range(1000)]
    world.add_dag("wide", {"first": (), **dict.fromkeys(middle, ("first",)), "last": tuple(middle)})
    world.add_run(
        "wide",
        NOW,
        RunState.FAILED,
        {**dict.fromkeys(middle, TaskState.SUCCESS), "first": TaskState.SUCCESS, "m0700": TaskState.FAILED},
    )
    async with driving(FakeEngine(world)) as driver:
        screen = await at_run(driver, "wide")
        assert screen.tasks.cursor_key == "m0700"
        await driver.sees("m0700", "├─✗─┤", "attempt 3 of 3")


# -- bytes -----------------------------------------------------------------------------------------


async def test_a_run_too_wide_for_rails_is_shown_by_layers() -> None:
    engine = FakeEngine()
    shape: dict[str, tuple[str, ...]] = {f"a{at:02}": () for at in range(40)}
    shape |= {f"b{at:02}": (f"a{(7 * at) % 40:02}", f"a{(11 * at + 5) % 40:02}") for at in range(40)}
    engine.world.add_dag("wide", shape)
    engine.world.add_run("wide", NOW, RunState.SUCCESS)
    async with driving(engine) as driver:
        run_id = engine.world.runs_of("wide")[0].run_id
        driver.console.open_run("wide", run_id)
        await driver.sees("in out", "▾ layer 1 40/40", "   ✓─2  a00")
        screen = driver.console.screen
        assert isinstance(screen, RunScreen)
        await driver.press("z")
        await driver.sees("▸ layer 1 40/40", "▾ layer 2 40/40", " 2─✓    b00")
        assert len(screen.tasks.chosen_tasks()) == 40
        screen.tasks.move_to_key("a17")  # what is folded away opens
        await driver.sees("▾ layer 1")
        assert screen.tasks.cursor_key == "a17"


async def test_one_state_change_sends_less_than_a_kilobyte_and_idling_nothing() -> None:
    async with wired() as driver:
        await at_run(driver, "fx_rates")
        await driver.sees("FOLLOW", "cpu")
        for _ in range(4):
            await driver.pilot.pause(0.3)
        reset()
        for _ in range(8):
            await driver.pilot.pause(0.3)
        assert count() == 0
        run = newest(driver.engine, "fx_rates")
        driver.engine.set_task("fx_rates", run, "pull_nok", state=TaskState.QUEUED)
        await driver.sees("◌─┤ pull_nok")
        await driver.pilot.pause(0.3)
        assert 0 < count() <= 1024


async def test_one_tailed_line_stays_in_its_budget() -> None:
    async with wired() as driver:
        await at_run(driver, "fx_rates")
        await driver.sees("FOLLOW", "cpu")
        attempt = driver.engine.world.attempt_of("fx_rates", newest(driver.engine, "fx_rates"), "pull_jpy", 1)
        await driver.pilot.pause(0.5)
        reset()
        driver.engine.append_log(attempt, b"12:00:00 INFO " + b"a line of usual length " * 3 + b"\n")
        await driver.sees("a line of usual length")
        await driver.pilot.pause(0.3)
        assert 0 < count() <= 6 * 1024


async def test_a_run_below_its_own_log_does_not_draw_with_it() -> None:
    async with wired() as driver:
        screen = await at_run(driver, "fx_rates")
        await driver.sees("FOLLOW", "cpu")
        await driver.press("enter")
        await driver.until(lambda: driver.console.screen is not screen, "the log")
        assert not screen.is_current
        attempt = driver.engine.world.attempt_of("fx_rates", newest(driver.engine, "fx_rates"), "pull_jpy", 1)
        await driver.pilot.pause(0.5)
        reset()
        driver.engine.append_log(attempt, b"12:00:00 INFO " + b"a line of usual length " * 3 + b"\n")
        await driver.sees("a line of usual length")
        await driver.pilot.pause(0.6)
        assert 0 < count() <= 6 * 1024
        await driver.press("escape")
        await driver.until(lambda: driver.console.screen is screen and screen.is_current, "the run")
        await driver.sees("pull_nok", "a line of usual length")


async def test_find_task_shows_matching_tasks_and_escape_brings_the_rails_back() -> None:
    async with driving() as driver:
        screen = await at_run(driver, "orders_daily")
        await driver.press("backslash")
        await driver.type("load_")
        await driver.sees_not("extract_users")
        await driver.sees("load_fact", "filter: load_")
        await driver.press("enter", "G")
        assert screen.tasks.cursor_key == "load_dim"
        await driver.press("escape")
        await driver.sees("extract_users", "├─╯")
        assert screen.tasks.cursor_key == "load_dim"
        await driver.press("backslash")
        await driver.type("failed")
        await driver.sees("✗ join")


async def test_without_an_engine_the_picture_stays_and_it_goes_on_when_one_answers() -> None:
    async with driving() as driver:
        await at_run(driver, "fx_rates")
        await driver.sees("FOLLOW", "pull_jpy")
        driver.engine.stop()
        await driver.sees("no engine")
        await driver.press("j", "j")
        await driver.sees("pull_jpy", "3/9 done")
        driver.engine.start()
        await driver.sees_not("no engine")
        await driver.sees(" pull_nok ", "scheduled")
        await driver.press("k", "k")
        await driver.sees(" pull_jpy  attempt 1", "FOLLOW")


async def test_a_search_given_up_leaves_the_keys_where_they_were() -> None:
    async with driving() as driver:
        screen = await at_run(driver, "fx_rates")
        await driver.press("slash", "x", "escape")
        await driver.until(lambda: screen.tasks.has_focus)


async def test_the_list_gets_the_room_that_a_countdown_needs() -> None:
    async with driving() as driver:
        screen = await at_run(driver, "orders_daily")
        run = newest(driver.engine, "orders_daily")
        driver.engine.set_task(
            "orders_daily",
            run,
            "extract_orders",
            state=TaskState.STOPPING,
            end=None,
            stop_deadline=NOW + timedelta(seconds=45),
        )
        await driver.sees("extract_orders kill in 45s")
        assert screen.tasks.size.width < 60
