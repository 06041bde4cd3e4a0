"""What is forgotten with old runs: their attempts, and versions that nothing is pinned to."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data.builders import dag, task
from drive.loop import Bench
from penstock.loading.keep import keep_source
from penstock.model.spec import ParsedFile
from penstock.scheduling.world.orders import FileLoaded
from penstock.service import retention


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
