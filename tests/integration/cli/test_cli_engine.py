"""The command line against a real engine: every command is a process of its own, as in a script."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drive.commands import Answer
from drive.waiting import wait_for
from penstock.cli.main import run
from penstock.cli.session import Session

PIPELINE = """\
from penstock import DAG, BashOperator, Param

with DAG("chain", schedule="@daily", params={"code": Param(0, type="integer")}):
    first = BashOperator(task_id="first", bash_command="echo one")
    first >> BashOperator(task_id="second", bash_command="echo two; exit {{ params.code }}")

with DAG("long"):
    wait = "echo begun; while [ ! -e '%(go)s' ]; do sleep 0.05; done; echo over"
    BashOperator(task_id="wait", bash_command=wait)
"""

Say = Callable[..., Answer]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An instance with two DAGs and, at first, no engine."""
    folder = tmp_path / "home"
    (folder / "dags").mkdir(parents=True, mode=0o700)
    folder.chmod(0o700)
    (folder / "dags" / "pipeline.py").write_text(PIPELINE % {"go": tmp_path / "go"})
    return folder


@pytest.fixture
def say(home: Path) -> Iterator[Say]:
    """Run `penstock` as a process; the engine that a test left is ended."""

    def command(*arguments: str) -> Answer:
        environment = {**os.environ, "PENSTOCK_HOME": str(home)}
        done = subprocess.run(
            [sys.executable, "-m", "penstock", *arguments],
            env=environment,
            cwd=home,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    yield command
    command("down")


def test_a_day_with_the_command_line(say: Say, home: Path) -> None:
    assert say("status").code == 3
    started = say("up", "-d")
    assert started.code == 0, started.err
    pid = say("status", "--json").document["pid"]
    assert str(pid) in started.out

    again = say("up", "-d")
    assert (again.code, say("status", "--json").document["pid"]) == (0, pid)
    assert str(pid) in again.out

    # Every file was parsed before `up -d` came back.
    assert [row["dag_id"] for row in say("dags", "list", "--json").document["dags"]] == ["chain", "long"]

    good = say("trigger", "chain", "--logical-date", "2013-01-05", "--wait", "--json")
    assert good.code == 0, good.err
    assert good.document["run_id"] == "manual__2013-01-05T00:00:00+00:00"
    assert good.document["state"] == "success"
    assert say("logs", "chain", "2013-01-05", "second").out == "two\n"
    tasks = say("tasks", "list", "chain", "latest", "--json").document["tasks"]
    assert [(row["task_id"], row["outcome"], row["try_number"]) for row in tasks] == [
        ("first", "exit 0", 1),
        ("second", "exit 0", 1),
    ]

    bad = say("trigger", "chain", "--conf", '{"code": 3}', "--wait", "--json")
    assert bad.code == 1
    assert bad.document["state"] == "failed"
    run_id = bad.document["run_id"]
    plan = say("retry", "chain", run_id, "--dry-run", "--json").document
    assert [item["task_id"] for item in plan["items"]] == ["second"]
    assert say("mark", "success", "chain", run_id, "second", "--json").code == 0
    wait_for(lambda: _state(say, "chain", run_id) == "success", 30, "the marked run did not settle")

    backfill = say(
        "backfill", "create", "chain", "--from", "2013-01-05", "--to", "2013-01-07", "--wait", "--json"
    )
    assert backfill.code == 0, backfill.err
    again = say(
        "backfill", "create", "chain", "--from", "2013-01-05", "--to", "2013-01-07", "--dry-run", "--json"
    )
    assert again.document["counts"].get("create", 0) == 0

    assert say("events", "chain", "--json").document["events"]
    assert say("doctor", "--json").code == 0
    assert say("down").code == 0
    assert not Path(f"/proc/{pid}").exists() or _is_zombie(pid)
    assert say("down").code == 0
    stopped = say("status", "--json")
    assert (stopped.code, stopped.document["pid"], stopped.document["dags"]) == (3, None, 2)
    assert say("runs", "list", "chain", "--json").code == 0
    assert say("trigger", "chain").code == 3


def _state(say: Say, dag_id: str, run_id: str) -> str:
    rows = say("runs", "list", dag_id, "--json").document["runs"]
    return str(next(row["state"] for row in rows if row["run_id"] == run_id))


def _is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


def test_down_stops_no_task_and_a_log_is_followed_to_its_end(say: Say, home: Path, tmp_path: Path) -> None:
    assert say("up", "-d").code == 0
    run_id = say("trigger", "long", "--json").document["run_id"]
    wait_for(lambda: "begun" in say("logs", "long", run_id, "wait").out, 30, "the task did not begin")
    assert say("down").code == 0

    # Nobody is the engine now, and the task works on.
    assert say("logs", "long", run_id, "wait").out == "begun\n"
    assert say("up", "-d").code == 0
    environment = {**os.environ, "PENSTOCK_HOME": str(home)}
    follower = subprocess.Popen(
        [sys.executable, "-m", "penstock", "logs", "long", run_id, "wait", "-f"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert follower.stdout is not None
    with follower:
        assert follower.stdout.readline() == "begun\n"
        (tmp_path / "go").touch()
        assert follower.stdout.read() == "over\n"
    assert follower.returncode == 0
    wait_for(lambda: _state(say, "long", run_id) == "success", 30, "the adopted task did not end well")


def test_an_engine_that_cannot_start_says_why(say: Say, home: Path) -> None:
    (home / "penstock.db").write_bytes(b"no database" * 1000)
    answer = say("up", "-d")
    assert answer.code == 1
    assert "engine.log" in answer.err
    assert "database" in answer.err


def test_documents_of_shell_scripts_stay_alone_on_stdout(say: Say) -> None:
    assert say("up", "-d").code == 0
    for command in (("pause", "chain"), ("unpause", "chain"), ("pools", "set", "one", "1")):
        answer = say(*command, "--json")
        assert answer.code == 0, answer.err
        assert json.loads(answer.out)["act"]


def test_a_dag_is_tested_without_a_trace(say: Say, home: Path) -> None:
    good = say("test", "dags/pipeline.py", "chain", "--logical-date", "2013-01-05", "--json")
    assert good.code == 0, good.err
    assert good.document["dag_id"] == "chain"
    assert good.document["run_id"] == "manual__2013-01-05T00:00:00+00:00"
    assert good.document["state"] == "success"
    assert {row["task_id"]: row["state"] for row in good.document["tasks"]} == {
        "first": "success",
        "second": "success",
    }
    assert "two" in good.err
    bad = say("test", "dags/pipeline.py", "chain", "--conf", '{"code": 1}', "--json")
    assert (bad.code, bad.document["state"]) == (1, "failed")
    assert not (home / "penstock.db").exists()


def test_a_test_names_the_instance_that_failed(say: Say, home: Path) -> None:
    lines = (
        "from penstock import DAG, BashOperator",
        "with DAG('mapped', schedule=None):",
        "    BashOperator.partial(task_id='load').expand(bash_command=['true', 'exit 3'])",
    )
    (home / "dags" / "mapped.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    answer = say("test", "dags/mapped.py")
    assert answer.code == 1
    assert "load[1] is failed: exit 3" in answer.err
    assert "load[0] is" not in answer.err


TWINS: tuple[tuple[str, ...], ...] = (
    ("trigger", "chain", "--logical-date", "2013-01-06", "--conf", '{"code": 2}', "--run-id", "mine"),
    ("trigger", "chain", "--logical-date", "none", "--run-id", "mine"),
    ("clear", "chain", "latest", "second", "--upstream", "--downstream", "--past", "--future"),
    ("mark", "success", "chain", "latest", "first", "--downstream", "--past", "--future"),
    ("retry", "chain", "latest", "second"),
    ("clear", "chain", "latest", "first", "second", "--only-failed"),
    (
        "backfill", "create", "chain", "--from", "2013-01-05", "--to", "2013-01-07", "--reprocess",
        "completed", "--max-active-runs", "3", "--backwards", "--conf", '{"code": 2}',
    ),
)  # fmt: skip


def test_the_twin_that_a_plan_names_makes_the_same_plan(twin_engine: Callable[..., Answer]) -> None:
    for command in TWINS:
        first = twin_engine(*command, "--dry-run", "--json").document
        program, *twin = shlex.split(first["cli"])
        assert program == "penstock", command
        second = twin_engine(*twin, "--dry-run", "--json").document
        assert second == first, command
        assert {word for word in command if word.startswith("--")} <= set(twin), command


@pytest.fixture
def twin_engine(say: Say, home: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run commands in this process against a real engine with one failed run of ``chain``."""
    assert say("up", "-d").code == 0
    assert (
        say("trigger", "chain", "--logical-date", "2013-01-05", "--conf", '{"code": 2}', "--wait").code == 1
    )

    def command(*arguments: str) -> Answer:
        code = run(arguments, Session(home=home))
        out, err = capfd.readouterr()
        return Answer(code, out, err)

    return command
