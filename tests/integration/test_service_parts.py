"""The engine's parts go on: when a folder goes away, a file breaks the parser, a database refuses."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import dag, task
from penstock import process
from penstock.errors import StoreError
from penstock.loading.keep import keep_source
from penstock.model.acts import Trigger
from penstock.model.spec import ParsedFile
from penstock.resources.sampler import Sampler
from penstock.scheduling.obey import FileLoaded
from penstock.service import loads as loads_module
from penstock.service import refresh as refresh_module
from penstock.service import retention, sampling
from penstock.service.daemon import Stopping, _guard
from penstock.service.refresh import Refresh
from scripted import Bench

DAG_FILE = """
from penstock import DAG, EmptyOperator

with DAG({name!r}):
    EmptyOperator(task_id="only")
"""


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench whose loop runs by itself."""
    made = Bench(tmp_path)
    for folder in (made.settings.dags_folder, made.settings.versions):
        folder.mkdir(parents=True)
    await made.open()
    running = asyncio.create_task(made.loop.run())
    yield made
    made.loop.stop()
    await running
    made.close()


async def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds, at most 20 seconds."""
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"not in 20 s: {what}")


async def test_a_folder_that_goes_away_and_comes_back_is_followed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh_module, "LOOK_FOR_FOLDER", 0.05)
    folder = bench.settings.dags_folder
    (folder / "one.py").write_text(DAG_FILE.format(name="one"))
    refresh = Refresh(bench.settings, bench.loop)
    await refresh.load_all()
    dags = bench.loop.world.dags
    assert not dags["one"].facts.missing
    watching = asyncio.create_task(refresh.watch())
    try:
        folder.rename(folder.with_name("away"))
        await until(lambda: bench.loop.world.dag("one").facts.missing, "the DAG is missing")
        folder.mkdir()
        (folder / "one.py").write_text(DAG_FILE.format(name="one"))
        await until(lambda: not bench.loop.world.dag("one").facts.missing, "the DAG is back")
        (folder / "two.py").write_text(DAG_FILE.format(name="two"))
        await until(lambda: "two" in bench.loop.world.dags, "the new folder is watched")
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


LOOPS = """
import os
from pathlib import Path

Path(__file__).with_suffix(f".pid{os.getpid()}").touch()
while True:
    pass
"""


async def test_files_that_loop_keep_no_other_waiting_and_nothing_is_left_of_them(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loads_module, "PATIENCE", 0.3)
    folder = bench.settings.dags_folder
    looping = [folder / f"loops{number}.py" for number in range(loads_module.AT_ONCE + 1)]
    for path in looping:
        path.write_text(LOOPS)
    (folder / "present.py").write_text(DAG_FILE.format(name="present"))
    refresh = Refresh(dataclasses.replace(bench.settings, parse_timeout=600), bench.loop)

    def children() -> set[int]:
        return {int(path.suffix.removeprefix(".pid")) for path in folder.glob("*.pid*")}

    dags = bench.loop.world.dags
    work = [asyncio.create_task(refresh.load_all()), asyncio.create_task(refresh.watch())]
    await until(lambda: "present" in dags, "the file that was there is live")
    (folder / "later.py").write_text(DAG_FILE.format(name="later"))
    await until(lambda: "later" in dags, "the file that came later is live")
    await until(lambda: len(children()) == len(looping), "all of them loop")
    assert all(process.stat(pid) for pid in children())
    looping[0].write_text(DAG_FILE.format(name="mended"))
    await until(lambda: "mended" in dags, "the file that looped is mended")
    assert not work[0].done(), "the others were not tried to their ends"
    for each in work:
        each.cancel()
    await asyncio.wait(work)
    await refresh.close()
    assert not [pid for pid in children() if process.stat(pid)], "no child is left"


async def test_a_file_that_breaks_the_parser_breaks_nothing_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def parse(path: Path, **_: Any) -> ParsedFile:
        if path.stem == "bad":
            raise RuntimeError("out of luck")
        spec = dag("good", task("a"), file=str(path), paused_upon_creation=True)
        return ParsedFile(file=str(path), source_hash="0" * 64, dags=(spec,))

    monkeypatch.setattr(loads_module, "parse_file", parse)
    for name in ("bad", "good"):
        (bench.settings.dags_folder / f"{name}.py").write_text("# read by nobody")
    await Refresh(bench.settings, bench.loop).load_all()
    assert list(bench.loop.world.dags) == ["good"]
    (problem,) = bench.engine.import_errors()
    assert problem.file.endswith("bad.py")
    assert "out of luck" in problem.message


async def test_old_runs_are_forgotten_with_their_attempts_and_the_newest_are_kept(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, retention_days=7, keep_runs=2).open()
    bench.load(dag("d", task("a")))
    runs = []
    for _ in range(4):
        runs.append(bench.trigger("d"))
        bench.finish()
        bench.clock.forward(60)
    assert len(bench.executor.seen) == 4
    bench.clock.forward(timedelta(days=8).total_seconds())
    standing = bench.trigger("d")
    await retention.forget_once(bench.loop, bench.database, bench.executor, bench.settings, bench.clock)
    assert [row.run_id for row in bench.engine.runs("d")] == [standing, runs[-1]]
    assert len(bench.executor.seen) == 2
    trail = bench.engine.events(dag_id="d", limit=500)
    assert {event.run_id for event in trail if not event.kind.startswith("act")} <= {None, standing, runs[-1]}
    assert sum(event.kind == "act_trigger" for event in trail) == 5, "what people did stays"
    bench.finish()
    bench.close()


async def test_versions_that_nothing_is_pinned_to_go_with_their_sources(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, retention_days=7, keep_runs=0).open()
    bench.settings.versions.mkdir()
    texts = [f"# version {number}".encode() for number in range(4)]
    hashes = [keep_source(bench.settings, text) for text in texts]

    def load(number: int) -> None:
        spec = dag("d", task("a"), doc=f"version {number}", paused_upon_creation=True)
        parsed = ParsedFile(file=spec.file, source_hash=hashes[number], dags=(spec,))
        bench.loop.order(FileLoaded(parsed))
        bench.tick()

    async def forget() -> set[str]:
        await retention.forget_once(bench.loop, bench.database, bench.executor, bench.settings, bench.clock)
        return {path.stem for path in bench.settings.versions.glob("*.py")}

    for number in range(3):
        load(number)
        if number == 1:
            run = bench.trigger("d")
    for path in bench.settings.versions.glob("*.py"):
        os.utime(path, (0, 0))
    keep_source(bench.settings, texts[3])  # asked for by a parse that is under way
    bench.clock.time = datetime.now(UTC) + timedelta(hours=1)
    assert await forget() == {hashes[1], hashes[2], hashes[3]}, "one has a run, one is current, one is young"
    await bench.restart()
    bench.end("a", run_id=run)
    bench.clock.forward(9 * 86_400)
    bench.trigger("d")
    assert await forget() == {hashes[2]}
    load(0)
    assert bench.loop.world.dag("d").structure.id == 4, "keys are not given twice"
    bench.finish()
    bench.close()


async def test_a_refusing_database_does_not_end_what_forgets(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
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
        retention.forget_old(bench.loop, bench.database, bench.executor, bench.settings, bench.clock)
    )
    async with asyncio.timeout(20):
        await tried.wait()
    assert not work.done()
    work.cancel()


async def test_a_sampler_that_fails_does_not_end_the_engine(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[dict[str, int]] = []

    def broken(_: object, pids: dict[str, int]) -> None:
        looked.append(pids)
        raise OSError("no such file")

    monkeypatch.setattr(Sampler, "sample", broken)
    monkeypatch.setattr(sampling, "EVERY", 0)
    bench.load(dag("d", task("a")))
    await bench.loop.commit_async(Trigger(dag_id="d"), expect=None, actor="tester", act_id=None)
    bench.loop.hint(list(bench.loop.world.attempts))
    work = asyncio.create_task(sampling.sample(bench.loop, bench.clock))
    await until(lambda: len(looked) >= 2, "it looks again")
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
