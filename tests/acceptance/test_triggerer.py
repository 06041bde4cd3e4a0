"""Deferred tasks on a real engine: the engine and the triggerer are killed, and nothing is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.instance import Instance, processes
from drive.waiting import wait_for
from penstock.model.acts import Trigger
from penstock.model.states import TaskState as S

DAG = """
import os
from penstock import DAG, BaseOperator, FileSensor, FileTrigger
from my_triggers import Both

class Gate(BaseOperator):
    def execute(self, context):
        context["ti"].xcom_push("pid", os.getpid())
        self.defer(trigger=FileTrigger(filepath={gate!r}, poke_interval=0.1), method_name="opened",
                   kwargs={{"n": 1}})

    def opened(self, context, event, n):
        before = context["ti"].xcom_pull(key="pid")
        self.defer(trigger=Both({gate!r}, "and more"), method_name="done",
                   kwargs={{"n": n + 1, "before": before}})

    def done(self, context, event, n, before):
        return [event, n, before != os.getpid()]

with DAG("d", schedule=None):
    Gate(task_id="gate")
    FileSensor(task_id="sensor", filepath={gate!r}, deferrable=True, poke_interval=0.1)
"""
TRIGGERS = """
import os
from penstock import BaseTrigger, TriggerEvent

class Both(BaseTrigger):
    def __init__(self, path, more):
        super().__init__()
        self.path, self.more = path, more

    def serialize(self):
        return "my_triggers.Both", {"path": self.path, "more": self.more}

    async def run(self):
        self.log.info("looking at %s", self.path)
        yield TriggerEvent(f"{os.path.basename(self.path)} {self.more}")
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path / "home")
    yield instance
    instance.close()


def triggerers(instance: Instance) -> list[int]:
    """Return the processes that run triggers for this home."""
    home = str(instance.home)
    return [pid for pid, words in processes() if "task_process.triggerer" in words and home in words]


def states(instance: Instance, run: str) -> list[S]:
    with instance.client() as engine:
        return [row.state for row in engine.run("d", run).tasks]


def test_what_waits_survives_engine_and_triggerer(instance: Instance, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    (instance.home / "dags" / "my_triggers.py").write_text(TRIGGERS)
    instance.write_dag("d", DAG.format(gate=str(gate)))
    instance.start()
    with instance.client() as engine:
        wait_for(lambda: "d" in {dag.dag_id for dag in engine.dags()}, 60, "the DAG is not loaded")
        run = engine.commit(Trigger(dag_id="d"), actor="tester").run_id
    assert run is not None
    wait_for(lambda: states(instance, run) == [S.DEFERRED] * 2, 60, "the tasks do not defer")
    wait_for(lambda: len(triggerers(instance)) == 1, 60, "no triggerer")
    (first,) = triggerers(instance)

    instance.kill()
    assert triggerers(instance) == [first], "it outlives the engine"
    instance.start()
    assert states(instance, run) == [S.DEFERRED] * 2

    os.kill(first, signal.SIGKILL)
    wait_for(lambda: triggerers(instance) not in ([], [first]), 60, "no new triggerer")
    assert len(triggerers(instance)) == 1

    instance.kill()
    gate.touch()
    instance.start()
    wait_for(lambda: states(instance, run) == [S.SUCCESS] * 2, 60, "they do not go on")
    with instance.client() as engine:
        values = {row.key: row.value for row in engine.xcoms("d", run, "gate")}
        attempts = engine.attempts("d", run, "gate", -1)
        log = engine.read_log(attempts[-1].attempt_id, 0, 1 << 16).data.decode()
    assert values["return_value"] == ["gate and more", 2, True]
    assert [attempt.try_number for attempt in attempts] == [1, 1, 1]
    assert f"looking at {gate}" in log
