"""Finds the line of the author's file behind a call, and refuses mistakes there."""

from __future__ import annotations

import os
import sys

from penstock.errors import DagFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120 - in every task's start-up


class Place:
    """A line of a file; both are None if no author's file was on the stack."""

    __slots__ = ("file", "line")

    def __init__(self, file: str | None = None, line: int | None = None) -> None:
        self.file = file
        self.line = line


def is_ours(filename: str) -> bool:
    """Whether *filename* belongs to Penstock and not to an author."""
    return filename.startswith((_OURS, "<frozen"))


def author_place() -> Place:
    """Return the innermost line on the stack that is not Penstock's own."""
    frame = _author_frame()
    return Place() if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)


def owner_file() -> str | None:
    """Return the file whose top level is being executed: a DAG from a shared factory belongs to it."""
    frame = _author_frame()
    while frame is not None:
        if frame.f_code.co_name == "<module>" and not is_ours(frame.f_code.co_filename):
            return frame.f_code.co_filename
        frame = frame.f_back
    return None


def refuse(message: str, place: Place | None = None) -> NoReturn:
    """Raise `DagFileError` at *place*, by default at the author's line that led here."""
    place = place or author_place()
    raise DagFileError(message, place.file, place.line)


def _author_frame() -> FrameType | None:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to look at callers
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame
