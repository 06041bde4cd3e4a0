"""An MCP server as a process, asked over its stdin and stdout as an assistant asks it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_PATIENCE = 120.0
_HELLO = {
    "protocolVersion": "2025-03-26",
    "capabilities": {},
    "clientInfo": {"name": "penstock-tests", "version": "1"},
}


class McpServer:
    """The server that *command* starts. Use as a context manager."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str], log: Path) -> None:
        self._number = 0
        self._rest = b""
        self._log = log
        with log.open("wb") as sink:
            self._process = subprocess.Popen(
                command, env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=sink, cwd=log.parent,
            )  # fmt: skip

    def __enter__(self) -> Self:
        self._ask("initialize", _HELLO)
        self._send({"method": "notifications/initialized"})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def tools(self) -> set[str]:
        """Return the names of its tools."""
        return {tool["name"] for tool in self._ask("tools/list", {})["tools"]}

    def call(self, tool: str, **arguments: Any) -> str:
        """Use a tool and return what it says; fail if it says that it failed."""
        result = self._ask("tools/call", {"name": tool, "arguments": arguments})
        text = "\n".join(part.get("text", "") for part in result["content"])
        assert not result.get("isError"), text
        return text or json.dumps(result.get("structuredContent"))

    def _ask(self, method: str, params: object) -> dict[str, Any]:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        until = time.monotonic() + _PATIENCE
        while True:
            answer = json.loads(self._line(until))
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._process.stdin.flush()

    def _line(self, until: float) -> bytes:
        assert self._process.stdout is not None
        source = self._process.stdout.fileno()
        while b"\n" not in self._rest:
            ready = select.select([source], [], [], max(0.0, until - time.monotonic()))[0]
            new = os.read(source, 65536) if ready else b""
            assert new, f"the server says nothing more:\n{self._log.read_text()[-3000:]}"
            self._rest += new
        line, _, self._rest = self._rest.partition(b"\n")
        return line
