"""`DbtDag` and `DbtTaskGroup`: the nodes of a dbt project as the tasks of a DAG or of a group."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.authoring import scope
from penstock.authoring.dag import DAG
from penstock.authoring.group import TaskGroup
from penstock.authoring.place import refuse
from penstock.dbt.manifest import load_graph
from penstock.dbt.project import DbtProject
from penstock.dbt.rendering import GROUPS, TESTS, Rendering

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, Unpack

    from penstock.authoring.pools import Pool
    from penstock.dbt.arguments import DbtDagArgs, DbtGroupArgs
    from penstock.dbt.graph import DbtGraph


class DbtDag(DAG):
    """A DAG of the nodes of a dbt project; what `DbtTaskGroup` takes, and what a DAG does.

    Where the database is a DuckDB, one run is active at a time unless *max_active_runs* says otherwise.
    """

    def __init__(self, dag_id: str, description: str | None = None, **options: Unpack[DbtDagArgs]) -> None:
        rendering, others = _rendering({**options})
        if rendering.graph.database:
            others.setdefault("max_active_runs", 1)
        super().__init__(dag_id, description, **others)
        with self:
            rendering.make(self)


class DbtTaskGroup(TaskGroup):
    """A group of the nodes of a dbt project.

    *project_dir* and *profiles_dir* may be relative to the DAG file; *target*, *select*, *exclude* and
    *vars* are dbt's (vars may contain templates). *render*: "nodes" makes a task of each node, "project"
    one dbt process whose nodes are rows of the run. *tests*: "after" what they are about, "grouped" into
    one task for each model, or "none". *group_by*: dbt's "group", "tag", "folder", or None. *freshness*:
    sources with a freshness become a "sensor" before what is made of them, or "none"; it looks every
    *poke_interval* seconds for at most *freshness_timeout*. *pool* replaces the pool that a DuckDB gets
    by itself. *dbt* is the program, *env* its variables, *dbt_args* more arguments. Raises `DagFileError`.
    """

    def __init__(self, group_id: str = "dbt", **options: Unpack[DbtGroupArgs]) -> None:
        rendering, others = _rendering({**options})
        super().__init__(group_id, **others)
        with self:
            rendering.make(self)


def _rendering(options: dict[str, Any]) -> tuple[Rendering, dict[str, Any]]:
    """Return what the options about dbt mean, and the others."""
    ours = {name: options.pop(name) for name in OPTIONS if name in options}
    if "project_dir" not in ours:
        refuse("project_dir is missing: the folder with dbt_project.yml")
    return _read(**ours), options


def _read(
    *,
    project_dir: Any,
    profiles_dir: Any = None,
    target: str | None = None,
    select: str | Sequence[str] | None = None,
    exclude: str | Sequence[str] | None = None,
    vars: dict[str, Any] | None = None,  # noqa: A002 - dbt's word
    render: Literal["nodes", "project"] = "nodes",
    tests: Literal["after", "grouped", "none"] = "after",
    group_by: Literal["group", "tag", "folder"] | None = "group",
    freshness: Literal["sensor", "none"] = "sensor",
    poke_interval: float = 60.0,
    freshness_timeout: float = 3600.0,
    pool: str | Pool | None = None,
    threads: int | None = None,
    dbt: str = "dbt",
    env: dict[str, str] | None = None,
    dbt_args: Sequence[str] = (),
    telemetry: bool = False,
) -> Rendering:
    _one_of("render", render, ("nodes", "project"))
    _one_of("tests", tests, TESTS)
    _one_of("group_by", group_by, GROUPS)
    _one_of("freshness", freshness, ("sensor", "none"))
    if not isinstance(vars or {}, dict):
        refuse(f"vars must be a dict, not {vars!r}"[:200])
    if threads is not None and (not isinstance(threads, int) or threads < 1):
        refuse(f"threads must be a whole number from 1, not {threads!r}")
    project = DbtProject(
        project_dir,
        profiles_dir,
        target=target,
        select=select,
        exclude=exclude,
        dbt_vars=vars,
        dbt=dbt,
        environment=env,
        telemetry=telemetry,
    )
    scope.current().beside.update(dict.fromkeys(project.files()))
    graph: DbtGraph = load_graph(project)
    more = [*dbt_args, *(["--threads", str(threads)] if threads else [])]
    return Rendering(
        project=project,
        graph=graph,
        as_project=render == "project",
        tests=tests,
        group_by=group_by,
        sensors=freshness == "sensor",
        poke_interval=poke_interval,
        freshness_timeout=freshness_timeout,
        pool=pool,
        threads=threads or graph.threads,
        dbt_args=more,
    )


OPTIONS = ("project_dir", *(_read.__kwdefaults__ or ()))
"""The names of the arguments about dbt."""


def _one_of(name: str, said: Any, allowed: tuple[str | None, ...]) -> None:
    if said not in allowed:
        refuse(f"{name} must be one of {', '.join(map(repr, allowed))}, not {said!r}")
