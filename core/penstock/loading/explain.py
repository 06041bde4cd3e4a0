"""Describes what went wrong in a DAG file, for its author."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from penstock.errors import DagFileError
from penstock.model.spec import DagFileProblem
from penstock.task_process.hiding import covered

_DETAIL_MAX = 8192
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120


def explain(error: BaseException, file: str) -> DagFileProblem:
    """Return *error* as a problem of *file*: message, the line in that file, the author's traceback."""
    frames = [(frame.f_code.co_filename, line) for frame, line in _walk(error.__traceback__)]
    lines = [line for name, line in frames if name == file]
    line = lines[-1] if lines else None
    match error:
        case DagFileError():
            message, elsewhere = error.message, error.file not in {None, file}
            if elsewhere:
                message = f"{message} ({error.file}:{error.line})"
            return DagFileProblem(
                file=file,
                message=covered(message),
                line=line if elsewhere else error.line or line,
                detail=_detail(error),
                beside=error.beside,
            )
        case SyntaxError() if error.filename == file:
            return DagFileProblem(
                file=file, message=f"SyntaxError: {error.msg}", line=error.lineno, detail=_detail(error)
            )
        case SystemExit():
            message = f"exited with code {_exit_code(error)} while loading"
        case ImportError(name=str(name)) if name.partition(".")[0] == "airflow":
            message = (
                f"{type(error).__name__}: {_text(error).removesuffix(' (unknown location)')}: not served here"
            )
        case _:
            message = f"{type(error).__name__}: {_text(error)}".rstrip(": ")
    return DagFileProblem(file=file, message=covered(message), line=line, detail=_detail(error))


def _walk(trace: TracebackType | None) -> Iterator[tuple[Any, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _exit_code(error: SystemExit) -> int:
    if error.code is None:
        return 0
    return error.code if isinstance(error.code, int) else 1


def _text(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except BaseException:  # noqa: BLE001 - the author's own __str__ may fail too
        return "(its text cannot be shown)"


def _detail(error: BaseException) -> str | None:
    """Return the end of the author's part of the traceback, without our frames and the import system's."""
    try:
        trace = traceback.TracebackException.from_exception(error, limit=-30)
        seen: set[int] = set()
        todo: list[traceback.TracebackException | None] = [trace]
        while todo:
            part = todo.pop()
            if part is None or id(part) in seen:
                continue
            seen.add(id(part))
            theirs = [frame for frame in part.stack if not frame.filename.startswith((_OURS, "<frozen"))]
            part.stack = traceback.StackSummary.from_list(theirs)
            todo += [part.__cause__, part.__context__, *(part.exceptions or ())]
        return covered("".join(trace.format()))[-_DETAIL_MAX:]
    except BaseException:  # noqa: BLE001 - see _text
        return None
