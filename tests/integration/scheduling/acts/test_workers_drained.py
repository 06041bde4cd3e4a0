"""Draining a worker is an act: the trail has who did it and when, and the worker is told after that."""

from __future__ import annotations

import asyncio

import pytest

from drive.loop import Bench
from penstock.errors import RefusedError, UnknownError
from penstock.execution.executor import Worker
from penstock.model.acts import DrainWorker, UndrainWorker


@pytest.fixture
def far(bench: Bench) -> Bench:
    bench.executor.elsewhere = [
        Worker("grid", None, 1, "ready", name="w1", host="web3", runs=("a",)),
        Worker("grid", None, 0, "unreachable", name="w2", host="web4"),
    ]
    return bench


async def heard(far: Bench, drained: set[str]) -> None:
    """Wait until the executor has been told."""
    async with asyncio.timeout(30):
        while far.executor.drained != drained:  # noqa: ASYNC110 - it is a turn of the loop away
            await asyncio.sleep(0)


async def test_a_drain_is_an_act_and_the_worker_hears_of_it(far: Bench) -> None:
    plan = far.loop.plan(DrainWorker(name="w1"))
    assert (plan.title, plan.cli) == ("Drain worker w1", "penstock workers drain w1")
    done = far.act(DrainWorker(name="w1"))
    assert done.message == (
        "worker w1 is draining: it gets nothing more; 1 attempt of this instance still runs there"
    )
    (event,) = [each for each in far.engine.events() if each.kind == "worker_drain"]
    assert (event.before, event.after, event.reason) == ("ready", "draining", "w1")
    assert event.actor
    assert [each.state for each in far.loop.workers() if each.name == "w1"] == ["draining"]
    await heard(far, {"w1"})
    assert far.act(DrainWorker(name="w1")).touched == 0, "it is draining already"
    assert far.act(UndrainWorker(name="w1")).message == "worker w1 is used again"
    await heard(far, set())
    assert [each.kind for each in far.engine.events() if each.reason == "w1"] == [
        "worker_undrain",
        "worker_drain",
    ]


async def test_a_drain_means_the_same_when_somebody_was_quicker(far: Bench) -> None:
    shown = far.loop.plan(DrainWorker(name="w1"))
    far.act(DrainWorker(name="w1"))
    await heard(far, {"w1"})
    assert far.act(DrainWorker(name="w1"), expect=shown.fingerprint).touched == 0


async def test_who_is_not_there_or_does_not_answer_cannot_be_drained(far: Bench) -> None:
    with pytest.raises(UnknownError, match="worker 'w9' does not exist; there are w1, w2"):
        far.act(DrainWorker(name="w9"))
    with pytest.raises(RefusedError, match="there is no contact with worker w2"):
        far.act(DrainWorker(name="w2"))
    far.executor.elsewhere = []
    with pytest.raises(UnknownError, match="there is none"):
        far.act(UndrainWorker(name="w1"))
