"""Reads dbt's JSON log lines: what began, what ended and how, and the text for people. Pure."""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_HEADER = re.compile(r'/\* \{"app": "dbt".*?\} \*/\s*', re.DOTALL)
FINE = frozenset({"success", "pass", "warn", "no-op", "partial success", "reused"})
"""Statuses of nodes whose children go on; a warning is not a failure, as in dbt's own exit code."""
SKIPPED = "skipped"


class NodeEnd:
    """How a node ended: ``status`` in dbt's word, rows if it says so, seconds, the first lines of why."""

    __slots__ = ("failures", "message", "rows", "seconds", "status")

    def __init__(
        self,
        status: str,
        rows: int | None = None,
        seconds: float | None = None,
        message: str = "",
        failures: int | None = None,
    ) -> None:
        self.status = status
        self.rows = rows
        self.seconds = seconds
        self.message = message
        self.failures = failures

    @property
    def fine(self) -> bool:
        """Whether what is made of the node may go on."""
        return self.status in FINE

    @property
    def why(self) -> str:
        """Return why it failed, in one line: dbt's title and the first line below it."""
        lines = [line.strip() for line in self.message.splitlines() if line.strip()]
        return ": ".join(lines[:2]) or self.status

    def fields(self) -> dict[str, Any]:
        """Return what is known of it, as data."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) not in (None, "")}


class Event:
    """One line of dbt's log. ``node`` is the unique id of the node that it is about, or None."""

    __slots__ = ("begins", "end", "level", "name", "node", "text")

    def __init__(self, name: str, level: str, text: str, node: str | None) -> None:
        self.name = name
        self.level = level
        self.text = text
        self.node = node
        self.begins = name == "NodeStart"
        self.end: NodeEnd | None = None

    @property
    def for_people(self) -> bool:
        """Whether it belongs in a log: everything that dbt itself would show."""
        return self.level != "debug" and bool(self.text.strip())

    @property
    def for_its_node(self) -> bool:
        """Whether it belongs in the log of its node: that, and the statements."""
        return self.node is not None and (self.for_people or self.name == "SQLQuery")


def read(line: str) -> Event | None:
    """Return the event in *line*, or None if it is not one: something else prints there too."""
    if not line.startswith("{"):
        return None
    try:
        said = json.loads(line)
        info, data = said["info"], said["data"]
        node = (data.get("node_info") or {}).get("unique_id") or None
        event = Event(str(info["name"]), str(info["level"]), plain(str(info["msg"])), node)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if event.name == "NodeFinished":
        event.end = _end(data)
    elif event.name == "SQLQuery":
        event.text = _HEADER.sub("", event.text).strip()
    return event


def plain(text: str) -> str:
    """Return *text* without colours, which a model may print although dbt does not."""
    return _COLOUR.sub("", text).rstrip()


def _end(data: Mapping[str, Any]) -> NodeEnd:
    result = data.get("run_result") or {}
    status = str((data.get("node_info") or {}).get("node_status") or result.get("status") or "")
    rows = (result.get("adapter_response") or {}).get("rows_affected")
    return NodeEnd(
        status,
        rows=int(rows) if isinstance(rows, int | float) and rows >= 0 else None,
        seconds=_seconds(result.get("execution_time")),
        message=plain(str(result.get("message") or ""))[:2000],
        failures=int(result["num_failures"]) if result.get("num_failures") else None,
    )


def _seconds(said: Any) -> float | None:
    return round(float(said), 3) if isinstance(said, int | float) else None
