"""What `penstock.loading.parse` sends to its child."""

from __future__ import annotations

from typing import Any

import msgspec

LOST_CHANNEL = 97
"""Exit code of a child whose file closed the descriptor for the answer."""


class LoadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the child has to load: ``source`` are the bytes to execute, ``timeout`` is in seconds.

    ``memory`` is the address space in bytes.
    """

    source: bytes
    source_hash: str
    folders: tuple[str, ...] = ()
    timezone: str = "UTC"
    timeout: float = 30.0
    memory: int = 2 << 30
    connections: dict[str, Any] = msgspec.field(default_factory=dict)
    variables: dict[str, Any] = msgspec.field(default_factory=dict)
    environ: dict[str, str] = msgspec.field(default_factory=dict)
    """The part of the engine's environment that may be looked up, but is in no process's own."""
    airflow: dict[str, Any] = msgspec.field(default_factory=dict)
    """The settings of that name."""
    cursors: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    """DAG id -> the last settled interval of its schedule, in seconds since 1970 UTC."""
    executors: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    """The settings of that name."""
    default_executor: str = "local"
    values: str | None = None
    """The file with the store's variables and connections."""
