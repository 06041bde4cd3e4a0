"""Rows of one dbt process, through a real engine; dbt is a program that speaks as it does."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drive.fake_dbt import ran, write_fake
from drive.instance import processes
from drive.sample_home import SampleHome
from drive.waiting import wait_for
from penstock.model.states import RUN_TERMINAL

A, B, C, D = "model.p.a", "model.p.b", "model.p.c", "model.p.d"
CHAIN = {A: [], B: [A], C: [B], D: [A]}
Start = Callable[..., SampleHome]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    homes = []

    def one(**task: Any) -> SampleHome:
        slots = task.pop("parallelism", 32)
        home = SampleHome(tmp_path / "home", f"stop_grace = 2\nparallelism = {slots}\n")
        homes.append(home)
        home.environment["PYTHONPATH"] = str(Path(__file__).parents[2])
        said = "".join(f", {name}={value!r}" for name, value in task.items())
        home.write_dag(
            "shop",
            f"from drive.fake_dbt import fake_dag\nDAG = fake_dag('shop', {str(tmp_path / 'p')!r}{said})\n",
        )
        home.start()
        wait_for(lambda: loaded(home), 30, "the DAG is not loaded")
        return home

    yield one
    for home in homes:
        home.close()


def loaded(home: SampleHome) -> bool:
    with home.client() as engine:
        return bool(engine.dags())


def states(home: SampleHome) -> dict[str, str]:
    with home.client() as engine:
        run = engine.runs("shop")[0].run_id
        return {row.task_id: row.state.value for row in engine.run("shop", run).tasks}


def ended(home: SampleHome) -> bool:
    with home.client() as engine:
        return engine.runs("shop")[0].state in RUN_TERMINAL


def await_end(home: SampleHome) -> dict[str, str]:
    wait_for(lambda: ended(home), 60, "the run does not end")
    return states(home)


def await_state(home: SampleHome, **wanted: str) -> None:
    wait_for(lambda: wanted.items() <= states(home).items(), 60, f"never {wanted}: {states(home)}")


def plan(folder: Path, **more: Any) -> None:
    said = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps({**said, **more}))


def test_rows_come_live_and_a_retry_runs_only_what_failed(tmp_path: Path, start: Start) -> None:
    project = write_fake(tmp_path / "p", CHAIN, fail=[B], hang=[B])
    home = start()
    home.type("trigger", "shop")
    await_state(home, a="success", b="running", dbt="running", c="pending")
    (project / B).touch()
    assert await_end(home) == {
        "dbt": "failed", "a": "success", "b": "failed", "c": "upstream_failed", "d": "success",
    }  # fmt: skip
    log = home.type("logs", "shop", "latest", "b").stdout
    assert f"On {B}: select" in log
    assert log.splitlines()[-1] == f"Database Error in {B}: no such table"
    value = json.loads(home.ask("xcom", "shop", "latest", "a")["xcoms"][0]["value"])
    assert value == {"rows": 3, "seconds": 0.25, "status": "success"}
    whole = home.type("logs", "shop", "latest", "dbt").stdout
    assert "a line of another kind" in whole
    assert "\x1b" not in whole
    plan(project, fail=[])
    home.type("retry", "shop", "latest", "--yes")
    assert set(await_end(home).values()) == {"success"}
    assert [sorted(each) for each in ran(project)] == [[A, B, C, D], [B, C]]


def test_a_row_that_runs_again_alone_has_dbt_run_it_alone(tmp_path: Path, start: Start) -> None:
    project = write_fake(tmp_path / "p", CHAIN)
    home = start()
    home.type("trigger", "shop")
    assert set(await_end(home).values()) == {"success"}
    home.type("clear", "shop", "latest", "d", "--yes")
    wait_for(lambda: len(ran(project)) == 2, 60, "dbt does not run again")
    assert set(await_end(home).values()) == {"success"}
    assert ran(project)[1] == [D]


def test_a_row_asks_anew_after_it_has_asked_in_vain(tmp_path: Path, start: Start) -> None:
    """dbt's task ends before it has run dbt; the row is cleared once more."""
    project = write_fake(tmp_path / "p", CHAIN)
    home = start()
    home.type("trigger", "shop")
    assert set(await_end(home).values()) == {"success"}
    [pool] = [
        row["name"] for row in home.ask("pools", "list")["pools"] if row["name"].startswith("duckdb-p-")
    ]
    for _ in range(2):
        home.type("pools", "set", pool, "0")
        home.type("clear", "shop", "latest", "d", "--yes")
        await_state(home, dbt="scheduled")
        home.type("mark", "failed", "shop", "latest", "dbt", "--yes")
        assert await_end(home)["d"] == "failed"
        assert "has ended as failed without running dbt" in home.type("logs", "shop", "latest", "d").stdout
    home.type("pools", "set", pool, "1")
    home.type("clear", "shop", "latest", "d", "--yes")
    wait_for(lambda: len(ran(project)) == 2, 60, "dbt does not run again")
    assert set(await_end(home).values()) == {"success"}
    assert ran(project)[1] == [D]


@pytest.mark.parametrize("killed", ["dbt", "task"])
def test_after_a_kill_a_retry_runs_what_had_not_ended(tmp_path: Path, start: Start, killed: str) -> None:
    project = write_fake(tmp_path / "p", CHAIN, hang=[B])
    home = start()
    home.type("trigger", "shop")
    await_state(home, a="success", b="running")
    word = "fake-dbt" if killed == "dbt" else "penstock.dbt.run"
    for pid, words in processes():
        if (
            word in words
            and "penstock.dbt.row" not in words
            and ("penstock.dbt.run" in words) is (killed == "task")
        ):
            os.kill(pid, signal.SIGKILL)
    after = await_end(home)
    assert (after["a"], after["b"], after["c"], after["dbt"]) == (
        "success", "failed", "upstream_failed", "failed",
    )  # fmt: skip
    (project / B).touch()
    home.type("retry", "shop", "latest", "--yes")
    assert set(await_end(home).values()) == {"success"}
    assert A not in ran(project)[1]


def test_with_retries_the_rows_wait_for_the_next_try(tmp_path: Path, start: Start) -> None:
    project = write_fake(tmp_path / "p", CHAIN, fail_at_first=[B])
    home = start(retries=1, retry_delay=1)
    home.type("trigger", "shop")
    assert set(await_end(home).values()) == {"success"}
    assert ran(project) == [[A, B, C, D], [B, C]]


def test_rows_leave_the_last_slots_to_dbt(tmp_path: Path, start: Start) -> None:
    """With two slots and two rows at once, dbt is tried again, and runs again for a row that is cleared."""
    project = write_fake(tmp_path / "p", {A: [], B: [], C: [], D: []}, code=2, error="not now")
    home = start(parallelism=2, retries=1, retry_delay=1)
    home.type("trigger", "shop")
    await_state(home, dbt="up_for_retry")
    (project / "plan.json").write_text((project / "plan.json").read_text().replace('"code": 2', '"code": 0'))
    assert set(await_end(home).values()) == {"success"}
    home.type("clear", "shop", "latest", "c", "--yes")
    home.type("clear", "shop", "latest", "d", "--yes")
    assert set(await_end(home).values()) == {"success"}
    assert sorted(node for each in ran(project)[1:] for node in each) == [C, D]


def test_a_dbt_that_cannot_run_fails_every_row_with_its_words(tmp_path: Path, start: Start) -> None:
    write_fake(tmp_path / "p", {A: [], B: [A]}, code=2, error="Parsing Error\n  bad yaml")
    home = start()
    home.type("trigger", "shop")
    after = await_end(home)
    assert after == {"dbt": "failed", "a": "failed", "b": "upstream_failed"}
    assert (
        "dbt ended before this node had ended: Parsing Error bad yaml"
        in home.type("logs", "shop", "latest", "a").stdout
    )


def test_without_an_engine(tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    project = write_fake(tmp_path / "p", CHAIN, warn=[B])
    home = start()
    file = home.home / "dags" / "shop.py"
    monkeypatch.setenv("PYTHONPATH", home.environment["PYTHONPATH"])
    report = home.ask("test", file, "shop")
    assert {task["state"] for task in report["tasks"]} == {"success"}
    assert len(ran(project)) == 1


def test_nodes_are_tasks_with_one_writer(tmp_path: Path, start: Start) -> None:
    project = write_fake(tmp_path / "p", CHAIN, fail=[B])
    home = start(render="nodes")
    home.type("trigger", "shop")
    assert await_end(home) == {"a": "success", "b": "failed", "c": "upstream_failed", "d": "success"}
    pools = {row["name"]: row["slots"] for row in home.ask("pools", "list")["pools"]}
    assert [slots for name, slots in pools.items() if name.startswith("duckdb-p-")] == [1]
    assert sorted(ran(project)) == [[A], [B], [D]]
    assert not list((home.home / "dbt" / "work").iterdir())


def test_a_node_that_dbt_does_not_know_any_more_is_no_success(tmp_path: Path, start: Start) -> None:
    write_fake(tmp_path / "p", {A: []}, forget=[A])
    home = start(render="nodes")
    home.type("trigger", "shop")
    assert await_end(home) == {"a": "failed"}
    assert f"dbt ended with 0 but did not run {A}" in home.type("logs", "shop", "latest", "a").stdout
