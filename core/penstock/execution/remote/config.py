"""How one executor on other hosts is set: `[executors.NAME]` of penstock.toml, or the cluster of the home."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from penstock.executor_settings import CLUSTER, DEFAULTS, LOCAL
from penstock.settings import Settings

OnPartition = Literal["kill", "keep"]
"""What a worker does with an attempt whose lease ran out."""
SecretsFrom = Literal["engine", "worker"]
"""Where references to secrets are resolved."""
CLIENTS = {"dask": "penstock.execution.dask.client"}
"""The module that is started as the client process, by ``type``."""
_FILES = ("ca", "cert", "key")


@dataclass(frozen=True, slots=True)
class Lease:
    """How an executor's attempts are tied to the engine, in seconds."""

    seconds: float = 600.0
    on_partition: OnPartition = "kill"


@dataclass(frozen=True, slots=True)
class RemoteConfig:
    """One executor. ``command`` starts its client process."""

    name: str
    command: tuple[str, ...]
    lease: Lease = Lease()
    secrets: SecretsFrom = "engine"
    table: dict[str, Any] = field(default_factory=dict)
    """All of it, with defaults, for the client."""


def scheduler_file(settings: Settings) -> Path:
    """Return the file that `penstock cluster start` leaves in a home, and `penstock cluster stop` removes."""
    return settings.home / CLUSTER / "scheduler.json"


def remote_config(settings: Settings, name: str) -> RemoteConfig | None:
    """Return how the executor *name* is set; None if there is none of that name on other hosts now."""
    own = settings.executors.get(name)
    if name == LOCAL or (own is None and not (name == CLUSTER and scheduler_file(settings).exists())):
        return None
    table = {**DEFAULTS, **(own or {})}
    if table["type"] == "local":
        return None
    for key in _FILES:
        if table[key]:
            table[key] = str((settings.home / Path(table[key]).expanduser()).absolute())
    client = CLIENTS.get(table["type"])
    command = tuple(table.get("command") or (sys.executable, "-P", "-m", str(client)))
    return RemoteConfig(
        name=name,
        command=command,
        lease=Lease(float(table["lease"]), table["on_partition"]),
        secrets=table["secrets"],
        table=table,
    )


def configured(settings: Settings) -> list[str]:
    """Return the names of the executors on other hosts that there are now."""
    names = [*settings.executors, *([] if CLUSTER in settings.executors else [CLUSTER])]
    return [name for name in names if remote_config(settings, name) is not None]
