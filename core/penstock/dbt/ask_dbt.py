"""Asks dbt what a project consists of. Run by the Python that has dbt; imports nothing of Penstock.

``python ask_dbt.py ORDER``: ORDER is JSON with the arguments for ``dbt ls`` and the file for the answer,
JSON as well: ``dbt`` (its version), ``nodes`` (unique ids of what is selected), ``adapter``, ``database``
(the file of a DuckDB), ``threads``; or ``error``, in dbt's words. The manifest is where dbt writes it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from contextlib import redirect_stdout, suppress


def main() -> None:
    """Answer one order."""
    order = json.loads(sys.argv[1])
    _lift_memory_limit()
    try:
        answer = _ask(order)
    except BaseException as error:  # noqa: BLE001 - whatever a project or a plugin raises is the answer
        answer = {"error": f"{type(error).__name__}: {error}"}
    whole = f"{order['answer']}.new"
    with open(whole, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(answer, file)
    os.replace(whole, order["answer"])  # noqa: PTH105


def _lift_memory_limit() -> None:
    """Take back the limit of the process that loads a DAG file: DuckDB reserves more address space."""
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _ask(order: dict) -> dict:  # type: ignore[type-arg]  # it is checked with the Pythons of others
    from dbt.cli.main import dbtRunner
    from dbt.version import __version__

    errors: list[str] = []

    def note(event: object) -> None:
        info = event.info  # type: ignore[attr-defined]
        if info.level == "error":
            errors.append(str(info.msg))

    with redirect_stdout(sys.stderr):
        result = dbtRunner(callbacks=[note]).invoke(order["arguments"])
    if not result.success:
        said = str(result.exception) if result.exception else "\n".join(errors)
        return {"dbt": __version__, "error": said or "dbt ls failed without a word"}
    nodes = [json.loads(line)["unique_id"] for line in result.result or ()]
    return {"dbt": __version__, "nodes": nodes, **_connection(order)}


def _connection(order: dict) -> dict:  # type: ignore[type-arg]
    """Return what the profile says; nothing if this dbt has it elsewhere."""
    try:
        from dbt.config.runtime import load_profile

        profile = load_profile(order["project"], order["vars"], None, order["target"], None)
    except Exception:  # noqa: BLE001 - the rest of the answer is as good without it
        return {}
    credentials = profile.credentials
    path = getattr(credentials, "path", None) if credentials.type == "duckdb" else None
    if path and ":memory:" not in path and "://" not in path and not path.startswith("md:"):
        path = os.path.realpath(os.path.join(order["project"], path))  # noqa: PTH118
    return {"adapter": credentials.type, "database": path, "threads": profile.threads}


if __name__ == "__main__":
    main()
