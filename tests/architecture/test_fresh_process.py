"""What a process of ours really loads: a fresh interpreter for each, and a look at its modules.

Contracts read source text; this proves what start-up costs and what a task's process can reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from architecture.house import CORE, loaded_by, roots_of
from drive.instance import Instance
from drive.waiting import wait_for
from penstock.model.acts import Trigger
from penstock.model.queries import RunQuery
from penstock.model.states import RunState
from penstock.store.database import Database

HEAVY = {"sqlalchemy", "sqlmodel", "alembic", "textual", "psutil"}
"""What no task may ever load on our account."""
SCREEN = {"textual", "rich", "penstock_tui"}
WEB = {"fastapi", "starlette", "uvicorn", "prometheus_client"}
"""What only the server of the HTTP API loads."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the home of an engine that answers."""
    instance = Instance(tmp_path_factory.mktemp("home"))
    instance.start()
    try:
        yield instance.home
    finally:
        instance.stop()


def test_importing_penstock_costs_next_to_nothing() -> None:
    assert loaded_by("import penstock") - loaded_by("") == {"__future__", "penstock"}


def test_a_dag_file_loads_words_and_no_machinery() -> None:
    modules = loaded_by("from penstock import DAG, BashOperator, task, FileSensor")
    assert not roots_of(modules) & (HEAVY | SCREEN | {"jinja2", "msgspec", "asyncio", "click", "croniter"})


def test_a_task_process_loads_no_engine() -> None:
    modules = loaded_by("import penstock.task_process.main, penstock.task_process.context_keys")
    assert not roots_of(modules) & (HEAVY | SCREEN | {"jinja2", "msgspec", "asyncio", "click"})
    rooms = {name.split(".")[1] for name in modules if name.startswith("penstock.")}
    assert rooms <= {
        "attempts",
        "authoring",
        "bounds",
        "errors",
        "ids",
        "process",
        "process_stat",
        "task_process",
    }


def test_the_client_of_the_socket_loads_neither_the_store_nor_asyncio() -> None:
    modules = loaded_by("import penstock.api.connect")
    assert "penstock.api.connect" in modules
    assert not roots_of(modules) & (HEAVY | SCREEN | {"asyncio", "croniter"})


def test_a_supervisor_loads_almost_nothing() -> None:
    root = CORE.parent
    modules = loaded_by(
        f"import sys; sys.path.append({str(root)!r}); import penstock.supervisor.main",
        flags=("-I", "-S"),
    )
    assert not modules & {"asyncio", "subprocess", "typing", "pathlib", "logging", "dataclasses"}
    assert not roots_of(modules) & (HEAVY | SCREEN | {"msgspec"})
    assert {name for name in modules if name.startswith("penstock.")} <= {
        f"penstock.supervisor{part}"
        for part in (
            "",
            ".attempt", ".child", ".closing", ".conclusion", ".contain", ".directory", ".ending",
            ".engine_link", ".environment", ".family", ".lease", ".log_file", ".main", ".masking", ".output",
            ".plain_command", ".poller", ".program", ".provision", ".report", ".secrets", ".sigterm",
            ".spawn", ".start", ".talk", ".unwritten", ".usage", ".warm_parent",
        )
    } | {
        "penstock.attempts", "penstock.attempts.files", "penstock.attempts.log_tail", "penstock.failpoint",
        "penstock.forking", "penstock.process", "penstock.process_darwin", "penstock.process_stat",
        "penstock.stray_signals",
    }  # fmt: skip


def test_the_engine_loads_no_screen_and_no_words() -> None:
    modules = loaded_by("import penstock.service.daemon")
    assert not roots_of(modules) & (SCREEN | WEB | {"jinja2", "click"})
    words = ("authoring", "operators", "sensors", "notifiers", "task_process")
    assert not {name for name in modules if name.startswith(tuple(f"penstock.{word}" for word in words))}


SAY_WHAT_IS_LOADED = """
import atexit, os, pathlib, sys
if sys.orig_argv[-1:] == ["up"]:
    atexit.register(lambda: pathlib.Path(os.environ["LOADED"]).write_text(
        " ".join(name for name, module in sys.modules.items() if module is not None)
    ))
"""
DAG_FILE = """
from penstock import DAG, BashOperator
with DAG("d", schedule="@daily", start_date="2026-01-01", catchup=False):
    BashOperator(task_id="a", bash_command="true")
"""


def test_an_engine_that_has_run_and_answered_has_loaded_only_what_it_needs(tmp_path: Path) -> None:
    """It runs text: its memory, its start and its first run do not pay for what made the text."""
    hook, home = tmp_path / "hook", tmp_path / "home"
    hook.mkdir()
    home.mkdir()
    (hook / "sitecustomize.py").write_text(SAY_WHAT_IS_LOADED)
    loaded = tmp_path / "loaded"
    instance = Instance(home, environment={"PYTHONPATH": str(hook), "LOADED": str(loaded)})
    instance.write_dag("d", DAG_FILE)
    instance.start()
    try:
        with instance.client() as engine:
            wait_for(engine.dags, 30, "the DAG is not loaded")
            engine.commit(Trigger(dag_id="d", run_id="r", logical_date=None), actor="ann")
            ended = (RunState.SUCCESS, RunState.FAILED)
            wait_for(lambda: engine.run("d", "r").run.state in ended, 30, "the run does not end")
            assert engine.run("d", "r").run.state is RunState.SUCCESS
            engine.find_runs(RunQuery())
            engine.digest(person="ann")
            engine.failures()
            engine.grid("d")
            engine.system()
    finally:
        instance.stop()
    modules = set(loaded.read_text().split())
    assert {"penstock.store.engine.gate", "penstock.store.views.reads"} <= modules
    orm = {"sqlalchemy", "sqlmodel", "alembic", "pydantic", "pydantic_core", "jsonschema", "rpds"}
    assert not roots_of(modules) & orm
    assert not {
        name for name in modules if name.startswith(("penstock.store.tables", "penstock.store.statement"))
    }
    # What it needs for seldom schedules, for the command line or for nothing: 7 MiB.
    assert not roots_of(modules) & {"click", "croniter", "dateutil", "ssl", "_ssl", "_hashlib", "statistics"}
    assert "anyio._backends" not in modules


def test_a_command_that_reads_without_an_engine_loads_no_orm(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    Database.open(instance.settings.database).close()
    modules = loaded_by(
        "from penstock.cli.main import run\nfor verb in ('status', 'dags'): run([verb])", home=tmp_path
    )
    assert "penstock.store.views.reads" in modules
    assert not roots_of(modules) & {"sqlalchemy", "sqlmodel", "alembic", "pydantic", "jsonschema"}


def test_the_version_is_told_before_anything_is_loaded() -> None:
    modules = loaded_by(
        "import sys; sys.argv = ['penstock', '--version']\nfrom penstock.cli.main import main; main()"
    )
    assert not roots_of(modules) & (HEAVY | SCREEN | {"click", "msgspec", "asyncio", "tomllib"})


def test_status_asks_the_socket_and_loads_no_store(running: Path) -> None:
    modules = loaded_by(
        "from penstock.cli.main import run\nassert run(['status', '--json']) == 0", home=running
    )
    assert "penstock.api.client" in modules
    assert not roots_of(modules) & (HEAVY | SCREEN | {"asyncio", "jinja2", "croniter"})
    assert not {name for name in modules if name.startswith(("penstock.store", "penstock.service"))}


def test_the_commands_for_tokens_load_no_web_framework(tmp_path: Path) -> None:
    modules = loaded_by(
        "from penstock.cli.main import run\nassert run(['api', 'token', 'create', 'x']) == 0", home=tmp_path
    )
    assert "penstock.http.tokens" in modules
    assert not roots_of(modules) & (HEAVY | SCREEN | WEB | {"asyncio", "jinja2", "croniter"})


def test_a_plain_status_loads_neither_words_nor_types(running: Path) -> None:
    modules = loaded_by(
        "import sys; sys.argv = ['penstock', 'status']\n"
        "from penstock.cli.main import main\nassert main() == 0",
        home=running,
    )
    assert not roots_of(modules) & (HEAVY | SCREEN | {"click", "msgspec", "asyncio", "tomllib"})


def test_the_console_of_a_running_engine_loads_no_store(running: Path) -> None:
    code = """
import penstock_tui.app, penstock_tui.feed, penstock_tui.verbs.retry
import penstock_tui.screens.dags, penstock_tui.screens.run, penstock_tui.screens.log
from penstock.settings import load_settings
from penstock_tui.__main__ import _connect
engine = _connect(load_settings())
assert engine.status().pid
engine.dags()
engine.close()
"""
    modules = loaded_by(code, home=running)
    assert "textual" in modules
    assert not roots_of(modules) & {
        "sqlalchemy",
        "sqlmodel",
        "alembic",
        "psutil",
        "croniter",
        "jinja2",
        "click",
    }
    assert not {
        name
        for name in modules
        if name.startswith(
            ("penstock.store", "penstock.service", "penstock.scheduling", "penstock.authoring")
        )
    }
