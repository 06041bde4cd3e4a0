"""What reaches the tasks of an engine, and the engine itself: stray signals do not, its umask does."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.instance import Instance
from drive.waiting import wait_for
from penstock.model.acts import Trigger
from penstock.model.states import RUN_TERMINAL, RunState
from penstock.model.views.runs import RunDetail
from penstock.stray_signals import ALL

DAG = """
import os
from penstock import DAG, BashOperator, task
def told(context):
    open(os.path.join(os.path.dirname({folder!r}), "callback"), "w").close()
with DAG("made", schedule=None, on_success_callback=told):
    BashOperator(task_id="b", bash_command="umask; mkdir -p {folder} && cd {folder} && mkdir d && echo x > f")
    @task
    def p():
        os.makedirs({folder!r} + "/p")
        open({folder!r} + "/p/f", "w").close()
    p()
"""
_FAULTS = {signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGSYS}
_ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}
HARMLESS = sorted(ALL - _FAULTS - _ENDING - {signal.SIGTRAP})


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    made = Instance(tmp_path / "home")
    yield made
    made.close()


def start(instance: Instance, umask: int) -> None:
    before = os.umask(umask)
    try:
        instance.start()
    finally:
        os.umask(before)


def run_to_end(instance: Instance) -> RunDetail:
    with instance.client() as engine:
        run_id = engine.commit(Trigger(dag_id="made"), actor="test").run_id
        assert run_id is not None
        wait_for(lambda: engine.run("made", run_id).run.state in RUN_TERMINAL, 30, f"{run_id} does not end")
        return engine.run("made", run_id)


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


@pytest.mark.parametrize(
    ("umask", "config", "modes"),
    [
        (0o022, "", ("0o755", "0o644")),
        (0o027, "", ("0o750", "0o640")),
        (0o022, 'umask = "002"', ("0o775", "0o664")),
        (0o077, "umask = 0o27", ("0o750", "0o640")),
    ],
)
def test_tasks_get_the_umask_and_the_instance_stays_private(
    tmp_path: Path, umask: int, config: str, modes: tuple[str, str]
) -> None:
    instance = Instance(tmp_path / "home", config)
    out = tmp_path / "out"
    instance.write_dag("made", DAG.format(folder=str(out)))
    start(instance, umask)
    try:
        assert run_to_end(instance).run.state is RunState.SUCCESS
        wait_for((tmp_path / "callback").exists, 30, "the callback")
        assert (mode(out / "d"), mode(out / "f")) == modes
        assert (mode(out / "p"), mode(out / "p" / "f")) == modes
        assert mode(tmp_path / "callback") == modes[1]
        shut = [instance.settings.attempts, instance.settings.run_folder, instance.settings.versions]
        for folder in shut:
            assert mode(folder) == "0o700"
            for path in folder.rglob("*"):
                if not path.is_socket():
                    assert mode(path) == ("0o700" if path.is_dir() else "0o600"), path
    finally:
        instance.close()


def test_a_foreground_run_obeys_the_umask_of_the_configuration(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "home", 'umask = "007"')
    file = instance.write_dag("made", DAG.format(folder=str(tmp_path / "out")))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "penstock", "test", str(file)],
        env={**os.environ, "PENSTOCK_HOME": str(instance.home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    assert (mode(tmp_path / "out" / "f"), mode(tmp_path / "out" / "p" / "f")) == ("0o660", "0o660")


def test_no_stray_signal_ends_an_engine_and_three_end_it_in_order(instance: Instance) -> None:
    for last in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        instance.start()
        for number in HARMLESS:
            os.kill(instance.pid, number)
        assert instance.answers()
        os.kill(instance.pid, last)
        wait_for(lambda: instance.dead, 30, "the engine does not end")
        assert instance._engine is not None
        assert instance._engine.returncode == 0
