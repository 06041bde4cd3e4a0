"""`penstock status` of a running engine, before anything slow is imported.

Prompts, status bars and watch loops run it all day. Half of its usual cost is click, msgspec and the
types of the port, and one fixed question needs none of them. Everything unusual is left to the full
command.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from penstock.model.views.status import EngineStatus

_PATIENCE = 0.5
"""Seconds that the engine may take; after that the full command asks once more and reports the result."""
_QUESTION = b'{"id":1,"method":"status"}\n'
_ANSWER = b'{"id":1,"result":'


def glance(arguments: Sequence[str]) -> int | None:
    """Answer *arguments* if they are a plain `status` and an engine runs; otherwise return None."""
    as_json = arguments == ["status", "--json"]
    if not as_json and arguments != ["status"]:
        return None
    if as_json and sys.stdout.isatty():  # a person reads it: indented
        return None
    from penstock.settings import Settings, find_home

    home = find_home()
    answer = _ask(os.fspath(Settings(home=home, dags_folder=home).socket))
    if answer is None:
        return None
    if as_json:
        sys.stdout.write(answer + "\n")
    else:
        _tell(answer)
    sys.stdout.flush()
    return 0


def _ask(path: str) -> str | None:
    """Return the status as JSON, or None."""
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(_PATIENCE)
            link.connect(path)
            link.sendall(_QUESTION)
            line = bytearray()
            while not line.endswith(b"\n"):
                data = link.recv(1 << 16)
                if not data:
                    return None
                line += data
    except OSError:
        return None
    if not line.startswith(_ANSWER):
        return None
    return line[len(_ANSWER) : -2].decode()


def _tell(answer: str) -> None:
    import json
    from datetime import datetime

    from penstock.cli.status_text import status_text

    facts: dict[str, Any] = json.loads(answer)
    for name in ("since", "last_seen"):
        facts[name] = datetime.fromisoformat(facts[name]) if facts.get(name) else None
    sys.stdout.write(status_text(cast("EngineStatus", SimpleNamespace(**facts))) + "\n")
    sys.stdout.flush()
    for warning in facts["warnings"]:
        sys.stderr.write(f"! {warning}\n")
