"""Executes the bytes of a DAG file as a module."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from types import ModuleType

from penstock.authoring.on_import import when_imported

TYPE_CHECKING = False
if TYPE_CHECKING:  # every task would pay for importing typing
    from typing import Any


def execute(file: str, data: bytes, folders: Iterable[str] = ()) -> dict[str, Any]:
    """Execute *data* as the module of *file* and return its namespace.

    *file* is its name in tracebacks and in ``__file__``. Its own folder and *folders* go to the end of
    ``sys.path``, so that modules beside it can be imported and hide nothing. Raises whatever the
    file raises.
    """
    for folder in (os.path.dirname(file), *folders):  # noqa: PTH120 - in every task's start-up
        if folder and folder not in sys.path:
            sys.path.append(folder)
    module = ModuleType(module_name(file))
    module.__file__ = file
    when_imported("linecache", lambda: _quote(file, data))
    sys.modules[module.__name__] = module
    # Keep docstrings: functions under @task and @dag use them. Assertions as in the interpreter.
    code = compile(data, file, "exec", dont_inherit=True, optimize=min(sys.flags.optimize, 1))
    exec(code, module.__dict__)  # noqa: S102 - executing DAG files is what this is for
    return module.__dict__


def _quote(file: str, data: bytes) -> None:
    """Let tracebacks quote the executed source, which may differ from the file by now."""
    import linecache

    text = data.decode("utf-8", errors="replace")
    linecache.cache[file] = (len(data), None, text.splitlines(keepends=True), file)


def module_name(file: str) -> str:
    """Return the module name of *file*: its own, unless another module has that name."""
    stem = os.path.splitext(os.path.basename(file))[0]  # noqa: PTH119, PTH122
    taken = stem in sys.stdlib_module_names or stem in sys.modules or stem in {"penstock", "penstock_tui"}
    return f"dag_file_{stem}" if taken or not stem.isidentifier() else stem
