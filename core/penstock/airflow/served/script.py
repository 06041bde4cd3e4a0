"""What ``dag.test()`` and ``dag.cli()`` do in a script: ``python -m penstock.airflow FILE``."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SCRIPT = "PENSTOCK_AIRFLOW_SCRIPT"
"""Set in the process that runs a file as a script."""


def run_once(dag: Any, logical_date: Any = None, run_conf: Any = None, **more: Any) -> int | None:
    """Run *dag* as ``penstock test`` does, and return its exit code; None while an engine loads the file."""
    logical_date = more.get("execution_date") or logical_date
    if SCRIPT not in os.environ:
        dag.warn("dag.test() does nothing while the file is loaded: use `penstock test`")
        return None
    import json
    import subprocess

    words = [sys.executable, "-P", "-m", "penstock", "test", dag.fileloc, dag.dag_id]
    if logical_date is not None:
        words += ["--logical-date", logical_date.isoformat()]
    if run_conf:
        words += ["--conf", json.dumps(run_conf)]
    environ = {name: value for name, value in os.environ.items() if name != SCRIPT}
    return subprocess.run(words, env=environ, check=False).returncode


def say_commands(dag: Any) -> None:
    """Say which commands there are for *dag*."""
    if SCRIPT in os.environ:
        print(f"penstock test {dag.fileloc} {dag.dag_id}\npenstock trigger {dag.dag_id}\npenstock --help")  # noqa: T201
