"""The pictures of the console, taken from the real program: ``python docs/make_pictures.py [NAME...]``.

Makes an instance in a temporary folder with the samples in it, starts its engine, sets runs going, opens
the console without a terminal at a fixed size, and writes what it shows to docs/pictures/ as SVG.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
SIZE = (120, 36)
SMALL = (80, 24)
DAY = "2013-01-05"
PATIENCE = 240.0
"""Seconds that anything waited for may take."""
LASTING = ("forecast_demand", "reload", "compact", "export")
"""DAGs of the shop whose tasks would go on for a quarter of an hour."""
SHOW = "\x13"
"""The key that goes on from a form."""
NAMES = {
    "=": "equals_sign", "#": "number_sign", "@": "at", ",": "comma", "\t": "tab", "\r": "enter",
    SHOW: "ctrl+s",
}  # fmt: skip
"""What Textual calls a key."""

os.environ |= {"TEXTUAL_ANIMATIONS": "none", "COLORTERM": "truecolor", "TERM": "xterm-256color"}
os.environ.pop("NO_COLOR", None)

from penstock.api.client import SocketEngine, socket_engine  # noqa: E402 - Textual reads the environment when it is imported
from penstock.api.engine import Engine  # noqa: E402
from penstock.cli.spoken import acts_of  # noqa: E402
from penstock.model.places import Place  # noqa: E402
from penstock.model.states import RUN_TERMINAL, RunState, TaskState  # noqa: E402
from penstock.model.views.events import Change  # noqa: E402
from penstock.model.views.runs import RunRow  # noqa: E402
from penstock.settings import Settings, load_settings  # noqa: E402
from penstock.ssh.member import Member  # noqa: E402
from penstock.ssh.several import Several  # noqa: E402
from penstock_tui.app import Console  # noqa: E402
from penstock_tui.feed import Feed  # noqa: E402
from penstock_tui.screens.digest import DigestScreen  # noqa: E402
from penstock_tui.screens.run import RunScreen  # noqa: E402
from penstock_tui.widgets.line_table import LineTable  # noqa: E402


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
        asyncio.run(take(load_settings(home), sys.argv[1:]))
    finally:
        for name in LASTING:  # they would outlive the engine
            with contextlib.suppress(subprocess.CalledProcessError):
                penstock(home, "cancel", name, "latest", "--yes")
        penstock(home, "down")
        shutil.rmtree(folder, ignore_errors=True)


def penstock(home: Path, *words: str) -> None:
    """Run one command on the instance."""
    environment = {**os.environ, "PENSTOCK_HOME": str(home)}
    subprocess.run(
        [sys.executable, "-m", "penstock", *words], env=environment, check=True, capture_output=True
    )


async def take(settings: Settings, wanted: Sequence[str]) -> None:
    """Set the world going and take the pictures while it runs."""
    home = settings.home
    engine = socket_engine(settings.socket)
    for dag_id in ("hello", "flaky", "host_health", "waits_for_file"):
        penstock(home, "trigger", dag_id)
    penstock(home, "unpause", "host_health")
    await shop(home, engine)
    await until(lambda: last_run(engine, "flaky").state in RUN_TERMINAL)
    penstock(home, "trigger", "nyc_flights", "--logical-date", DAY)
    penstock(home, "trigger", "nyc_flights", "--logical-date", "2013-01-06")
    await until(lambda: loads(engine))
    flights = ("nyc_flights", newest(engine, DAY))
    sales = ("sales", engine.runs("sales", limit=3)[-1].run_id)
    flaky = ("flaky", last_run(engine, "flaky").run_id)
    waits = ("export", last_run(engine, "export").run_id)
    for shown in (
        Picture("console", flights, "check.references"),
        Picture("dags"),
        Picture("small", flaky, size=SMALL),
        Picture("graph", flights, keys="D"),
        Picture("merged", flights, keys="L"),
        Picture("timeline", flights, keys="="),
        Picture("log", flights, "check.references", keys="l"),
        Picture("task", sales, "check", keys="i\t"),
        Picture("now", keys="6"),
        Picture("why", waits, "export", keys="w"),
        Picture("system", keys="8"),
        Picture("runs", sales, keys="R"),
        Picture("history", sales, "report", keys="H"),
        Picture("grid", sales, "check", keys="#"),
        Picture("calendar", sales, keys="C"),
        Picture("backfills", keys="2"),
        Picture("all_runs", keys="4"),
        Picture("triage", keys="5"),
        Picture("assets", keys="9"),
        Picture("digest", keys="0"),
        Picture("trigger", flaky, keys="t"),
        Picture("backfill", sales, keys="b"),
        Picture("breakpoint", sales, "check", keys="B"),
        Picture("runbooks", flights, keys="@"),
        Picture("maintenance", keys="M"),
    ):
        if not wanted or shown.name in wanted:
            await picture(settings, shown)
    if not wanted or {"coming", "what_if"} & set(wanted):
        await night(home, engine)
        await picture(settings, Picture("coming", keys="7"))
        await picture(settings, Picture("what_if", keys=f"7eWwarehouse=2{SHOW}"))
    if not wanted or {"questions", "answer", "workers"} & set(wanted):
        await elsewhere(home, engine)
        for shown in (
            Picture("questions", keys=","),
            Picture("answer", keys=",\r"),
            Picture("workers", keys="8", open_rows=("executors",)),
        ):
            if not wanted or shown.name in wanted:
                await picture(settings, shown)
        penstock(home, "cluster", "stop", "--now")
    if not wanted or "hosts" in wanted:
        await two_hosts(settings)
    engine.close()


async def shop(home: Path, engine: SocketEngine) -> None:
    """Give the shop its last weeks: a backfill, failures, acts of people, a runbook, a file with an error."""
    shutil.copy(ROOT / "docs" / "picture_dags" / "shop.py", home / "dags" / "shop.py")
    (home / "dags" / "returns.py").write_text(RETURNS)
    await until(lambda: "reload" in {row.dag_id for row in engine.dags(strip=0)})
    for dag_id in ("margins", "dashboard"):
        penstock(home, "unpause", dag_id)
    for dag_id in ("invoices", "ledger", "newsletter", "invoices", "forecast_demand", "reload"):
        penstock(home, "trigger", dag_id)
    today = datetime.now(UTC).date()
    days = ("--from", str(today - timedelta(days=34)), "--to", str(today - timedelta(days=3)))
    penstock(home, "backfill", "create", "sales", *days, "--max-active-runs", "4", "--yes")
    for dag_id in ("compact", "export"):
        penstock(home, "trigger", dag_id)
    await until(
        lambda: (
            engine.backfills()[0].state.value
            in ("finished", "ended", "success", "done", "failed", "cancelled")
        )
    )
    failed = [run.run_id for run in engine.runs("sales") if run.state is RunState.FAILED]
    penstock(home, "unpause", "sales")
    penstock(home, "runbook", "record", "repair-a-day")
    penstock(home, "pause", "sales", "--why", "customers are being repaired")
    penstock(home, "retry", "sales", failed[0], "--yes")
    penstock(home, "unpause", "sales")
    penstock(home, "runbook", "record", "repair-a-day", "--stop")
    await until(lambda: engine.run("sales", failed[0]).run.state in RUN_TERMINAL)


RETURNS = """
from penstock import DAG

with DAG("returns", schedule="every day"):
    pass
"""
"""A DAG file with an error."""

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


ELSEWHERE = """
from penstock import DAG, ApprovalOperator, BashOperator, HITLBranchOperator, Param

with DAG("month_end", schedule=None):
    BashOperator(task_id="compare", bash_command="echo 12 invoices differ") >> ApprovalOperator(
        task_id="close_the_books",
        subject="Close November with 12 invoices that differ?",
        body="The ledger has 12 invoices more than the bank.\\nSee the log of `compare` first.",
        params={"note": Param("", type="string", description="kept with the answer")},
    )
with DAG("restock", schedule=None):
    HITLBranchOperator(
        task_id="supplier", subject="Who delivers the missing 40 boxes?", options=["north", "south"]
    ) >> [BashOperator(task_id=each, bash_command="true") for each in ("north", "south")]
with DAG("score", schedule=None, default_args={"executor": "cluster"}):
    for part in range(6):
        BashOperator(task_id=f"score_{part}", bash_command="sleep 600")
"""
"""DAGs that ask people, and one that runs on workers."""


async def elsewhere(home: Path, engine: SocketEngine) -> None:
    """Let tasks ask people, and others run on the workers of a cluster."""
    penstock(home, "cluster", "start", "--workers", "2", "--slots", "2")
    (home / "dags" / "elsewhere.py").write_text(ELSEWHERE)
    await until(lambda: {row.dag_id for row in engine.dags(strip=0)}.issuperset({"month_end", "score"}))
    for name in ("month_end", "restock", "score"):
        penstock(home, "trigger", name)
    await until(lambda: len(engine.questions()) == 2)
    await until(lambda: last_run(engine, "score").counts.get("running", 0) >= 4)


async def two_hosts(settings: Settings) -> None:
    """Take the list of hosts, over this instance and a second one; only ssh is left out."""
    lab = settings.home.parent / "lab"
    penstock(lab, "init", str(lab))
    penstock(lab, "up", "-d")
    try:
        news: queue.Queue[Change] = queue.Queue()
        homes = {Place("prod", production=True, colour="red", word="LIVE"): settings,
                 Place("lab"): load_settings(lab)}  # fmt: skip
        members = [
            Member(place, index, partial(connected, at.socket), lambda: None, news.put, (0.25, 2.0))
            for index, (place, at) in enumerate(homes.items())
        ]
        for member in members:
            member.start()
        await until(lambda: all(member.reachable for member in members))
        several = Several(members, news)
        shown = Picture("hosts", keys="K")
        await picture(settings, shown, connect=lambda: cast("Engine", several), places=tuple(homes))
        several.close()
    finally:
        penstock(lab, "down")


def connected(socket: Path) -> SocketEngine:
    """Return the engine at *socket*, which answers."""
    engine = socket_engine(socket)
    engine.connect()
    return engine


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


@dataclass(frozen=True)
class Picture:
    """One picture: the first screen or *run*, with the cursor on *task_id*, after *keys* were pressed."""

    name: str
    run: tuple[str, str] | None = None
    task_id: str | None = None
    keys: str = ""
    size: tuple[int, int] = SIZE
    open_rows: tuple[str, ...] = ()
    """Rows of the list that are opened after that."""


async def picture(
    settings: Settings,
    shown: Picture,
    connect: Callable[[], Engine] | None = None,
    places: tuple[Place, ...] = (),
) -> None:
    """Open the console without a terminal and keep what it shows as ``<name>.svg``."""
    connect = connect or partial(connected, settings.socket)
    app = Console(
        lambda post: Feed(connect, post, actor=f"reader of {shown.name}"),
        zone=UTC,
        read_command=acts_of,
        places=places,
    )
    app.theme = "textual-dark"
    async with app.run_test(size=shown.size) as pilot:
        await until(lambda: app.engine_status is not None)
        if isinstance(app.screen, DigestScreen):
            await pilot.press("escape")
        if shown.run is not None:
            app.open_run(*shown.run)
        await still(pilot.pause)
        if shown.task_id is not None and isinstance(app.screen, RunScreen):
            app.screen.tasks.move_to_key(shown.task_id)
            await still(pilot.pause)
        for key in shown.keys:
            await pilot.press(NAMES.get(key, key))
            await still(pilot.pause)
        for row in shown.open_rows:
            app.screen.query_one(LineTable).move_to_key(row)
            await pilot.press("enter")
            await still(pilot.pause)
        svg = app.export_screenshot(title="penstock")
    # A page of documentation loads nothing from elsewhere: the reader's own monospaced font will do.
    svg = small(svg)
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"{shown.name}.svg").write_text(svg + "\n", encoding="utf-8")


def small(svg: str) -> str:
    """Return *svg* without what a page of documentation does not need: fonts, clips, long names."""
    svg = re.sub(r"@font-face\s*{[^}]*}\s*", "", svg)
    svg = re.sub(r'<clipPath id="terminal-\d+-line-\d+">.*?</clipPath>\s*', "", svg, flags=re.DOTALL)
    svg = re.sub(r' clip-path="url\(#terminal-\d+-line-\d+\)"', "", svg)
    svg = re.sub(r"<text [^>]*>(?:&#160;)*</text>", "", svg)
    return re.sub(r"terminal-\d+-", "t-", svg)


async def still(pause: Callable[[float], Awaitable[None]]) -> None:
    """Wait until the screen has been drawn with what the engine answered."""
    for _ in range(12):
        await pause(0.1)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for *condition*, with a limit."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    main()
