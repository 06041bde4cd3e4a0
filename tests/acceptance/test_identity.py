"""A real engine under which its files are taken away: what it does, and what the next one finds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.instance import Instance
from drive.waiting import wait_for
from penstock import process
from penstock.errors import LostError
from penstock.model.acts import Trigger

pytestmark = pytest.mark.skipif(not process.LINUX, reason="who holds a lock is told by /proc")

LONG = """
from penstock import DAG, BashOperator
with DAG("long", schedule=None):
    BashOperator(
        task_id="a", bash_command="echo $$ >> {starts}; while [ ! -e {gate} ]; do sleep 0.05; done",
        retries=2, retry_delay=0,
    )
"""


class Busy(Instance):
    """An instance whose one task runs until its gate is there."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.starts, self.gate = home.parent / "starts", home.parent / "gate"
        self.write_dag("long", LONG.format(starts=self.starts, gate=self.gate))

    def trigger(self) -> None:
        with self.client() as engine:
            self.run_id = engine.commit(Trigger(dag_id="long"), actor="test").run_id
        wait_for(lambda: self.starts.exists() and self.leftovers(), 20, "the task does not start")
        wait_for(lambda: self.task() == "running", 20, "the task is not seen to run")

    def task(self) -> str:
        assert self.run_id is not None
        with self.client() as engine:
            rows = engine.run("long", self.run_id).tasks
        return next(row.state.value for row in rows if row.task_id == "a")

    def finish(self) -> None:
        """Let the task end, and the engine see it."""
        self.gate.touch()
        wait_for(lambda: self.task() == "success", 20, "its success is not seen")
        assert len(self.starts.read_text().split()) == 1, "the task was started twice"

    def say(
        self, *words: str, home: Path | None = None, patience: float = 60
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "penstock", *words],
            env={**os.environ, "PENSTOCK_HOME": str(home or self.home)},
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )

    def ended(self) -> int:
        assert self._engine is not None
        return self._engine.wait(20)


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Busy]:
    made = Busy(tmp_path / "home")
    made.start()
    made.trigger()
    yield made
    made.gate.touch()
    made.close()


def test_a_database_that_is_removed_ends_the_engine_and_is_saved(busy: Busy) -> None:
    busy.settings.database.unlink()
    with busy.client() as engine, pytest.raises(LostError, match="db restore"):
        engine.commit(Trigger(dag_id="long"), actor="test")
    assert busy.ended() == LostError.exit_code
    assert "is gone" in (busy.home / "engine.log").read_text()
    assert busy.leftovers(), "the task runs on"
    refused = busy.say("up")
    assert refused.returncode == 1
    assert "db restore" in refused.stderr
    assert "is missing, but this instance had one" in busy.say("doctor").stdout
    (copy,) = busy.home.glob("penstock.db.rescued-*")
    assert busy.say("db", "restore", str(copy), "--yes").returncode == 0
    busy.start()
    busy.finish()


def test_clients_that_only_listen_hear_why_the_engine_goes(busy: Busy) -> None:
    with busy.client() as engine:
        changes = engine.changes(heartbeat=0.1)
        next(changes)
        busy.home.rename(busy.home.with_name("other"))
        with pytest.raises(LostError, match="other up -d"):
            for _ in changes:
                pass
    assert busy.ended() == LostError.exit_code
    (busy.home.with_name("other")).rename(busy.home)
    busy.start()
    busy.finish()


def test_what_lies_in_run_is_made_anew_and_lets_nobody_in_meanwhile(busy: Busy) -> None:
    shutil.rmtree(busy.settings.run_folder)
    second = busy.say("up")
    assert second.returncode == 1
    assert f"already runs for {busy.home} (pid {busy.pid})" in second.stderr
    wait_for(busy.answers, 10, "the socket is not made anew")
    busy.finish()
    shutil.rmtree(busy.settings.run_folder)
    down = busy.say("down")
    assert f"pid {busy.pid}" in down.stdout
    assert busy.ended() == 0


def test_a_stopped_engine_is_named_and_can_be_ended(busy: Busy) -> None:
    os.kill(busy.pid, signal.SIGSTOP)
    wait_for(lambda: process.stat(busy.pid).state == "T", 5, "it does not stop")  # type: ignore[union-attr]
    status = busy.say("status")
    assert status.returncode == 3
    assert f"pid {busy.pid}" in status.stdout
    assert "kill -CONT" in status.stderr
    assert "kill -CONT" in busy.say("up", "-d").stderr
    assert f"kill -CONT {busy.pid}" in busy.say("doctor").stdout
    down = busy.say("down")
    assert down.returncode == 0
    assert "SIGCONT" in down.stderr
    assert busy.ended() == 0


def test_a_copy_of_a_home_beside_the_original_takes_none_of_its_attempts(busy: Busy, tmp_path: Path) -> None:
    copy = Busy(tmp_path / "copy")
    shutil.rmtree(copy.home)
    subprocess.run(["cp", "-a", busy.home, copy.home], check=True)
    copy.run_id = busy.run_id
    try:
        copy.start()
        wait_for(lambda: copy.task() == "failed", 20, "the attempt is not given up")
        assert "is a copy" in (copy.home / "engine.log").read_text()
        assert busy.task() == "running"
    finally:
        copy.kill()
    busy.finish()


def test_a_task_that_a_restored_copy_does_not_know_is_taken_over(tmp_path: Path) -> None:
    busy = Busy(tmp_path / "home")
    first = tmp_path / "first"
    busy.write_dag(
        "long",
        LONG.format(starts=busy.starts, gate=busy.gate)
        + f"    BashOperator(task_id='b', bash_command='while [ ! -e {first} ]; do sleep 0.05; done')"
        + " >> dag.get_task('a')\n",
    )
    text = (busy.home / "dags" / "long.py").read_text().replace("schedule=None):", "schedule=None) as dag:")
    busy.write_dag("long", text)
    try:
        busy.start()
        with busy.client() as engine:
            busy.run_id = engine.commit(Trigger(dag_id="long"), actor="test").run_id
        wait_for(busy.leftovers, 20, "the first task does not start")
        copy = tmp_path / "copy.db"
        assert busy.say("db", "backup", str(copy)).returncode == 0
        first.touch()
        wait_for(busy.starts.exists, 20, "the second task does not start")
        wait_for(lambda: busy.task() == "running", 20, "the second task is not seen to run")
        busy.kill()
        assert busy.say("db", "restore", str(copy), "--yes").returncode == 0
        busy.start()
        wait_for(lambda: busy.task() == "running", 20, "it is not taken over")
        assert "it is taken over" in (busy.home / "engine.log").read_text()
        busy.finish()
    finally:
        busy.gate.touch()
        busy.close()


def test_an_engine_at_the_end_of_a_long_path_is_found_from_another_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = Path(tempfile.mkdtemp(prefix="p", dir="/tmp"))  # pytest's own folder may be too long
    for name in ("login", "cron"):
        (sessions / name).mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(sessions / "login"))
    busy = Busy(tmp_path / ("long" * 30) / "home")
    try:
        busy.start()
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(sessions / "cron"))
        assert f"pid {busy.pid}" in busy.say("status").stdout
        monkeypatch.delenv("XDG_RUNTIME_DIR")
        busy.trigger()
        shutil.rmtree(sessions / "login")  # what a logout does
        shutil.rmtree(busy.settings.run_folder)
        wait_for(busy.answers, 20, "the socket is not made anew elsewhere")
        busy.finish()
        assert busy.say("down").returncode == 0
    finally:
        busy.gate.touch()
        busy.close()
        shutil.rmtree(sessions)
