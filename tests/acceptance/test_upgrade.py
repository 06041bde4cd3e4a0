"""An instance of the version before is upgraded while tasks work: nothing is lost, nothing runs twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drive.instance import processes
from drive.waiting import wait_for
from versions.installed import Installed

DAG_FILE = """
import subprocess, time
from pathlib import Path
from penstock import DAG, BashOperator, BranchPythonOperator, Param, PythonSensor, Variable, task

GO = Path({go!r})

def wait():
    print("waits", flush=True)
    while not GO.exists():
        time.sleep(0.05)

def chosen():
    wait()
    return "left"

with DAG("night"):
    BashOperator(
        task_id="shell", bash_command="echo waits; while [ ! -e {go} ]; do sleep 0.05; done; echo over"
    )

    @task
    def pushes():
        wait()
        return {{"rows": 7}}

    @task
    def reads(found):
        print("read", found["rows"])

    @task
    def asks(ti=None):
        wait()
        Variable.set("asked", "yes")
        print("asked", Variable.get("asked"))

    @task
    def learns():
        wait()
        print("word", Variable.get("password"))

    branch = BranchPythonOperator(task_id="branch", python_callable=chosen)
    branch >> [BashOperator(task_id="left", bash_command="echo {{{{ ds_nodash or run_id }}}}"),
               BashOperator(task_id="right", bash_command="true")]
    PythonSensor(task_id="looks", python_callable=GO.exists, poke_interval=0.2, mode="reschedule")
    reads(pushes())
    asks()
    learns()

with DAG("stopped"):
    @task
    def starts_others():
        subprocess.Popen(["sleep", {long!r}])
        print("waits", flush=True)
        time.sleep(86400)

    starts_others()
"""
LONG = f"86399.{os.getpid()}"
"""Seconds that only this test waits: how it knows its own process."""
WAITING = ("shell", "pushes", "asks", "learns", "branch")


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    made = Installed(tmp_path)
    (made.home / "penstock.toml").write_text('stop_grace = 3\n[variables]\npassword = "env:UPGRADE_SECRET"\n')
    (made.home / "dags" / "night.py").write_text(DAG_FILE.format(go=str(tmp_path / "go"), long=LONG))
    yield made
    (tmp_path / "go").touch()
    made.run("cancel", "stopped", "latest", "--yes", check=False)
    made.run("down")


def tasks(installed: Installed, dag_id: str, run_id: str) -> dict[str, Any]:
    listed = installed.json("tasks", "list", dag_id, run_id)
    return {each["task_id"]: each for each in listed["tasks"]}


def state(installed: Installed, dag_id: str, run_id: str) -> str:
    return str(installed.json("runs", "show", dag_id, run_id)["run"]["state"])


def log(installed: Installed, dag_id: str, run_id: str, task_id: str) -> str:
    return installed.run("logs", dag_id, run_id, task_id)


def test_an_upgrade_loses_nothing_that_works(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPGRADE_SECRET", "hush-hush")
    installed.run("up", "-d")
    night = installed.json("trigger", "night")["run_id"]
    stopped = installed.json("trigger", "stopped")["run_id"]

    def all_wait() -> bool:
        found = tasks(installed, "night", night)
        return all(
            found[name]["state"] == "running" and "waits" in log(installed, "night", night, name)
            for name in WAITING
        ) and "waits" in log(installed, "stopped", stopped, "starts_others")

    wait_for(all_wait, 60, "not every task came to wait")
    installed.run("down")
    installed.upgrade()
    installed.run("up", "-d")
    (tmp_path / "go").touch()
    wait_for(
        lambda: installed.json("runs", "show", "night", night)["run"]["state"] == "success",
        60,
        "night goes on",
    )
    found = tasks(installed, "night", night)
    assert {name: each["state"] for name, each in found.items()} == {
        **dict.fromkeys([*WAITING, "reads", "left", "looks"], "success"),
        "right": "skipped",
    }
    assert {name: found[name]["try_number"] for name in WAITING} == dict.fromkeys(WAITING, 1)
    assert "over" in log(installed, "night", night, "shell")
    assert "read 7" in log(installed, "night", night, "reads")
    assert "asked yes" in log(installed, "night", night, "asks")
    learned = log(installed, "night", night, "learns")
    assert "word" in learned
    assert "hush-hush" not in learned
    # What the version before started is stopped as a whole by this one.
    assert any(LONG in words for _, words in processes())
    installed.run("cancel", "stopped", stopped, "--yes")
    wait_for(
        lambda: installed.json("runs", "show", "stopped", stopped)["run"]["state"] == "cancelled",
        30,
        "stopped",
    )
    assert not any(LONG in words for _, words in processes())
    # And everything goes on as usual.
    again = installed.json("trigger", "night")["run_id"]
    wait_for(lambda: state(installed, "night", again) == "success", 60, "a new run does not end")
