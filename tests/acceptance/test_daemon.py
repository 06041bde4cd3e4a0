"""The engine as a process: what it survives, what it refuses, what it leaves alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.instance import Instance, processes
from drive.waiting import wait_for
from penstock.errors import EngineNotRunningError
from penstock.model.acts import Trigger
from penstock.model.states import RUN_TERMINAL, RunState
from penstock.model.views.runs import RunDetail

GOOD = """
from penstock import DAG, BashOperator
with DAG("{name}", schedule=None):
    BashOperator(task_id="a", bash_command={command!r})
"""

NASTY = {
    "loops": "while True: pass",
    "exits": "import sys; sys.exit(3)",
    "exits_hard": "import os; os._exit(4)",
    "raises": "x = 1\nraise RuntimeError('no such table')",
    "garbage": "import os\nos.write(1, b'\\x1b[2J{}' * 1000)\nimport nothing_like_this",
    "segfaults": "import ctypes; ctypes.string_at(0)",
    "syntax": "def broken(:\n    pass",
}


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    made = Instance(tmp_path / "home", "parse_timeout = 2.0\nstop_grace = 1\n")
    made.write_dag("good", GOOD.format(name="good", command="echo fine"))
    yield made
    made.close()


def run_to_end(instance: Instance, dag_id: str) -> RunDetail:
    with instance.client() as engine:
        run_id = engine.commit(Trigger(dag_id=dag_id), actor="test").run_id
        assert run_id is not None
        wait_for(lambda: engine.run(dag_id, run_id).run.state in RUN_TERMINAL, 30, f"{run_id} does not end")
        return engine.run(dag_id, run_id)


def penstock(instance: Instance, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "penstock", *words],
        env={**os.environ, "PENSTOCK_HOME": str(instance.home)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_bad_files_hurt_themselves_only(instance: Instance) -> None:
    for name, text in NASTY.items():
        instance.write_dag(name, text)
    instance.start()
    with instance.client() as engine:
        errors = {Path(row.file).stem: row for row in engine.import_errors()}
    assert set(errors) == set(NASTY)
    assert errors["raises"].line == 2
    assert "no such table" in errors["raises"].message
    assert errors["syntax"].line == 1
    assert "SIGSEGV" in errors["segfaults"].message
    assert all(row.message.isprintable() for row in errors.values()), "an error must be readable"
    assert run_to_end(instance, "good").run.state is RunState.SUCCESS


def test_what_a_file_says_stays_one_harmless_line_of_the_engines_log(instance: Instance) -> None:
    forged = "2026-11-22 15:00:00,000 INFO penstock: all is well"
    instance.write_dag("hostile", f"raise RuntimeError('\\x1b]0;x\\x07 \\x1b[2J\\n{forged}')")
    instance.start()
    lines = (instance.home / "engine.log").read_text().splitlines()
    assert all(line.isprintable() for line in lines)
    assert forged not in lines
    (told,) = (line for line in lines if "hostile.py" in line)
    assert r"RuntimeError: \x1b]0;x\x07 \x1b[2J" in told


def test_an_engine_can_be_stopped_while_a_file_hangs_at_its_start(tmp_path: Path) -> None:
    hung = Instance(tmp_path / "home", "parse_timeout = 600\n")
    try:
        path = hung.write_dag("loops", "import os\nopen(__file__ + str(os.getpid()), 'x')\nwhile True: pass")
        hung.start(wait=False)
        wait_for(lambda: list(path.parent.glob("loops.py?*")), 30, "it does not load")
        hung.stop()
        (pid,) = (int(found.name.removeprefix(path.name)) for found in path.parent.glob("loops.py?*"))
        assert pid not in dict(processes())
        assert "ending" in (hung.home / "engine.log").read_text()
    finally:
        hung.close()


def test_a_broken_edit_keeps_the_last_good_version_and_a_mended_one_replaces_it(instance: Instance) -> None:
    instance.start()
    instance.write_dag("good", "this is not python")
    with instance.client() as engine:
        wait_for(engine.import_errors, 20, "the error is not seen")
        assert engine.dags()[0].import_error is not None
        assert run_to_end(instance, "good").run.state is RunState.SUCCESS
        instance.write_dag(
            "good",
            GOOD.format(name="good", command="echo fine")
            + "    BashOperator(task_id='b', bash_command='true')\n",
        )
        wait_for(lambda: len(engine.dag("good").nodes) == 2, 20, "the new version is not seen")
        assert engine.import_errors() == []


def test_a_run_keeps_the_version_it_started_with(instance: Instance) -> None:
    gate = instance.home / "gate"
    text = """
from penstock import DAG, BashOperator, task
with DAG("pinned", schedule=None):
    wait = BashOperator(task_id="wait", bash_command="while [ ! -e {gate} ]; do sleep 0.05; done")
    @task
    def tell():
        print("version {version}")
    wait >> tell()
"""
    instance.write_dag("pinned", text.format(gate=gate, version="one"))
    instance.start()
    with instance.client() as engine:
        run_id = engine.commit(Trigger(dag_id="pinned"), actor="test").run_id
        assert run_id is not None
        first = engine.dag("pinned").version
        instance.write_dag("pinned", text.format(gate=gate, version="two"))
        wait_for(lambda: engine.dag("pinned").version != first, 20, "the change is not seen")
        gate.touch()
        wait_for(lambda: engine.run("pinned", run_id).run.state in RUN_TERMINAL, 30, "it does not end")
        row = next(row for row in engine.run("pinned", run_id).tasks if row.task_id == "tell")
        assert row.attempt_id is not None
        log = engine.read_log(row.attempt_id, 0, 10_000).data.decode()
    assert "version one" in log


def test_down_and_hang_up_stop_no_task_and_the_next_engine_knows_the_end(instance: Instance) -> None:
    gate = instance.home / "gate"
    command = f"while [ ! -e {gate} ]; do sleep 0.05; done; exit 7"
    instance.write_dag("long", GOOD.format(name="long", command=command))
    instance.start()
    with instance.client() as engine:
        run_id = engine.commit(Trigger(dag_id="long"), actor="test").run_id
        assert run_id is not None
        wait_for(lambda: engine.run("long", run_id).tasks[0].state == "running", 20, "it does not start")
    os.kill(instance.pid, signal.SIGHUP)
    assert instance.status().pid == instance.pid, "a closed terminal is no reason to go"
    assert penstock(instance, "down").returncode == 0
    wait_for(lambda: instance.dead, 10, "the engine is still there")
    assert len(instance.leftovers()) >= 1, "the task runs on without an engine"
    gate.touch()
    wait_for(lambda: not instance.leftovers(), 10, "the task does not end")
    instance.start()
    with instance.client() as engine:
        wait_for(lambda: engine.run("long", run_id).run.state in RUN_TERMINAL, 20, "the end is not seen")
        outcome = engine.run("long", run_id).tasks[0].outcome
    assert outcome is not None
    assert outcome.exit_code == 7


def test_one_engine_per_home(instance: Instance) -> None:
    instance.start()
    second = penstock(instance, "up")
    assert second.returncode == 1
    assert "already runs" in second.stderr
    detached = penstock(instance, "up", "-d")
    assert detached.returncode == 0
    assert instance.status().pid == instance.pid


def test_without_an_engine_reads_go_on_and_acts_say_how_to_start_one(instance: Instance) -> None:
    instance.start()
    run_id = run_to_end(instance, "good").run.run_id
    instance.kill()
    status = penstock(instance, "status", "--json")
    assert status.returncode == 3
    assert json.loads(status.stdout)["pid"] is None
    runs = penstock(instance, "runs", "list", "good", "--json")
    assert runs.returncode == 0
    assert [row["run_id"] for row in json.loads(runs.stdout)["runs"]] == [run_id]
    logs = penstock(instance, "logs", "good", run_id, "a")
    assert logs.stdout.strip() == "fine"
    act = penstock(instance, "trigger", "good")
    assert act.returncode == 3
    assert "penstock up -d" in act.stderr
    with instance.client() as engine, pytest.raises(EngineNotRunningError):
        engine.status()


def test_a_cancelled_task_really_dies_with_all_its_children(instance: Instance) -> None:
    command = "trap '' TERM; (setsid sleep 300 &) ; sleep 300 & sleep 300"
    instance.write_dag("stubborn", GOOD.format(name="stubborn", command=command))
    instance.start()
    with instance.client() as engine:
        from penstock.model.acts import Cancel

        run_id = engine.commit(Trigger(dag_id="stubborn"), actor="test").run_id
        assert run_id is not None
        wait_for(lambda: len(instance.leftovers()) >= 3, 20, "it does not start")
        engine.commit(Cancel(dag_id="stubborn", run_id=run_id), actor="test")
        wait_for(lambda: engine.run("stubborn", run_id).run.state in RUN_TERMINAL, 20, "it does not die")
        detail = engine.run("stubborn", run_id)
    assert detail.run.state is RunState.CANCELLED
    assert instance.leftovers() == []
