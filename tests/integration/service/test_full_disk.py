"""A disk that takes nothing at the moment of a result: it waits, and nothing is lost or told wrong."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drive.instance import Instance
from drive.waiting import wait_for
from penstock.api.client import SocketEngine
from penstock.model.acts import Trigger
from penstock.model.states import RUN_TERMINAL
from penstock.model.views.runs import RunDetail
from penstock.supervisor.log_file import BACKLOG

DAG = """
import time, pathlib
from penstock import (DAG, BashOperator, BranchPythonOperator, EmptyOperator, FailException, PythonOperator,
                      PythonSensor, ShortCircuitOperator, SkipException, task)

GO = pathlib.Path({go!r})

def wait():
    while not GO.exists():
        time.sleep(0.02)
    print("at the end")

with DAG("ends", schedule=None, is_paused_upon_creation=False, default_args={{"retries": 0}}):
    @task
    def returned():
        wait()
        return {{"rows": 42}}

    @task
    def skipped():
        wait()
        raise SkipException("nothing to do")

    @task
    def failed():
        wait()
        raise FailException("as it must")

    @task.branch
    def branch():
        wait()
        return "left"

    seen = []
    def look():
        wait()
        return GO.with_name("again").exists()

    PythonSensor(task_id="sensor", python_callable=look, mode="reschedule", poke_interval=0.1)
    branch() >> [EmptyOperator(task_id="left"), EmptyOperator(task_id="right")]
    until = "until [ -e {go} ]; do sleep 0.02; done; "
    BashOperator(task_id="shell", bash_command=until + "echo one; echo last-line; exit 0")
    BashOperator(task_id="shell_fails", bash_command=until + "echo why it failed; exit 3")
    BashOperator(task_id="rendered", bash_command=until + "echo {{{{ run_id }}}}")
    returned(), skipped(), failed()
"""
STATES = {
    "returned": "success",
    "skipped": "skipped",
    "failed": "failed",
    "branch": "success",
    "left": "success",
    "right": "skipped",
    "sensor": "success",
    "shell": "success",
    "shell_fails": "failed",
    "rendered": "success",
}
REASONS = {"skipped": "nothing to do", "failed": "as it must", "shell_fails": "exit 3"}
AT_WORK = STATES.keys() - {"left", "right"}


class Disk:
    """The disk under an instance's attempts, to be filled and freed."""

    def __init__(self, instance: Instance, go: Path) -> None:
        self.instance = instance
        self.go = go

    def fill(self) -> None:
        raise NotImplementedError

    def free(self) -> None:
        raise NotImplementedError


class Switched(Disk):
    """One that fails by a failpoint: works everywhere."""

    def __init__(self, instance: Instance, go: Path, error: str) -> None:
        super().__init__(instance, go)
        self.error = error

    def fill(self) -> None:
        (self.go.parent / "broken").write_text(self.error)

    def free(self) -> None:
        (self.go.parent / "broken").unlink()


class Mounted(Disk):
    """A small one of its own that is really full."""

    def fill(self) -> None:
        with (self.instance.settings.attempts / "filler").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                return

    def free(self) -> None:
        (self.instance.settings.attempts / "filler").unlink()


def mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)


@contextmanager
def own_disk(folder: Path) -> Iterator[None]:
    """Mount a file system of 600 KiB at *folder*; skip where that is not permitted."""
    folder.mkdir()
    try:
        mount("-t", "tmpfs", "-o", "size=600k,mode=700", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system may be mounted here: {error}")
    try:
        yield
    finally:
        mount("-o", "remount,rw", str(folder))
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    monkeypatch.setenv("PENSTOCK_FAILDISK", str(tmp_path / "broken"))
    config = 'pass_env = ["PENSTOCK_FAILDISK"]\nshow_env = ["PENSTOCK_FAILDISK"]\n'
    made = Instance(tmp_path / "home", config)
    made.write_dag("ends", DAG.format(go=str(tmp_path / "go")))
    yield made
    made.close()


@pytest.fixture(params=["ENOSPC", "EIO", "EROFS", "EDQUOT", "mounted"])
def disk(request: pytest.FixtureRequest, tmp_path: Path, instance: Instance) -> Iterator[Disk]:
    if request.param == "mounted":
        with own_disk(instance.settings.attempts):
            yield Mounted(instance, tmp_path / "go")
            instance.close()
    else:
        yield Switched(instance, tmp_path / "go", request.param)


def log_of(engine: SocketEngine, detail: RunDetail, task_id: str) -> str:
    row = next(row for row in detail.tasks if row.task_id == task_id)
    assert row.attempt_id is not None
    return bytes(engine.read_log(row.attempt_id, 0, 1 << 20).data).decode()


def test_a_result_waits_for_the_disk(disk: Disk) -> None:
    instance = disk.instance
    instance.start()
    with instance.client() as engine:
        run_id = engine.commit(Trigger(dag_id="ends")).run_id
        assert run_id is not None

        def states() -> dict[str, str]:
            return {row.task_id: row.state.value for row in engine.run("ends", run_id).tasks}

        wait_for(lambda: all(states()[name] == "running" for name in AT_WORK), 60, "they do not start")
        supervisors = set(instance.supervisors())
        disk.fill()
        disk.go.touch()
        disk.go.with_name("again").touch()
        wait_for(lambda: len(waiting(engine)) == len(AT_WORK), 30, "not all wait")
        assert {states()[name] for name in AT_WORK} == {"running"}, "none is called lost or failed"
        for row in engine.run("ends", run_id).tasks:
            if row.task_id in AT_WORK:
                assert row.attempt_id is not None
                text = f"the result of attempt {row.attempt_id} waits for room on the disk"
                assert text in (row.reason or "")
                why = engine.why("ends", run_id, row.task_id)
                assert any(text in gate.text for gate in why.barriers), why
        instance.kill()
    assert supervisors & set(instance.supervisors()), "who holds results stays"
    instance.start()
    with instance.client() as engine:
        wait_for(lambda: len(waiting(engine)) == len(AT_WORK), 30, "the next engine is not told")
        disk.free()
        wait_for(lambda: engine.run("ends", run_id).run.state in RUN_TERMINAL, 60, "it does not end")
        detail = engine.run("ends", run_id)
        assert {row.task_id: row.state.value for row in detail.tasks} == STATES
        for row in detail.tasks:
            assert REASONS.get(row.task_id, "") in (row.reason or "")
            assert "waits for room" not in (row.reason or "")
        assert log_of(engine, detail, "returned") == "at the end\n"
        assert log_of(engine, detail, "shell") == "one\nlast-line\n"
        assert log_of(engine, detail, "shell_fails") == "why it failed\n"
        assert "as it must" in log_of(engine, detail, "failed")
        assert waiting(engine) == []
    wait_for(lambda: not instance.leftovers(), 10, "something is left over")


def waiting(engine: SocketEngine) -> list[str]:
    return [text for text in engine.status().warnings if "waits for room on the disk" in text]


LOUD = """
import pathlib, time
from penstock import DAG, BashOperator, task

GO = pathlib.Path({go!r})

with DAG("loud", schedule=None, is_paused_upon_creation=False, default_args={{"retries": 0}}):
    until = "until [ -e {go}%s ]; do sleep 0.02; done; "
    print_much = "head -c 400000 /dev/zero | tr '\\\\0' x; echo; touch {go}-printed; "
    BashOperator(task_id="shell", bash_command="echo before; " + until % "" + print_much + until % "-free"
                 + "echo after; echo the end")
    @task
    def large():
        while not GO.exists():
            time.sleep(0.02)
        return "x" * 2_000_000
    large()
"""


def test_what_is_too_much_to_wait_for_is_said(instance: Instance, tmp_path: Path) -> None:
    go = tmp_path / "go"
    instance.write_dag("loud", LOUD.format(go=str(go)))
    instance.start()
    disk = Switched(instance, go, "ENOSPC")
    with instance.client() as engine:
        run_id = engine.commit(Trigger(dag_id="loud")).run_id
        assert run_id is not None
        wait_for(
            lambda: all(row.state.value == "running" for row in engine.run("loud", run_id).tasks), 60, "start"
        )
        disk.fill()
        go.touch()
        wait_for(go.with_name("go-printed").exists, 30, "it does not print")
        wait_for(lambda: len(waiting(engine)) == 1, 30, "the large one does not end")
        disk.free()
        go.with_name("go-free").touch()
        wait_for(lambda: engine.run("loud", run_id).run.state in RUN_TERMINAL, 60, "it does not end")
        detail = engine.run("loud", run_id)
        rows = {row.task_id: row for row in detail.tasks}
        assert rows["shell"].state.value == "success"
        lines = log_of(engine, detail, "shell").splitlines()
        assert lines[0] == "before"
        assert set(lines[1]) == {"x"}
        assert len(lines[1]) == BACKLOG
        missing = 400_001 - BACKLOG
        assert lines[2] == f"[penstock] {missing} bytes were not kept: No space left on device"
        assert lines[3:] == ["after", "the end"]
        assert rows["large"].state.value == "failed"
        reason = rows["large"].reason or ""
        assert "bytes (xcom) do not fit on the disk of" in reason
        assert "No space left on device" in reason


def test_nothing_is_launched_onto_a_disk_that_can_only_be_read(instance: Instance) -> None:
    attempts = instance.settings.attempts
    with own_disk(attempts):
        instance.start()
        mount("-o", "remount,ro", str(attempts))
        with instance.client() as engine:
            run_id = engine.commit(Trigger(dag_id="ends")).run_id
            assert run_id is not None
            text = f"the disk of {attempts} is read-only: nothing is launched"
            wait_for(lambda: any(text in each for each in engine.status().warnings), 10, "nothing is said")
            assert text in engine.why("ends", run_id, "shell").root
            assert {row.state.value for row in engine.run("ends", run_id).tasks} <= {"pending", "scheduled"}
            mount("-o", "remount,rw", str(attempts))
            wait_for(
                lambda: any(row.state.value == "running" for row in engine.run("ends", run_id).tasks), 30, "-"
            )
        instance.close()
