"""The graph: three sizes, the cursor on its edges, states of a run that moves, search, acts, large graphs."""

from __future__ import annotations

import random

import pytest

from drive.console import SIZES, Driver, driving
from drive.sent_bytes import count, reset, wired
from fakes.engine import FakeEngine
from fakes.world import NOW
from penstock.model import acts
from penstock.model.states import RunState, TaskState
from penstock_tui.screens.graph import GraphScreen
from penstock_tui.screens.history import HistoryScreen
from penstock_tui.screens.log import LogScreen
from penstock_tui.screens.task import TaskScreen
from penstock_tui.target import TaskTarget
from penstock_tui.widgets.line import Line


async def at_graph(driver: Driver, dag_id: str = "orders_daily", *, run: bool = True) -> GraphScreen:
    run_id = driver.engine.world.runs_of(dag_id)[0].run_id if run else None
    driver.console.push_screen(GraphScreen(dag_id, run_id))
    await driver.until(lambda: isinstance(driver.console.screen, GraphScreen))
    screen = driver.console.screen
    assert isinstance(screen, GraphScreen)
    await driver.until(lambda: screen.graph.graph.cursor and screen.query_one("#node", Line).shown)
    return screen


def cursor(screen: GraphScreen) -> str:
    return screen.graph.graph.cursor


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_tasks_with_lines_and_states_at_each_size(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        screen = await at_graph(driver)
        assert cursor(screen) == "join"  # what failed is what one looks for
        await driver.sees("✗ join", "─▸", "? more", "exit 1")
        lines = driver.text().splitlines()
        assert all(len(line) <= size[0] for line in lines)
        await driver.press("G")
        await driver.sees("report")  # the window moves with the cursor
        await driver.press("g")
        await driver.sees("extract_users")


async def test_the_arrows_walk_along_edges_and_the_line_below_says_what_is_beside() -> None:
    async with driving() as driver:
        screen = await at_graph(driver)
        await driver.sees("after ✓ dedupe   ✓ stage_users", "then  ⊘ load_dim   ⊘ fx")
        await driver.press("left")
        assert cursor(screen) == "stage_users"
        await driver.press("up")
        assert cursor(screen) == "dedupe"
        await driver.press("right")
        assert cursor(screen) == "join"
        await driver.press("right")
        await driver.sees("load_dim  ⊘ blocked")


async def test_states_move_while_the_run_does() -> None:
    async with driving() as driver:
        screen = await at_graph(driver, "fx_rates")
        run_id = screen.run_id
        picture = screen.graph.graph.picture
        driver.engine.set_task("fx_rates", run_id, "pull_nok", state=TaskState.FAILED, start=NOW)
        await driver.sees("✗ pull_nok")
        assert screen.graph.graph.picture is picture  # only its state was drawn anew


async def test_search_goes_from_hit_to_hit() -> None:
    async with driving() as driver:
        screen = await at_graph(driver)
        await driver.press("slash")
        await driver.type("stage")
        await driver.sees("2 found", "stage_orders<", "stage_users<")
        hits = {"stage_orders", "stage_users"}
        assert cursor(screen) in hits
        await driver.press("enter")
        seen = [cursor(screen)]
        for key in ("n", "n", "N"):
            await driver.press(key)
            seen.append(cursor(screen))
        assert set(seen) == hits
        assert seen[0] == seen[2] != seen[1] == seen[3]
        await driver.press("escape")
        await driver.sees_not("<")
        await driver.press("backslash")
        await driver.type("state:failed")
        await driver.press("enter")
        assert cursor(screen) == "join"
        await driver.press("slash", "ctrl+u")
        await driver.type("nobody")
        await driver.press("enter")
        await driver.sees("nothing is found")


async def test_acts_on_the_node_and_on_marks() -> None:
    async with driving() as driver:
        screen = await at_graph(driver)
        await driver.press("r")
        await driver.sees("Retry")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        retry = driver.engine.acts[0]
        assert isinstance(retry, acts.Retry)
        assert retry.tasks == ("join",)
        await driver.press("space", "left", "space")
        await driver.sees("2 marked", "*")
        [target] = screen.chosen()
        assert isinstance(target, TaskTarget)
        assert (target.count, target.marked) == (2, True)
        await driver.press("asterisk")
        await driver.sees("12 marked")
        await driver.press("escape")
        await driver.sees_not("marked")
        await driver.press("right", "v", "left", "left", "v")
        await driver.sees("3 marked")


async def test_log_why_inside_and_history_of_the_node() -> None:
    async with driving() as driver:
        screen = await at_graph(driver)
        await driver.press("w")
        await driver.sees("Why:", "join")
        await driver.press("escape")
        await driver.until(lambda: driver.console.screen is screen)
        await driver.press("l")
        await driver.until(lambda: isinstance(driver.console.screen, LogScreen))
        log = driver.console.screen
        assert isinstance(log, LogScreen)
        await driver.until(lambda: len(log.attempt_pane.pane.log_view.window))
        driver.console.pop_screen()
        await driver.until(lambda: driver.console.screen is screen)
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, TaskScreen))
        driver.console.pop_screen()
        await driver.until(lambda: driver.console.screen is screen)
        await driver.press("H")
        await driver.until(lambda: isinstance(driver.console.screen, HistoryScreen))


async def test_groups_fold_and_their_acts_are_on_all_of_them() -> None:
    async with driving() as driver:
        screen = await at_graph(driver, "nyc_flights")
        screen.graph.go_to("ingest.flights")
        await driver.press("z")
        await driver.sees("ingest.*")
        await driver.press("i")
        await driver.sees("several tasks in one node")
        [target] = screen.chosen()
        assert isinstance(target, TaskTarget)
        assert {task.group for task in target.tasks} == {"ingest"}
        await driver.press("enter")
        await driver.sees("ingest.flights")
        await driver.sees_not("ingest.*")


async def test_a_dag_without_a_run() -> None:
    engine = FakeEngine()
    engine.world.add_dag("never", {"a": (), "b": ("a",), "c": ("a",)})
    async with driving(engine) as driver:
        screen = await at_graph(driver, "never", run=False)
        await driver.sees("no run yet", "- a ─", "- b", "BashOperator")
        assert screen.chosen() == ()
        await driver.press("l")
        await driver.sees("nothing is under the cursor")
        await driver.press("slash")
        await driver.type("c")
        await driver.press("enter")
        assert cursor(screen) == "c"


def crowded(size: int) -> FakeEngine:
    engine = FakeEngine()
    shape = {f"t{at:04}": (f"t{at - 1:04}",) if at % 40 else () for at in range(size)}
    engine.world.add_dag("crowd", shape)
    return engine


async def test_of_a_large_graph_only_what_is_near_is_drawn() -> None:
    async with driving(crowded(1000)) as driver:
        screen = await at_graph(driver, "crowd", run=False)
        await driver.sees("3 of 1000: 2 steps around t0000", "t0002 +1")
        await driver.press("plus")
        await driver.sees("4 of 1000: 3 steps around t0000")
        await driver.press("minus", "minus")
        await driver.sees("2 of 1000: 1 step around t0000")
        await driver.press(*["right"] * 8)
        assert cursor(screen) == "t0008"
        await driver.press("slash")
        await driver.type("t0777")
        await driver.press("enter")
        await driver.sees("around t0777", "+1 - t0776")


async def test_d_opens_it_from_the_lists_and_turns_to_other_runs() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        await driver.press("D")
        await driver.until(lambda: isinstance(driver.console.screen, GraphScreen))
        screen = driver.console.screen
        assert isinstance(screen, GraphScreen)
        await driver.until(lambda: screen.detail is not None)
        newest = screen.run_id
        await driver.press("less_than_sign")
        await driver.until(lambda: screen.run_id != newest)
        for key in ("equals_sign", "D", "number_sign", "D"):
            depth = len(driver.console.screen_stack)
            await driver.press(key)
            await driver.until(lambda depth=depth: len(driver.console.screen_stack) > depth)  # type: ignore[misc]
        assert isinstance(driver.console.screen, GraphScreen)


async def test_a_move_within_what_is_seen_sends_little() -> None:
    async with wired() as driver:
        screen = await at_graph(driver)
        await driver.press("left")
        await driver.pilot.pause(0.3)
        reset()
        await driver.press("right")
        await driver.until(lambda: cursor(screen) == "join")
        await driver.pilot.pause(0.3)
        assert 0 < count() < 1200


async def test_any_keys_at_any_size_leave_the_cursor_on_a_node() -> None:
    chance = random.Random(4)
    keys = ["left", "right", "up", "down", "z", "plus", "minus", "g", "G", "pageup", "e", "n", "asterisk"]
    async with driving(crowded(400)) as driver:
        screen = await at_graph(driver, "crowd", run=False)
        for size in ((1, 1), (13, 5), (60, 15), (120, 36)):
            await driver.pilot.resize_terminal(*size)
            await driver.press(*chance.choices(keys, k=25))
            assert cursor(screen) in screen.graph.graph.picture.drawing.places


async def test_the_first_run_of_a_dag_takes_the_place_of_its_bare_tasks() -> None:
    engine = FakeEngine()
    engine.world.add_dag("never", {"a": (), "b": ("a",)})
    async with driving(engine) as driver:
        screen = await at_graph(driver, "never", run=False)
        await driver.sees("no run yet")
        engine.world.add_run("never", NOW, RunState.SUCCESS)
        screen.reload()
        await driver.sees("✓ a ─▸✓ b")
        await driver.sees_not("no run yet")
