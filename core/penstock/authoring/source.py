"""Executes the bytes of a DAG file as a module."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from types import ModuleType

from penstock.authoring.on_import import when_asked_for, when_imported

TYPE_CHECKING = False
if TYPE_CHECKING:  # every task would pay for importing typing
    from typing import Any


def execute(
    file: str, data: bytes, folders: Iterable[str] = (), *, airflow: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Execute *data* as the module of *file* and return its namespace.

    *file* is its name in tracebacks and in ``__file__``. Its own folder and *folders* go to the end of
    ``sys.path``, so that modules beside it can be imported and hide nothing. *airflow* are the settings of
    that name, and ``known`` is the dialect of the file if it was found out before. Raises whatever the file
    raises.
    """
    for folder in (os.path.dirname(file), *folders):  # noqa: PTH120 - in every task's start-up
        if folder and folder not in sys.path:
            sys.path.append(folder)
    module = ModuleType(module_name(file, data))
    module.__file__ = file
    when_imported("linecache", lambda: _quote(file, data))
    if airflow is None or airflow.get("compat", True):
        when_asked_for("airflow", lambda: _serve_airflow(file, data, airflow or {}))
        if b"airflow" in data:
            _serve_airflow(file, data, airflow or {})
    sys.modules[module.__name__] = module
    # Keep docstrings: functions under @task and @dag use them. Assertions as in the interpreter.
    code = compile(data, file, "exec", dont_inherit=True, optimize=min(sys.flags.optimize, 1))
    exec(code, module.__dict__)  # noqa: S102 - executing DAG files is what this is for
    return module.__dict__


def _serve_airflow(file: str, data: bytes, said: Mapping[str, Any]) -> None:
    """Let this process import airflow: from nothing that a file without it would pay for."""
    from importlib import import_module

    import_module("penstock.airflow.serve").serve(file, data, said)


def _quote(file: str, data: bytes) -> None:
    """Let tracebacks quote the executed source, which may differ from the file by now."""
    import linecache

    text = data.decode("utf-8", errors="replace")
    linecache.cache[file] = (len(data), None, text.splitlines(keepends=True), file)


def module_name(file: str, data: bytes = b"") -> str:
    """Return the module name of *file*: its own, unless another module has that name.

    One that it imports itself (*data* are its bytes) is another one.
    """
    stem = os.path.splitext(os.path.basename(file))[0]  # noqa: PTH119, PTH122
    taken = stem in sys.stdlib_module_names or stem in sys.modules or stem in {"penstock", "penstock_tui"}
    taken = taken or any(f"{word} {stem}".encode() in data for word in ("import", "from"))
    return f"dag_file_{stem}" if taken or not stem.isidentifier() else stem
