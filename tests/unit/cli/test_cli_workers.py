"""`penstock workers`: a row and a document for each, drained and used again by name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from drive.commands import Say
from fakes.engine import FakeEngine
from penstock.model.views.pools import SlotUse
from penstock.model.views.system import WorkerRow

SINCE = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)


@pytest.fixture
def workers(engine: FakeEngine) -> list[WorkerRow]:
    runs = (SlotUse(dag_id="etl", run_id="r1", task_id="load", map_index=3),)
    engine.world.workers = [
        WorkerRow(
            name="web3-1", executor="grid", host="web3", slots=2, used=1, queues=("default", "gpu"),
            state="ready", since=SINCE, load=0.52, runs=runs,
        ),
        WorkerRow(
            name="web4-1", executor="grid", host="web4", slots=2, used=3, queues=("default",),
            state="unreachable", since=SINCE, note="it died",
        ),
    ]  # fmt: skip
    return engine.world.workers


@pytest.mark.usefixtures("workers")
def test_each_worker_is_a_row_with_what_it_runs(say: Say) -> None:
    head, first, second = (line.split() for line in say("workers", "list").out.splitlines())
    assert head[:7] == ["WORKER", "EXECUTOR", "HOST", "SLOTS", "USED", "FREE", "QUEUES"]
    assert first[:9] == ["web3-1", "grid", "web3", "2", "1", "1", "default,", "gpu", "0.5"]
    assert first[-1] == "etl.load[3]"
    assert second[:6] == ["web4-1", "grid", "web4", "2", "3", "0"]
    assert "unreachable" in second


@pytest.mark.usefixtures("workers")
def test_the_document_has_the_fields_that_scripts_use(say: Say) -> None:
    first, second = say("workers", "list", "--json").document["workers"]
    wanted = {
        "name": "web3-1", "executor": "grid", "host": "web3", "slots": 2, "used": 1,
        "queues": ["default", "gpu"], "state": "ready", "since": "2026-03-02T11:00:00Z",
    }  # fmt: skip
    assert first | wanted == first
    assert first["runs"][0]["task_id"] == "load"
    assert second["state"] == "unreachable"


def test_drain_and_undrain_are_acts_that_name_their_worker(say: Say, workers: list[WorkerRow]) -> None:
    answer = say("workers", "drain", "web3-1")
    assert answer.code == 0
    assert [row.state for row in workers] == ["draining", "unreachable"]
    assert say("workers", "undrain", "web3-1", "--json").document["act"] == "worker_undrain"
    assert [row.state for row in workers] == ["ready", "unreachable"]


def test_without_a_worker_it_says_how_to_start_some(say: Say) -> None:
    answer = say("workers", "list")
    assert answer.code == 0
    assert "penstock cluster start" in answer.err
    assert say("workers", "list", "--json").document == {"workers": []}


@pytest.mark.usefixtures("workers")
def test_system_shows_host_slots_queues_and_load(say: Say) -> None:
    out = say("system", "executors").out
    assert "2 need a look" not in out
    assert "1 need a look" in out
    assert "ready, 1 of 2 slots, 1 free, queues default, gpu, load 0.5, host web3" in out
    assert "unreachable since" in out
    assert "etl r1 load[3]" in out
