"""The pictures of the console, taken from the real program: ``python docs/make_pictures.py``.

Makes an instance in a temporary folder with the samples in it, starts its engine, sets runs going, opens
the console without a terminal at a fixed size, and writes what it shows to docs/pictures/ as SVG.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
SIZE = (120, 36)
SMALL = (80, 24)
DAY = "2013-01-05"
PATIENCE = 120.0
"""Seconds that anything waited for may take."""

os.environ |= {"TEXTUAL_ANIMATIONS": "none", "COLORTERM": "truecolor", "TERM": "xterm-256color"}
os.environ.pop("NO_COLOR", None)

from penstock.api.client import SocketEngine, socket_engine  # noqa: E402 - Textual reads the environment when it is imported
from penstock.model.states import RUN_TERMINAL, RunState, TaskState  # noqa: E402
from penstock.model.views.runs import RunRow  # noqa: E402
from penstock.settings import Settings, load_settings  # noqa: E402
from penstock_tui.app import Console  # noqa: E402
from penstock_tui.feed import Feed  # noqa: E402
from penstock_tui.screens.run import RunScreen  # noqa: E402


def main() -> None:
    """Take all pictures."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-pictures-"))
    home = folder / "pipelines"
    try:
        penstock(home, "init", str(home))
        (home / "dags" / "first_dag.py").unlink()
        for sample in (ROOT / "sample_dags").iterdir():
            if sample.suffix == ".py" or sample.is_dir() or sample.name.startswith(".penstock"):
                copy = shutil.copytree if sample.is_dir() else shutil.copy
                copy(sample, home / "dags" / sample.name)
        penstock(home, "up", "-d")
        asyncio.run(take(load_settings(home)))
    finally:
        penstock(home, "down")
        shutil.rmtree(folder, ignore_errors=True)


def penstock(home: Path, *words: str) -> None:
    """Run one command on the instance."""
    environment = {**os.environ, "PENSTOCK_HOME": str(home)}
    subprocess.run(
        [sys.executable, "-m", "penstock", *words], env=environment, check=True, capture_output=True
    )


async def take(settings: Settings) -> None:
    """Set runs going and take the pictures while they run."""
    home = settings.home
    engine = socket_engine(settings.socket)
    for dag_id in ("hello", "flaky", "host_health", "waits_for_file"):
        penstock(home, "trigger", dag_id)
    penstock(home, "unpause", "host_health")
    await until(lambda: last_run(engine, "flaky").state in RUN_TERMINAL)
    penstock(home, "trigger", "nyc_flights", "--logical-date", DAY)
    penstock(home, "trigger", "nyc_flights", "--logical-date", "2013-01-06")
    await until(lambda: loads(engine))
    await picture(settings, SIZE, "console", ("nyc_flights", newest(engine, DAY)), "check.references")
    await picture(settings, SIZE, "dags", None)
    await picture(settings, SMALL, "small", ("flaky", last_run(engine, "flaky").run_id))
    await picture(settings, SIZE, "graph", ("nyc_flights", newest(engine, DAY)), key="D")
    await picture(settings, SIZE, "merged", ("nyc_flights", newest(engine, DAY)), key="L")
    await night(home, engine)
    await picture(settings, SIZE, "coming", None, key="7")
    engine.close()


NIGHT = """
from penstock import DAG, BashOperator, Pool

Pool("warehouse", slots=1)
for name, schedule in {
    "orders": "*/20 * * * *", "stock": "*/20 * * * *", "prices": "0 * * * *", "rates": "15 * * * *",
    "report": "30 6 * * *",
}.items():
    with DAG(name, schedule=schedule, timezone="Europe/Amsterdam", catchup=False):
        BashOperator(task_id="pull", bash_command="sleep 0.3") >> BashOperator(
            task_id="load", bash_command="sleep 1.5", pool="warehouse"
        )
"""
"""DAGs that meet at a pool."""


async def night(home: Path, engine: SocketEngine) -> None:
    """Add DAGs that meet at night, with a history."""
    (home / "dags" / "night.py").write_text(NIGHT)
    names = ("orders", "stock", "prices", "rates", "report")
    await until(lambda: {row.dag_id for row in engine.dags(strip=0)}.issuperset(names))
    penstock(home, "pause", "host_health")
    for name in names:
        penstock(home, "trigger", name)
        penstock(home, "unpause", name)
    await until(lambda: all(last_run(engine, name).state in RUN_TERMINAL for name in names))


def last_run(engine: SocketEngine, dag_id: str) -> RunRow:
    """Return the newest run of a DAG."""
    return engine.runs(dag_id, limit=1)[0]


def newest(engine: SocketEngine, day: str) -> str:
    """Return the run of nyc_flights for a day."""
    return next(run.run_id for run in engine.runs("nyc_flights") if day in run.run_id)


def loads(engine: SocketEngine) -> bool:
    """Whether the run has come to its ingestion: some tasks done, some running, some waiting."""
    detail = engine.run("nyc_flights", newest(engine, DAY))
    if detail.run.state in RUN_TERMINAL and detail.run.state is not RunState.SUCCESS:
        raise RuntimeError(f"the run is {detail.run.state}: {detail.run.reason}")
    return any(
        task.task_id.startswith("ingest.") and task.state is TaskState.SUCCESS for task in detail.tasks
    )


async def picture(
    settings: Settings,
    size: tuple[int, int],
    name: str,
    run: tuple[str, str] | None,
    task_id: str | None = None,
    key: str | None = None,
) -> None:
    """Open the console on its first screen or on *run*, with the cursor on *task_id*; keep ``<name>.svg``.

    *key* is pressed there: it leads to another screen.
    """

    def connect() -> SocketEngine:
        engine = socket_engine(settings.socket)
        engine.connect()
        return engine

    app = Console(lambda post: Feed(connect, post, actor="picture"), zone=UTC)
    app.theme = "textual-dark"
    async with app.run_test(size=size) as pilot:
        await until(lambda: app.engine_status is not None)
        if run is not None:
            app.open_run(*run)
        await still(pilot.pause)
        if task_id is not None and isinstance(app.screen, RunScreen):
            app.screen.tasks.move_to_key(task_id)
            await still(pilot.pause)
        if key is not None:
            await pilot.press(key)
            await still(pilot.pause)
        svg = app.export_screenshot(title="penstock")
    # A page of documentation loads nothing from elsewhere: the reader's own monospaced font will do.
    svg = re.sub(r"@font-face\s*{[^}]*}\s*", "", svg)
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"{name}.svg").write_text(svg + "\n", encoding="utf-8")


async def still(pause: Callable[[float], Awaitable[None]]) -> None:
    """Wait until the screen has been drawn with what the engine answered."""
    for _ in range(15):
        await pause(0.1)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for *condition*, with a limit."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    main()
