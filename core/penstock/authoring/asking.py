"""One question to the engine from inside a task: how runs of other DAGs stand.

The wire is one line of JSON each way over the engine's Unix socket.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

TIMEOUT = 10.0
"""Seconds to wait for the engine's answer."""
MAX_ANSWER_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class RunStates:
    """The state of a run (None: there is none) and of its tasks; ``problem`` when the engine refused."""

    run: str | None = None
    tasks: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


def run_states(
    path: str | None, dag_id: str, logical_date: datetime, task_ids: Sequence[str] | None
) -> RunStates | None:
    """Ask the engine at socket *path*; None when it does not answer."""
    if not path:
        return None
    params = {"dag_id": dag_id, "logical_date": logical_date.isoformat(), "task_ids": task_ids}
    request = json.dumps({"id": 1, "method": "run_states", "params": params}).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(TIMEOUT)
            line.connect(path)
            line.sendall(request)
            answer = _read_line(line)
    except OSError:
        return None
    body = json.loads(answer) if answer else None
    if not isinstance(body, dict):
        return None
    if body.get("error"):
        return RunStates(problem=str(body["error"].get("message")))
    result = body.get("result") or {}
    return RunStates(run=result.get("run"), tasks=dict(result.get("tasks") or {}))


def _read_line(line: socket.socket) -> bytes:
    data = bytearray()
    while not data.endswith(b"\n") and len(data) < MAX_ANSWER_BYTES:
        part = line.recv(65536)
        if not part:
            break
        data += part
    return bytes(data)
