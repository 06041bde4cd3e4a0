"""`[executors.NAME]`, `default_executor`, and the names that a task may give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.errors import SettingsError
from penstock.execution.remote.config import configured, remote_config, scheduler_file
from penstock.executor_settings import executors_problem, resolved, unknown_name
from penstock.settings import load_settings

GRID: dict[str, Any] = {"scheduler": "tls://grid:8786"}


@pytest.mark.parametrize(
    ("name", "table", "said"),
    [
        ("grid", GRID, None),
        ("grid", {**GRID, "lease": 30, "on_partition": "keep", "secrets": "worker", "insecure": True}, None),
        ("cluster", {"lease": 60.0}, None),
        ("LocalExecutor", {"type": "local"}, None),
        ("mine", {"type": "client", "command": ["python", "x.py"]}, None),
        ("grid", {}, "needs scheduler"),
        ("grid", {**GRID, "lease": 1}, "lease must be seconds, 10 or more, not 1"),
        ("grid", {**GRID, "lease": True}, "lease must be seconds"),
        ("grid", {**GRID, "on_partition": "wait"}, 'on_partition must be "kill" or "keep", not \'wait\''),
        ("grid", {**GRID, "secrets": "both"}, "secrets must be"),
        ("grid", {**GRID, "insecure": 1}, "insecure must be true or false"),
        ("grid", {**GRID, "cert": "c.pem"}, "needs cert and key together"),
        ("grid", {**GRID, "shceduler": "x"}, "does not have 'shceduler'; it has type, scheduler"),
        ("grid", {**GRID, "scheduler": 8786}, "scheduler must be a string"),
        ("grid", {"type": "ray"}, "type must be"),
        ("mine", {"type": "client"}, "needs command"),
        ("grid", {**GRID, "command": ["x"]}, "needs command, and no other type has one"),
        ("local", {"type": "local"}, "the local executor needs no settings"),
        ("a b", GRID, "its name must be letters"),
    ],
)
def test_a_table_is_checked_by_key(name: str, table: dict[str, Any], said: str | None) -> None:
    found = executors_problem({name: table}, "local")
    assert found is None if said is None else said in str(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('default_executor = "grid"', "there is no such executor; known: local, cluster"),
        ('[executors.grid]\nlease = "x"\nscheduler = "tcp://a:1"', "[executors.grid] lease must be seconds"),
        ("executors = 3", "executors must be tables by name"),
    ],
)
def test_the_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "penstock.toml").write_text(text)
    with pytest.raises(SettingsError) as error:
        load_settings(tmp_path)
    assert str(tmp_path / "penstock.toml") in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("name", "default", "expected"),
    [
        (None, "local", "local"),
        (None, "grid", "grid"),
        ("local", "grid", "local"),
        ("cluster", "local", "cluster"),
        ("LocalExecutor", "grid", "local"),
    ],
)
def test_whose_a_task_is(name: str | None, default: str, expected: str) -> None:
    tables = {"grid": GRID, "LocalExecutor": {"type": "local"}}
    assert resolved(name, tables, default) == expected


def test_a_name_that_nobody_has_is_said_with_those_that_there_are() -> None:
    assert unknown_name("grid", {"grid"}) is None
    assert unknown_name("cluster", ()) is None
    assert unknown_name("gird", {"grid"}) == (
        "executor 'gird' is not known; known: local, cluster, grid "
        "(penstock.toml adds one with [executors.gird])"
    )


def test_the_cluster_of_the_home_is_an_executor_as_soon_as_it_was_started(tmp_path: Path) -> None:
    (tmp_path / "penstock.toml").write_text('[executors.far]\nscheduler = "tls://a:1"\nca = "ca.pem"\n')
    settings = load_settings(tmp_path)
    assert configured(settings) == ["far"]
    far = remote_config(settings, "far")
    assert far is not None
    assert far.table["ca"] == str(tmp_path / "ca.pem")
    assert far.command[-1] == "penstock.execution.dask.client"
    scheduler_file(settings).parent.mkdir()
    scheduler_file(settings).write_text("{}")
    assert configured(settings) == ["far", "cluster"]
    assert remote_config(settings, "local") is None
