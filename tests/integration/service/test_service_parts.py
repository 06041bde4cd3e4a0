"""The engine's parts go on: when a database refuses, a sampler breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from data.builders import dag, task
from drive.loop import Bench
from drive.waiting import eventually
from penstock.errors import StoreError
from penstock.execution.executor import Usage
from penstock.model.acts import Trigger
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
    looked: list[Sequence[str]] = []
    said: list[bool] = []
    usage = Usage(cpu_percent=3.0, cpu_seconds=1.0, rss=7 << 20, read_bytes=1, write_bytes=2, processes=2)

    async def broken(ids: Sequence[str]) -> dict[str, Usage]:
        looked.append(ids)
        said.append("samples" in running_bench.loop.troubles)
        if len(looked) < 3:
            raise OSError("no such file")
        return dict.fromkeys(ids, usage) if len(looked) == 3 else {}

    monkeypatch.setattr(running_bench.executor, "sample", broken)
    monkeypatch.setattr(sampling, "EVERY", 0)
    running_bench.load(dag("d", task("a")))
    await running_bench.loop.commit_async(Trigger(dag_id="d"), expect=None, actor="tester", act_id=None)
    running_bench.loop.hint(list(running_bench.loop.world.attempts))
    (attempt_id,) = running_bench.loop.world.attempts
    loop = running_bench.loop
    work = asyncio.create_task(sampling.sample(loop, running_bench.executor, running_bench.clock))
    await eventually(lambda: len(looked) >= 4, "it looks again")
    assert not work.done()
    work.cancel()
    assert looked[0] == (attempt_id,)
    assert said[:4] == [False, True, True, False], "status says it until it is over"
    await eventually(lambda: running_bench.engine.samples(attempt_id), "what is used is kept")
    kept = running_bench.engine.samples(attempt_id)[0]
    assert (kept.cpu_percent, kept.rss, kept.read_bytes, kept.write_bytes, kept.processes) == (
        3.0, 7 << 20, 1, 2, 2,
    )  # fmt: skip


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
