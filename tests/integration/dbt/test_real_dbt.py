"""The real dbt with DuckDB: `drive.real_tools` says which, and installs it once.

Installing it costs 30 s of a processor's time besides the download, each start of dbt some seconds: the
suite itself has a program that speaks as dbt does (`test_dbt_rows.py`).
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.nyc_expected import expected_mart, stored_mart
from drive.instance import processes, with_suppressed_kill
from drive.real_tools import installed_dbt
from drive.sample_home import SAMPLES, SampleHome
from drive.waiting import wait_for
from penstock.model.states import RUN_TERMINAL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
PROJECT = Path(__file__).parents[2] / "data" / "dbt_shop"
LIMIT = 600
"""Seconds to wait for a dbt or two, which take many times longer on a machine that is busy."""
Make = Callable[..., SampleHome]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    homes = []

    def one(**options: Any) -> SampleHome:
        if not (tmp_path / "shop").exists():
            shutil.copytree(PROJECT, tmp_path / "shop")
        home = SampleHome(tmp_path / "home", "stop_grace = 5\nparse_timeout = 300\n")
        homes.append(home)
        said = {"project_dir": str(tmp_path / "shop"), "dbt": str(installed_dbt()), **options}
        said = {"freshness": "none", "is_paused_upon_creation": False, **said}
        home.write_dag("shop", f"from penstock import DbtDag\n\nDbtDag('shop', **{said!r})\n")
        home.start(wait=False)
        home.await_ready(LIMIT)
        wait_for(lambda: loaded(home), LIMIT, "the project is neither loaded nor refused")
        return home

    yield one
    for home in homes:
        home.close()


def loaded(home: SampleHome) -> bool:
    with home.client() as engine:
        return bool(engine.dags()) or bool(engine.import_errors())


def run(home: SampleHome, *words: str) -> dict[str, str]:
    home.type(*(words or ("trigger", "shop")))
    wait_for_end(home)
    return states(home)


def wait_for_end(home: SampleHome) -> None:
    """Wait until the newest run has ended; fail when nothing of it moves for `LIMIT` seconds."""
    while not ended(home):
        before = states(home)
        wait_for(lambda: ended(home) or states(home) != before, LIMIT, "the run stands still")  # noqa: B023


def ended(home: SampleHome) -> bool:
    with home.client() as engine:
        return engine.runs("shop")[0].state in RUN_TERMINAL


def states(home: SampleHome) -> dict[str, str]:
    with home.client() as engine:
        newest = engine.runs("shop")[0].run_id
        return {row.task_id: row.state.value for row in engine.run("shop", newest).tasks}


def query(project: Path, statement: str) -> str:
    """Ask the DuckDB with dbt's own Python: the tests' may be older than the file."""
    script = f"import duckdb; print(duckdb.connect('shop.duckdb').execute({statement!r}).fetchall())"
    python = installed_dbt().with_name("python")
    done = subprocess.run([python, "-c", script], cwd=project, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_one_dbt_with_rows_and_a_retry_of_what_failed(make: Make, tmp_path: Path) -> None:
    home = make(render="project", vars={"day": "{{ ds }}"})
    after = run(home, "trigger", "shop", "--logical-date", "2026-02-03")
    tests = ("unique_orders_id", "not_null_orders_id", "ids_are_known")
    assert after == {
        "dbt": "failed", "raw_orders": "success", "orders": "success", "totals": "success",
        "bad": "failed", "after_bad": "upstream_failed", **dict.fromkeys(tests, "success"),
    }  # fmt: skip
    assert query(tmp_path / "shop", "select total, day from totals") == "[(30, '2026-02-03')]"
    assert "ids_are_known" in home.type("logs", "shop", "latest", "ids_are_known").stdout
    log = home.type("logs", "shop", "latest", "bad").stdout
    assert log.splitlines()[-1].startswith("Runtime Error in model bad (models/bad.sql): Conversion Error")
    assert "\x1b" not in log + home.type("logs", "shop", "latest", "dbt").stdout
    value = json.loads(home.ask("xcom", "shop", "latest", "raw_orders")["xcoms"][0]["value"])
    assert (value["rows"], value["status"]) == (2, "success")
    model = tmp_path / "shop" / "models" / "bad.sql"
    model.write_text("select 7 as broken from {{ ref('orders') }}")
    assert set(run(home, "retry", "shop", "latest", "--yes").values()) == {"success"}
    assert '{"nodes": 2, "success": 2}' in home.type("logs", "shop", "latest", "dbt").stdout


def test_a_broken_project_is_an_error_in_dbts_words_until_it_is_mended(make: Make, tmp_path: Path) -> None:
    project = tmp_path / "shop"
    shutil.copytree(PROJECT, project)
    (project / "models" / "new.sql").write_text("select *\nfrom {{ ref('nowhere') }}\n")
    home = make()
    error = home.ask("dags", "errors")["errors"][0]
    assert "depends on a node named 'nowhere' which was not found" in error["message"]
    assert "models/new.sql" in error["message"]
    assert error["line"] == 3
    (project / "models" / "new.sql").write_text("select 1 as one\n")
    wait_for(lambda: has_task(home, "new"), LIMIT, "the project is not loaded again")
    (project / "models" / "newer.sql").write_text("select 2 as two\n")
    wait_for(lambda: has_task(home, "newer"), LIMIT, "a new model is not found")


def has_task(home: SampleHome, name: str) -> bool:
    with home.client() as engine:
        return any(name in {task.task_id for task in engine.dag("shop").nodes} for _ in engine.dags())


def test_nodes_as_tasks_and_freshness_as_a_sensor(make: Make, tmp_path: Path) -> None:
    home = make(freshness="sensor", tests="grouped", exclude="bad+", poke_interval=1, vars={"number": "7"})
    with home.client() as engine:
        tasks = {task.task_id: task for task in engine.dag("shop").nodes}
    assert set(tasks) == {"raw_orders", "orders", "orders_tests", "totals", "raw_raw_orders_fresh"}
    assert tasks["totals"].retries == 4
    pools = {task.pool for task in tasks.values()}
    assert len(pools) == 1
    assert pools.pop().startswith("duckdb-shop-")
    # What the sensor looks at is there before, as sources are.
    loaded_before = "select 1 as id, 2 as amount, date '2026-01-01' as at"
    query(tmp_path / "shop", f"create table raw_orders as {loaded_before}")
    home.type("trigger", "shop")
    wait_for(lambda: ended(home), LIMIT, "the source does not become fresh")
    assert set(states(home).values()) == {"success"}
    assert query(tmp_path / "shop", "select total from totals") == "[(30,)]"


def test_a_kill_of_the_real_dbt(make: Make, tmp_path: Path) -> None:
    project = tmp_path / "shop"
    shutil.copytree(PROJECT, project)
    long = "select count(*) as n from range(4000000) a join range(4000000) b on a.range % 7 = b.range % 11\n"
    (project / "models" / "long.sql").write_text("-- {{ ref('orders') }}\n" + long)
    home = make(render="project", exclude="bad+")
    home.type("trigger", "shop")
    wait_for(lambda: states(home)["long"] == "running", LIMIT, "it does not begin")
    wait_for(lambda: "create" in home.type("logs", "shop", "latest", "long").stdout, 60, "it does not run")
    for pid, words in processes():
        if "--log-format json" in words and str(project) in words and "penstock.dbt" not in words:
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: ended(home), LIMIT, "the run does not end")
    after = states(home)
    assert (after["orders"], after["long"], after["dbt"]) == ("success", "failed", "failed")
    (project / "models" / "long.sql").write_text("select 1 as n from {{ ref('orders') }}\n")
    assert set(run(home, "retry", "shop", "latest", "--yes").values()) == {"success"}
    log = home.type("logs", "shop", "latest", "dbt").stdout
    assert "START seed" not in log


def write_layers(folder: Path, layers: int, places: int) -> None:
    """Write a project of layers of so many models each, and a test of each of the last layer.

    The table ``ran`` gets a row in the transaction that makes a model.
    """
    shutil.copytree(PROJECT, folder)
    shutil.rmtree(folder / "models")
    shutil.rmtree(folder / "seeds")
    (folder / "models").mkdir()
    with (folder / "dbt_project.yml").open("a") as file:
        file.write("    +post-hook: \"insert into ran values ('{{ this.name }}')\"\n")
        file.write("on-run-start: create table if not exists ran (name varchar)\n")
    for layer in range(layers):
        for place in range(places):
            ups = [f"m{layer - 1}_{(place + more) % places}" for more in (0, 1)] if layer else []
            terms = [f"(select n from {{{{ ref('{up}') }}}})" for up in ups] or [str(place)]
            (folder / "models" / f"m{layer}_{place}.sql").write_text(f"select {' + '.join(terms)} as n\n")
    tested = [{"name": "n", "data_tests": ["not_null"]}]
    last = [{"name": f"m{layers - 1}_{place}", "columns": tested} for place in range(places)]
    (folder / "models" / "schema.yml").write_text(json.dumps({"models": last}))


@pytest.mark.parametrize(("render", "layers", "places"), [("project", 5, 10), ("nodes", 3, 4)])
def test_a_retry_after_a_kill_of_everything_runs_only_what_had_not_ended(
    make: Make, tmp_path: Path, render: str, layers: int, places: int
) -> None:
    project = tmp_path / "shop"
    write_layers(project, layers, places)
    home = make(render=render)
    nodes = (layers + 1) * places
    some = nodes // 5
    assert len([name for name in tasks_of(home) if name != "dbt"]) == nodes
    home.type("trigger", "shop")
    wait_for(lambda: [*states(home).values()].count("success") >= some, LIMIT, "it does not get on")
    supervisors = home.supervisors()
    home.kill()
    for pid in supervisors:
        with_suppressed_kill(pid)
    for pid, _ in home.leftovers():
        with_suppressed_kill(pid)
    wait_for(lambda: not dbts(project), 60, "a dbt lives on")
    made = set(counted(project))
    home.start(wait=False)
    home.await_ready(LIMIT)
    wait_for_end(home)
    before = states(home)
    kept = {name for name, state in before.items() if state == "success"}
    assert some <= len(kept) < nodes
    assert set(run(home, "retry", "shop", "latest", "--yes").values()) == {"success"}
    counts = counted(project)
    assert len(counts) == layers * places
    assert {name: count for name, count in counts.items() if name in kept and count != 1} == {}
    again = {name for name, count in counts.items() if count > 1}
    assert again <= made - kept
    assert len(again) <= 2, "more than what was made at the moment of the kill"


def counted(project: Path) -> dict[str, int]:
    """Return how often each model was made."""
    rows: list[tuple[str, int]] = ast.literal_eval(
        query(project, "select name, count(*) from ran group by name")
    )
    return dict(rows)


def tasks_of(home: SampleHome) -> list[str]:
    with home.client() as engine:
        return [task.task_id for task in engine.dag("shop").nodes]


def dbts(project: Path) -> list[int]:
    return [pid for pid, words in processes() if "--log-format json" in words and str(project) in words]


def test_the_sample_makes_the_figures_of_the_sql_mart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_VAR_DBT", str(installed_dbt()))
    home = SampleHome(tmp_path / "home", f'dags_folder = "{SAMPLES}"\nparse_timeout = 300\n')
    day = date(2013, 1, 5)
    home.type("test", SAMPLES / "nyc_flights.py", "nyc_flights", "--logical-date", str(day))
    report = home.ask("test", SAMPLES / "nyc_dbt.py", "nyc_dbt", limit=300)
    assert {task["state"] for task in report["tasks"]} == {"success"}
    assert {"dbt", "departures", "delays", "no_flight_is_lost"} <= {
        task["task_id"] for task in report["tasks"]
    }
    warehouse = home.home / "nyc_flights" / "warehouse.duckdb"
    marts = [stored_mart(warehouse, table) for table in ("main.delays", "dbt.delays")]
    assert marts[0] == marts[1] == expected_mart(day, day)
