"""Whether an executor on other hosts takes a launch, and what is shown of its workers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from penstock.execution.executor import Room
from penstock.execution.remote import protocol
from penstock.execution.remote.protocol import WorkerFacts
from penstock.execution.remote.relay import problem_of
from penstock.execution.remote.workers import Workers


def facts(name: str, **fields: Any) -> WorkerFacts:
    given: dict[str, Any] = {"host": "h", "slots": 2, "used": 0, "state": "ready", "since": 0.0, **fields}
    return WorkerFacts(name=name, **given)


def workers(*known: WorkerFacts, connected: bool = True, heard: bool = True) -> Workers:
    channel: Any = SimpleNamespace(connected=connected, since=3600.0, problem="it died", pid=1)
    found = Workers("grid", channel)
    if heard:
        found.hear(protocol.Workers(workers=list(known)))
    return found


GPU = facts("g1", queues=("gpu",), resources={"GPU": 2.0})
DRAINING = facts("d1", state="draining")
GONE = facts("u1", state="unreachable")


@pytest.mark.parametrize(
    ("known", "queue", "resources", "said"),
    [
        ([facts("w1"), facts("w2")], None, {}, Room(limit=8)),
        ([facts("w1"), GPU], "gpu", {}, Room(limit=4)),
        ([GPU], "gpu", {"GPU": 2.0}, Room(limit=4)),
        ([facts("w1"), DRAINING, GONE], "default", {}, Room(limit=4)),
        ([], None, {}, Room("executor grid has no worker now")),
        ([GONE], None, {}, Room("executor grid has no worker now")),
        ([GPU], None, {}, Room("no worker of executor grid serves queue 'default' now (served: gpu)")),
        (
            [facts("w1"), GPU],
            "tpu",
            {},
            Room("no worker of executor grid serves queue 'tpu' now (served: default, gpu)"),
        ),
        (
            [GPU],
            "gpu",
            {"GPU": 4.0, "MEM": 1e9},
            Room("no worker of executor grid that serves queue 'gpu' has GPU=4, MEM=1e+09"),
        ),
        ([DRAINING], None, {}, Room("every worker of executor grid that could take it is draining: d1")),
    ],
)
def test_who_takes_what(
    known: list[WorkerFacts], queue: str | None, resources: dict[str, float], said: Room
) -> None:
    assert workers(*known).room(queue, resources) == said


def test_without_contact_nothing_starts_and_the_workers_are_shown_as_unreachable() -> None:
    found = workers(facts("w1", used=1), connected=False)
    assert found.room(None, {}).problem == "executor grid is not connected since 01:00:00 UTC: it died"
    (row,) = found.rows({"w1": ["b", "a"]})
    assert (row.name, row.state, row.since, row.note, row.runs) == (
        "w1",
        "unreachable",
        3600.0,
        "it died",
        ("a", "b"),
    )
    assert found.warnings(wanted=True)
    assert not workers(facts("w1")).warnings(wanted=True)
    found._channel.problem = None
    assert found.room(None, {}).problem == "executor grid is not connected since 01:00:00 UTC"


def test_a_scheduler_that_does_not_answer_is_said_with_since_when() -> None:
    found = workers(facts("w1"))
    found.hear(protocol.Scheduler(connected=False, since=7200.0, problem="refused: penstock cluster start"))
    assert found.room(None, {}).problem == (
        "executor grid has no contact with its scheduler since 02:00:00 UTC: refused: penstock cluster start"
    )
    found.hear(protocol.Scheduler(connected=False, since=7200.0))
    said = "executor grid has no contact with its scheduler since 02:00:00 UTC"
    assert found.room(None, {}).problem == said
    found.hear(protocol.Scheduler(connected=True, since=7300.0))
    assert found.room(None, {}) == Room(limit=4)
    found.silence()
    assert found.room(None, {}).problem == "executor grid has not reported its workers yet"


def test_a_silent_worker_is_a_warning_and_the_busy_ones_come_first() -> None:
    found = workers(facts("a"), facts("b", used=2), GONE)
    assert [row.name for row in found.rows({})] == ["b", "a", "u1"]
    assert found.warnings(wanted=False) == ("no contact with worker u1 of executor grid since 00:00:00 UTC",)
    assert found.has("a")
    assert not found.has("c")


@pytest.mark.parametrize(
    ("request_", "refused"),
    [
        ({"method": "run_states", "params": {}}, False),
        ({"method": "left_behind"}, False),
        ({"method": "look_up", "params": {"kind": "variable"}}, False),
        ({"method": "commit", "params": {"act": {"act": "trigger"}}}, False),
        ({"method": "commit", "params": {"act": {"act": "variable_set"}}}, False),
        ({"method": "commit", "params": {"act": {"act": "pause_all"}}}, True),
        ({"method": "commit", "params": {"act": {"act": "connection_set"}}}, True),
        ({"method": "commit", "params": {"act": "trigger"}}, True),
        ({"method": "commit", "params": []}, True),
        ({"method": "variables"}, True),
        ({"method": "read_log", "params": {}}, True),
        ({"method": 3}, True),
        ([], True),
    ],
)
def test_a_task_elsewhere_may_ask_what_tasks_ask_and_no_more(request_: Any, *, refused: bool) -> None:
    assert (problem_of(request_) is not None) is refused


def test_only_what_changes_the_room_is_news() -> None:
    found = workers(facts("w1"), heard=False)
    assert found.hear(protocol.Workers(workers=[facts("w1")]))
    assert not found.hear(protocol.Workers(workers=[facts("w1", used=1, load=3.0)]))
    assert found.hear(protocol.Workers(workers=[facts("w1", state="draining")]))
    assert found.hear(protocol.Scheduler(connected=False, since=5.0))
    assert not found.hear(protocol.Scheduler(connected=False, since=6.0))
