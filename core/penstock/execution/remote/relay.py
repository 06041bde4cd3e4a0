"""Passes on what tasks on other hosts ask the engine, over the engine's own socket like any task here.

A worker may ask what a task's process asks and no more: it has no credentials, and gets none.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from penstock.execution.remote import protocol
from penstock.execution.remote.channel import Channel, NoAnswerError
from penstock.execution.remote.config import RemoteConfig
from penstock.settings import Settings

QUESTIONS = frozenset(
    {"run_states", "xcom_sources", "asset_events", "dag", "left_behind", "look_up", "commit"}
)
"""The questions of tasks."""
ACTS = frozenset({"trigger", "clear", "variable_set", "variable_delete", "note", "asset_emit", "mark"})
"""The acts that tasks commit."""
_WITHIN = 60.0
_LONGEST = protocol.MAX_LINE // 2


class Relay:
    """Answers the questions that arrive over *channel*."""

    def __init__(self, settings: Settings, config: RemoteConfig, channel: Channel) -> None:
        self._settings = settings
        self._config = config
        self._channel = channel

    async def answer(self, asked: protocol.Ask) -> None:
        """Ask the engine, and send its line back; an engine that does not answer is said in words."""
        line = await self._line(asked.line)
        with suppress(NoAnswerError):  # the worker has gone, and its task asks again
            await self._channel.ask(protocol.Answer(ask=asked.ask, line=line))

    async def _line(self, text: str) -> str:
        try:
            request = json.loads(text)
            refusal = problem_of(request)
            if refusal is not None:
                return _error(request, "RefusedError", refusal)
            if request["method"] == "look_up":
                request["params"]["resolve"] = self._config.secrets == "engine"
        except (ValueError, TypeError, KeyError) as error:
            return _error({}, "ProtocolError", f"cannot be understood: {error}")
        try:
            async with asyncio.timeout(_WITHIN):
                return await self._ask(json.dumps(request).encode())
        except (OSError, TimeoutError, ValueError) as error:
            return _error(request, "EngineError", f"the engine does not answer: {error}")

    async def _ask(self, line: bytes) -> str:
        reader, writer = await asyncio.open_unix_connection(str(self._settings.socket), limit=_LONGEST)
        try:
            writer.write(line + b"\n")
            await writer.drain()
            return (await reader.readline()).decode().rstrip("\n")
        finally:
            writer.close()


def problem_of(request: Any) -> str | None:
    """Return why a task on another host may not ask this, or None. Pure."""
    method = request.get("method") if isinstance(request, dict) else None
    if method not in QUESTIONS or not isinstance(request.get("params", {}), dict):
        return f"a task cannot ask {str(method)[:80]!r}"
    if method == "commit":
        act = request["params"].get("act")
        word = act.get("act") if isinstance(act, dict) else None
        if word not in ACTS:
            return f"a task cannot commit {str(word)[:80]!r}"
    return None


def _error(request: Any, kind: str, message: str) -> str:
    number = request.get("id") if isinstance(request, dict) else None
    return json.dumps({"id": number, "error": {"kind": kind, "message": message}})
