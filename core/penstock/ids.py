"""Names of things: what they may look like, and how new ones are made.

Ids become file names, log lines and arguments, so the rule is narrow: ASCII letters, digits and
``_ - .`` (run ids also ``:`` and ``+``), at most 250, no ``..``, not starting with ``.`` or ``-``.
"""

from __future__ import annotations

import os
import re
import time
from datetime import datetime

from penstock.errors import BadIdError

_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,249}", re.ASCII)
_RUN_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-:+]{0,249}", re.ASCII)
_ATTEMPT_ID = re.compile(r"[0-9a-f]{12}-[0-9a-f]{8}", re.ASCII)


def check_id(text: object, kind: str) -> str:
    """Return *text* if it may name a *kind* ("dag_id", "task_id", ...); raise `BadIdError` otherwise."""
    if not isinstance(text, str):
        raise BadIdError(f"{kind} must be a string, not {type(text).__name__}")
    if not text:
        raise BadIdError(f"{kind} is empty")
    pattern = _RUN_ID if kind == "run_id" else _ID
    if not pattern.fullmatch(text) or ".." in text:
        allowed = "ASCII letters, digits, _ - ." + (" : +" if kind == "run_id" else "")
        raise BadIdError(
            f"{kind} {text[:80]!r} is not allowed: use {allowed}, at most 250 characters, "
            "not starting with . or -, no .."
        )
    return text


def split_instance(text: str) -> tuple[str, int | None]:
    """Return task id and map index of ``task[3]``; the index is None when *text* names no one instance."""
    if text.endswith("]") and "[" in text:
        name, _, index = text[:-1].rpartition("[")
        if index.isdecimal():
            return name, int(index)
    return text, None


def make_run_id(run_type: str, moment: datetime) -> str:
    """Return the default run id, ``<run_type>__<ISO timestamp>``."""
    return f"{run_type}__{moment.isoformat()}"


def new_attempt_id() -> str:
    """Return a fresh attempt id: 12 hex digits of milliseconds, a dash, 8 random hex digits.

    Ids sort by time of making, so a directory of attempts reads in order.
    """
    return f"{time.time_ns() // 1_000_000:012x}-{os.urandom(4).hex()}"


def is_attempt_id(text: str) -> bool:
    """Return whether *text* has the form of an attempt id."""
    return _ATTEMPT_ID.fullmatch(text) is not None


def check_attempt_id(text: str) -> str:
    """Return *text* if it has the form of an attempt id; raise `BadIdError` otherwise."""
    if not _ATTEMPT_ID.fullmatch(text):
        raise BadIdError(f"attempt id {text[:80]!r} is malformed")
    return text


def instance_key(task_id: str, map_index: int) -> str:
    """Return how a task instance is written: ``task``, or ``task[3]`` when mapped."""
    return task_id if map_index < 0 else f"{task_id}[{map_index}]"
