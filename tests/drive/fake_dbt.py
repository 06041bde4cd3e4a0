"""A program that speaks as dbt does, for tests of what is around it: quick, and it fails when told to.

The project's folder has ``plan.json``: ``nodes`` are [unique id, selector, [unique ids before it]] in
order; ``fail`` are unique ids that fail (``fail_at_first``: once), ``hang`` those during which it waits for
a file of that name, ``warn`` those that end with a warning, ``forget`` those that it does not run; ``code``
is an exit code instead of work, with an ``error``. Each run appends what it ran to ``ran``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from penstock.authoring import scope
from penstock.authoring.dag import DAG
from penstock.dbt.graph import DbtGraph, DbtNode
from penstock.dbt.project import DbtProject
from penstock.dbt.rendering import Rendering

_PROGRAM = Path(__file__).parents[1] / "data" / "fake_dbt_program.py"


def write_fake(folder: Path, nodes: dict[str, list[str]], **plan: Any) -> Path:
    """Write a project of *nodes* (unique id -> those before it) and its dbt; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dbt_project.yml").write_text("name: p\n")
    (folder / "profiles.yml").write_text("p: {}\n")
    rows = [[name, f"fqn:{name}", before] for name, before in nodes.items()]
    (folder / "plan.json").write_text(json.dumps({"nodes": rows, **plan}))
    program = folder / "fake-dbt"
    program.write_text(f"#!{sys.executable}\n{_PROGRAM.read_text()}")
    program.chmod(0o755)
    return folder


def fake_dag(dag_id: str, folder: str, *, render: str = "project", **task: Any) -> DAG:
    """Make a DAG of the fake project, for a DAG file of a test."""
    plan = json.loads((Path(folder) / "plan.json").read_text())
    nodes = [
        DbtNode(name, name.split(".")[0], name.rpartition(".")[2], "p", selector, upstream=tuple(before))
        for name, selector, before in plan["nodes"]
    ]
    with DAG(dag_id, schedule=None, is_paused_upon_creation=False, default_args=task) as dag:
        scope.current().beside.update(dict.fromkeys([f"{folder}/plan.json"]))
        Rendering(
            project=DbtProject(folder, folder, dbt=f"{folder}/fake-dbt"),
            graph=DbtGraph("p", "1", "duckdb", f"{folder}/p.duckdb", 2, tuple(nodes)),
            as_project=render == "project",
            tests="after",
            group_by=None,
            sensors=False,
            poke_interval=60,
            freshness_timeout=60,
            pool=None,
            threads=2,
            dbt_args=[],
        ).make(dag)
    return dag


def ran(folder: Path) -> list[list[str]]:
    """Return what each run of the fake dbt ran."""
    path = folder / "ran"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
