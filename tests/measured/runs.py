"""Running every DAG of some files once, on one private engine with real processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from penstock.api.local import LocalEngine
from penstock.clock import SystemClock
from penstock.execution.local.executor import LocalExecutor
from penstock.loading.keep import keep_source
from penstock.loading.parse import parse_file_sync
from penstock.model.acts import Trigger
from penstock.model.spec import ParsedFile
from penstock.model.states import RUN_TERMINAL
from penstock.model.views.runs import RunDetail
from penstock.scheduling.loop import Loop
from penstock.scheduling.world.orders import FileLoaded
from penstock.service.daemon import prepare_home
from penstock.service.environment import task_environment
from penstock.service.notices import Notices
from penstock.service.server import Server
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.engine.working_set import WorkingSet


@dataclass
class RanDag:
    """How one run ended: its state, and per task instance (``f``, ``f[0]``) state, tries and XComs."""

    state: str
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)


def run_files(
    files: Sequence[Path], home: Path, logical_date: datetime, limit: float = 120
) -> dict[str, RanDag]:
    """Run every DAG that *files* make, all at once; return how each ended, by id."""
    settings = Settings(home=home, dags_folder=home / "dags", parallelism=4)
    prepare_home(settings)
    parsed = []
    for file in files:
        source = file.read_bytes()
        found = parse_file_sync(file, settings=settings, source=source)
        assert found.errors == (), found.errors
        keep_source(settings, source)
        parsed.append(found)
    return asyncio.run(_run(parsed, settings, logical_date, limit))


async def _run(
    parsed: list[ParsedFile], settings: Settings, logical_date: datetime, limit: float
) -> dict[str, RanDag]:
    database = Database.open(settings.database)
    clock = SystemClock()
    executor = LocalExecutor(settings)
    environment = task_environment(settings, os.environ)
    notices = Notices()
    loop = Loop(database, executor, settings, clock, environment=environment, publish=notices.publish)
    engine = LocalEngine(database, settings, executor, loop, since=clock.now())
    server = Server(engine, notices, settings)  # tasks ask what other runs pushed
    await loop.recover()
    await server.start()
    work = asyncio.create_task(loop.run())
    runs: dict[str, str] = {}
    try:
        for file in parsed:
            loop.order(FileLoaded(file))
            for spec in file.dags:
                act = Trigger(dag_id=spec.dag_id, logical_date=logical_date)
                done = await loop.commit_async(act, expect=None, actor="test", act_id=None)
                assert done.run_id is not None
                runs[spec.dag_id] = done.run_id
        async with asyncio.timeout(limit):
            while not all(engine.run(*run).run.state in RUN_TERMINAL for run in runs.items()):
                await loop.moved(1.0)
        return {run[0]: _ran(database, engine.run(*run)) for run in runs.items()}
    finally:
        await server.close()
        loop.stop()
        await work
        await executor.close()
        database.close()


def _ran(database: Database, detail: RunDetail) -> RanDag:
    xcoms = WorkingSet(database).xcoms(detail.run.dag_id, detail.run.run_id)
    ran = RanDag(detail.run.state.value)
    for row in detail.tasks:
        name = row.task_id if row.map_index < 0 else f"{row.task_id}[{row.map_index}]"
        pushed = dict(xcoms.get(name, {}))
        ran.tasks[name] = {"state": row.state.value, "tries": row.try_number}
        if "return_value" in pushed:
            ran.tasks[name]["xcom"] = pushed.pop("return_value")
        if pushed:
            ran.tasks[name]["xcoms"] = pushed
    return ran
