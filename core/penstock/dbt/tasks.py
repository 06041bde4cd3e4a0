"""The operators that dbt's nodes become. They are commands: no file of the author's is loaded for them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence

from penstock.authoring.abstract_operator import Command
from penstock.authoring.exceptions import FailException, TaskError
from penstock.authoring.operator import Operator
from penstock.authoring.references import references
from penstock.authoring.sensor import Sensor
from penstock.task_process.templates import has_markers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, Unpack

    from penstock.authoring.arguments import TaskArgs
    from penstock.authoring.context import Context
    from penstock.authoring.sensor import SensorArgs
    from penstock.dbt.project import DbtProject


class DbtOperator(Operator):
    """Runs dbt once for *nodes*: (unique id, id of its row, selector). Their end is the return value.

    With *rows* each node has a row of its own, a `DbtRowOperator`, and this is the one process behind them.
    *dbt_vars*, *dbt_args* (more arguments for dbt) and *dbt_env* may contain templates.
    """

    template_fields: Sequence[str] = ("dbt_vars", "dbt_args", "dbt_env")
    last_line_is_value = True

    def __init__(
        self,
        *,
        project: DbtProject,
        nodes: Sequence[tuple[str, str, str]] = (),
        rows: bool = False,
        as_selected: bool = False,
        dbt_args: Sequence[Any] = (),
        parsed: str | None = None,
        task_id: str,
        **task: Unpack[TaskArgs],
    ) -> None:
        super().__init__(task_id=task_id, **task)
        self.project = project
        self.nodes = list(nodes)
        self.rows = rows
        self.as_selected = as_selected
        self.dbt_vars: Any = dict(project.vars)
        self.dbt_args = list(dbt_args)
        self.dbt_env: Any = project.environment()
        self.parsed = parsed

    def argv(self) -> list[str]:
        """Return the command: `penstock.dbt.run` and its order."""
        project = self.project
        order = {
            "dbt": project.dbt,
            "command": "build",
            "project": str(project.folder),
            "arguments": project.arguments(),
            "environment": self.dbt_env,
            "vars": self.dbt_vars,
            "dbt_args": self.dbt_args,
            "rows": self.rows,
            "as_selected": self.as_selected,
            "select": project.select,
            "exclude": project.exclude,
            "parsed": self.parsed,
        }
        nodes = ["\t".join(node) for node in self.nodes]
        return [sys.executable, "-P", "-m", "penstock.dbt.run", json.dumps(order), *nodes]

    def launch(self) -> Literal["python"] | Command:
        """Return the command itself, unless a template has to be rendered first."""
        parts = (self.dbt_vars, self.dbt_args, self.dbt_env)
        if any(has_markers(part) or any(references(part)) for part in parts):
            return "python"
        return Command(argv=tuple(self.argv()))

    def execute(self, context: Context) -> None:
        """Become the command."""
        context["ti"].finish_before_exec(None)
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(sys.executable, self.argv())  # noqa: S606 - our own program


class DbtRowOperator(Operator):
    """The row of *nodes* that the task *behind* runs: their state, their part of the log, their end."""

    last_line_is_value = True

    def __init__(self, *, behind: str, nodes: Sequence[str], task_id: str, **task: Unpack[TaskArgs]) -> None:
        super().__init__(task_id=task_id, **task)
        self.row_of = behind
        self.nodes = list(nodes)
        self.skip_on_exit_code = (99,)

    def launch(self) -> Command:
        """Return the command."""
        return Command(
            argv=(sys.executable, "-P", "-m", "penstock.dbt.row", str(self.row_of), *self.nodes),
        )


class DbtFreshnessSensor(Sensor):
    """Waits until *source* is fresh enough, as its ``freshness`` in the project says; a warning passes."""

    template_fields: Sequence[str] = ("dbt_vars",)

    def __init__(
        self,
        *,
        project: DbtProject,
        source: str,
        selector: str,
        parsed: str | None = None,
        task_id: str,
        **sensor: Unpack[SensorArgs],
    ) -> None:
        super().__init__(task_id=task_id, **sensor)
        self.project = project
        self.source = source
        self.selector = selector
        self.dbt_vars: Any = dict(project.vars)
        self.parsed = parsed

    def poke(self, context: Context) -> bool:
        """Have dbt look once.

        Raises `TaskError` if dbt cannot, `FailException` if there is no such source.
        """
        import shutil
        import tempfile

        folder = tempfile.mkdtemp(prefix="penstock-dbt-")
        try:
            found = self._look(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        status, newest = str(found.get("status")), found.get("max_loaded_at")
        print(f"{self.source}: {status}, newest row of {newest}")  # noqa: T201 - to the task's log
        if status == "runtime error":
            raise TaskError(str(found.get("error") or "dbt could not look"))
        if status in ("pass", "warn") and newest and self.outlets:
            context["outlet_events"][self.outlets[0]].extra = {"max_loaded_at": newest, "status": status}
        return status in ("pass", "warn")

    def _look(self, folder: str) -> Mapping[str, Any]:
        import shutil
        import subprocess
        from contextlib import suppress

        with suppress(OSError, TypeError):
            os.mkdir(f"{folder}/target")  # noqa: PTH102
            shutil.copyfile(str(self.parsed), f"{folder}/target/partial_parse.msgpack")
        answer = f"{folder}/target/sources.json"
        said = ["--vars", json.dumps(self.dbt_vars)] if self.dbt_vars else []
        code = subprocess.run(
            [
                *(self.project.dbt, "--log-level-file", "none", "source", "freshness"),
                *(*self.project.arguments(), *said, "--select", self.selector),
                *("--target-path", f"{folder}/target", "--log-path", f"{folder}/logs"),
            ],
            env={**os.environ, **self.project.environment()},
            cwd=self.project.folder,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode
        try:
            with open(answer, "rb") as file:  # noqa: PTH123
                results = json.load(file)["results"]
        except (OSError, ValueError, KeyError):
            raise TaskError(f"dbt ended with exit code {code} and without an answer") from None
        for result in results:
            if result.get("unique_id") == self.source:
                return dict(result)
        if code:
            raise TaskError(f"dbt could not look (exit code {code}): its words are above")
        raise FailException(f"{self.source} is not in the project any more, or has no freshness")
