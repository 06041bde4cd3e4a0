"""Asks the engine from inside a task: states of other runs, what they pushed; and acts.

The protocol is one line of JSON each way over the engine's Unix socket. A task's process imports
nothing of the engine for this.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from penstock.authoring.exceptions import TaskError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from penstock.authoring.context import Context

TIMEOUT = 10.0
"""Seconds to wait for the engine's answer."""
PATIENCE = 60.0
"""Seconds to keep trying an engine that does not answer (it may be restarting)."""
MAX_ANSWER_BYTES = 32 << 20
_PAUSE = 0.5


class NoEngineError(TaskError):
    """The engine does not answer."""


class RefusedByEngineError(TaskError):
    """The engine refused; ``kind`` is the name of its error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class RunStates:
    """The state of a run (None: no such run) and of its tasks; ``problem`` if the engine refused."""

    run: str | None = None
    tasks: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


def run_states(
    path: str | None,
    dag_id: str,
    logical_date: datetime,
    task_ids: Sequence[str] | None,
    **more: Any,
) -> RunStates | None:
    """Ask the engine at socket *path* for the states of a run; None if it does not answer.

    *more* may hold ``group_id``: then the tasks are those of that group; and ``must_exist``.
    """
    params = {"dag_id": dag_id, "logical_date": logical_date.isoformat(), "task_ids": task_ids, **more}
    try:
        result = _ask(path, "run_states", params) or {}
    except NoEngineError:
        return None
    except RefusedByEngineError as error:
        return RunStates(problem=str(error))
    return RunStates(run=result.get("run"), tasks=dict(result.get("tasks") or {}))


def ask(context: Context, method: str, **params: Any) -> Any:
    """Ask the engine of the task in *context*, and try again while it is away.

    Raises `RefusedByEngineError`, or `NoEngineError` if it has been away for a minute.
    """
    return ask_at(context.socket, method, **params)


def ask_at(path: str | None, method: str, **params: Any) -> Any:
    """Ask the engine at socket *path*, as `ask` does.

    Raises `NoEngineError` or `RefusedByEngineError` like `ask`.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return _ask(path, method, params)
        except NoEngineError:
            if not path or time.monotonic() >= deadline:
                raise
            time.sleep(_PAUSE)


def commit(context: Context, act: dict[str, Any], *, act_id: str | None = None) -> dict[str, Any]:
    """Have the engine carry out *act* for the task in *context*; return its answer.

    The same *act_id* acts only once, also when the request is repeated because its answer was lost.
    """
    ti = context["ti"]
    act_id = act_id or os.urandom(8).hex()
    return dict(ask(context, "commit", act=act, actor=f"task {ti.dag_id}.{ti.task_id}", act_id=act_id))


def _ask(path: str | None, method: str, params: dict[str, Any]) -> Any:
    if not path:
        raise NoEngineError("there is no engine to ask")
    request = json.dumps({"id": 1, "method": method, "params": params}).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(TIMEOUT)
            line.connect(path)
            line.sendall(request)
            answer = _read_line(line)
        body = json.loads(answer) if answer else None
    except (OSError, ValueError) as error:
        raise NoEngineError(f"the engine does not answer: {error}") from None
    if not isinstance(body, dict):
        raise NoEngineError("the engine does not answer")
    problem = body.get("error")
    if problem:
        raise RefusedByEngineError(str(problem.get("kind")), str(problem.get("message")))
    return body.get("result")


def _read_line(line: socket.socket) -> bytes:
    data = bytearray()
    while not data.endswith(b"\n") and len(data) < MAX_ANSWER_BYTES:
        part = line.recv(65536)
        if not part:
            break
        data += part
    return bytes(data)
