"""The engine's parts go on: when a database refuses, a sampler breaks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from data.builders import dag, task
from drive.loop import Bench
from drive.waiting import eventually
from penstock.errors import StoreError
from penstock.model.acts import Trigger
from penstock.resources.sampler import Sampler
from penstock.service import retention, sampling
from penstock.service.daemon import Stopping, _guard


async def test_a_refusing_database_does_not_end_what_forgets(
    running_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = asyncio.Event()
    calls = 0

    async def refuse(*_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            tried.set()
        raise StoreError("the disk is full")

    monkeypatch.setattr(retention, "forget_once", refuse)
    monkeypatch.setattr(retention, "_FIRST", 0)
    monkeypatch.setattr(retention, "EVERY", 0)
    work = asyncio.create_task(
        retention.forget_old(
            running_bench.loop,
            running_bench.database,
            running_bench.executor,
            running_bench.settings,
            running_bench.clock,
        )
    )
    async with asyncio.timeout(20):
        await tried.wait()
    assert not work.done()
    work.cancel()


async def test_a_sampler_that_fails_does_not_end_the_engine(
    running_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[dict[str, int]] = []

    def broken(_: object, pids: dict[str, int]) -> None:
        looked.append(pids)
        raise OSError("no such file")

    monkeypatch.setattr(Sampler, "sample", broken)
    monkeypatch.setattr(sampling, "EVERY", 0)
    running_bench.load(dag("d", task("a")))
    await running_bench.loop.commit_async(Trigger(dag_id="d"), expect=None, actor="tester", act_id=None)
    running_bench.loop.hint(list(running_bench.loop.world.attempts))
    work = asyncio.create_task(sampling.sample(running_bench.loop, running_bench.clock))
    await eventually(lambda: len(looked) >= 2, "it looks again")
    assert not work.done()
    work.cancel()


async def test_a_part_that_fails_takes_the_engine_down_in_order_and_with_a_bad_exit() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    async def refuse() -> None:
        raise StoreError("no")

    async def work() -> None:
        pass

    for part, broken in ((fail, True), (refuse, True), (work, False)):
        stopping = Stopping()
        await _guard(part(), stopping)
        assert (stopping.is_set(), stopping.broken) == (broken, broken)
