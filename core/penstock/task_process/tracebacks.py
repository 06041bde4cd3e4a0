"""Tracebacks for people: the author's frames, without ours."""

from __future__ import annotations

import os
import traceback

from penstock.authoring.exceptions import FailException, TaskError
from penstock.authoring.place import is_ours
from penstock.errors import PenstockError


def explain(error: BaseException) -> str:
    """Return the traceback of *error* and its causes, with the author's frames only.

    If none of the frames is the author's, an error of ours that explains itself has no traceback, and any
    other error keeps all frames, because then the mistake is ours.
    """
    report = traceback.TracebackException.from_exception(error)
    parts = list(_parts(report))
    kept = [[frame for frame in part.stack if _is_authors(frame.filename)] for part in parts]
    if any(kept) or _explains_itself(error):
        for part, frames in zip(parts, kept, strict=True):
            part.stack = traceback.StackSummary.from_list(frames)
    return "".join(report.format())


def _is_authors(filename: str) -> bool:
    return not is_ours(filename) and f"{os.sep}jinja2{os.sep}" not in filename


def _explains_itself(error: BaseException) -> bool:
    from_jinja = type(error).__module__.partition(".")[0] == "jinja2"
    return from_jinja or isinstance(error, TaskError | FailException | PenstockError)


def _parts(report: traceback.TracebackException) -> list[traceback.TracebackException]:
    found: list[traceback.TracebackException] = []
    todo: list[traceback.TracebackException | None] = [report]
    while todo:
        part = todo.pop()
        if part is None or any(part is other for other in found):
            continue
        found.append(part)
        todo += [part.__cause__, part.__context__, *(part.exceptions or ())]
    return found
