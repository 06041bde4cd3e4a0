"""The small samples, each run for what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import host_health
from drive.sample_home import SAMPLES, SampleHome, states
from drive.waiting import wait_for

FILES = sorted(path.name for path in SAMPLES.glob("*.py") if path.name != "nyc_dbt.py")
"""What needs nothing else; nyc_dbt is there where dbt is, and is tried with it."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[SampleHome]:
    made = SampleHome(tmp_path / "home")
    yield made
    made.close()


@pytest.mark.parametrize("name", FILES)
def test_every_sample_loads_without_a_warning(home: SampleHome, name: str) -> None:
    document = home.ask("parse", SAMPLES / name)
    assert document["errors"] == []
    (dag,) = document["dags"].values()
    assert dag["dag_id"] == Path(name).stem
    assert dag["warnings"] == []
    assert dag["description"]


def test_the_folder_holds_these_dags_and_nothing_broken(home: SampleHome) -> None:
    home.start()
    listed = home.ask("dags", "list")["dags"]
    assert sorted(dag["dag_id"] for dag in listed) == [Path(name).stem for name in FILES]
    assert home.status().import_errors == 0


def test_hello_keeps_its_order(home: SampleHome) -> None:
    report = home.ask("test", SAMPLES / "hello.py")
    assert states(report) == dict.fromkeys("ABCD", "success")
    at = {task["task_id"]: task for task in report["tasks"]}
    assert at["A"]["end"] <= at["B"]["start"]
    assert at["C"]["end"] <= at["D"]["start"]
    assert at["C"]["start"] < at["A"]["end"], "the two chains run side by side"


def test_primes_are_counted_here_when_they_are_only_tried(home: SampleHome) -> None:
    report = home.ask("test", SAMPLES / "primes.py")
    values = {task["task_id"]: task["xcoms"].get("return_value") for task in report["tasks"]}
    assert set(states(report).values()) == {"success"}
    assert values["total"] == 9592


def test_host_health_looks_at_this_machine(home: SampleHome) -> None:
    report = home.ask("test", SAMPLES / "host_health.py")
    assert set(states(report).values()) == {"success"}
    values = {task["task_id"]: task["xcoms"].get("return_value") for task in report["tasks"]}
    assert values["load"] >= 0
    assert abs(values["memory"] - psutil.virtual_memory().percent) < 50
    assert 0 < values["disks"]["/"] <= 100
    assert isinstance(values["verdict"], list)


def test_host_health_warns_above_a_limit(capsys: pytest.CaptureFixture[str]) -> None:
    warnings = host_health.verdict.function(2.5, 95.0, {"/": 20.0, "/data": 91.0})
    assert warnings == [
        "load per core 2.50 is above 2",
        "memory 95 % is above 90 %",
        "/data 91 % is above 90 %",
    ]
    assert "WARNING memory 95 % is above 90 %" in capsys.readouterr().out
    assert host_health.verdict.function(0.1, 20.0, {"/": 20.0}) == []


def test_flaky_fails_in_its_ways_and_a_retry_mends_it(home: SampleHome) -> None:
    home.start()
    run_id = home.ask("trigger", "flaky", "--wait", exit_code=1)["run_id"]
    tasks = home.tasks("flaky", run_id)
    assert {name: task["state"] for name, task in tasks.items()} == {
        "needs_a_file": "failed",
        "third_try": "success",
        "killed": "success",
        "too_slow": "success",
        "finish": "upstream_failed",
    }
    assert {name: task["try_number"] for name, task in tasks.items()} == {
        "needs_a_file": 1,
        "third_try": 3,
        "killed": 2,
        "too_slow": 2,
        "finish": 0,
    }
    assert tasks["needs_a_file"]["outcome"] == "exit 1"
    first = {name: outcomes(home, run_id, name)[0] for name in ("third_try", "killed", "too_slow")}
    assert first["third_try"]["kind"] == "exit_code"
    assert (first["killed"]["kind"], first["killed"]["signal"]) == ("signal", 9)
    assert first["too_slow"]["kind"] == "timeout"

    told = home.type("logs", "flaky", run_id, "needs_a_file").stdout
    switch = re.search(r"touch '(.*)'", told)
    assert switch
    Path(switch[1]).touch()
    home.type("retry", "flaky", run_id, "--yes")
    home.await_tasks("flaky", run_id, {"needs_a_file": "success", "finish": "success"})
    wait_for(lambda: run_state(home, "flaky", run_id) == "success", 30, "the run does not end well")


def outcomes(home: SampleHome, run_id: str, task_id: str) -> list[dict[str, Any]]:
    attempts = home.ask("attempts", "flaky", run_id, task_id)["attempts"]
    return [attempt["outcome_detail"] for attempt in attempts]


def run_state(home: SampleHome, dag_id: str, run_id: str) -> str:
    runs = home.ask("runs", "list", dag_id)["runs"]
    return str(next(run["state"] for run in runs if run["run_id"] == run_id))


def test_long_log_says_all_its_lines_in_time(home: SampleHome) -> None:
    done = home.type("test", SAMPLES / "long_log.py", "--conf", '{"seconds": 1, "lines": 1200}')
    assert "talk | said 1200 lines" in done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("talk | ")]
    assert len(said) >= 1200
    for level in ("DEBUG", "INFO", "WARNING", "ERROR"):
        assert any(f" {level} " in line for line in said), level
    assert any("Traceback (most recent call last):" in line for line in said)
    assert any("KeyError: 'pear'" in line for line in said)
    assert any("] 100 %" in line for line in said)


def test_long_log_refuses_conf_that_does_not_fit(home: SampleHome) -> None:
    done = home.type("test", SAMPLES / "long_log.py", "--conf", '{"lines": 0}', exit_code=2)
    assert "lines" in done.stderr


def test_waits_for_file_waits_and_goes_on(home: SampleHome) -> None:
    home.start()
    run_id = home.ask("trigger", "waits_for_file")["run_id"]
    home.await_tasks(
        "waits_for_file",
        run_id,
        {
            "for_file": "up_for_reschedule",
            "for_even_second": "success",
            "for_moment": "success",
            "or_not": "skipped",
            "go_on": "pending",
        },
    )
    log = home.type("logs", "waits_for_file", run_id, "for_file").stdout
    awaited = re.search(r"nothing yet at (\S+)", log)
    assert awaited
    Path(awaited[1]).touch()
    home.await_tasks("waits_for_file", run_id, {"for_file": "success", "go_on": "success"})
    assert home.tasks("waits_for_file", run_id)["for_file"]["attempts"] > 1


def test_the_demo_starts_shows_life_and_starts_again(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    first = demo(home)
    assert f"dashboard   {home}/nyc_flights/dashboard.html" in first
    assert "make demo-stop" in first
    instance = SampleHome.existing(home)
    try:
        pid = instance.ask("status")["pid"]
        assert pid
        dags = {dag["dag_id"]: dag for dag in instance.ask("dags", "list")["dags"]}
        assert {"hello", "host_health", "nyc_flights", "first_dag"} <= set(dags)
        runs = instance.ask("runs", "list", "nyc_flights")["runs"]
        assert [run["logical_date"] for run in runs] == ["2013-01-01T05:00:00Z"]
        demo(home)
        assert instance.ask("status")["pid"] == pid, "the second time finds the engine running"
        assert len(instance.ask("runs", "list", "nyc_flights")["runs"]) == 1
        assert len(instance.ask("runs", "list", "long_log")["runs"]) == 2
    finally:
        instance.type("down")
        instance.close()


def demo(home: Path) -> str:
    """Run the script as `make demo` does, without a terminal; return what it printed."""
    scripts = Path(sysconfig.get_path("scripts"))
    done = subprocess.run(
        ["sh", str(SAMPLES / "demo.sh"), str(home)],
        env={**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
