"""An executor on "another host": a child process with a worker host of its own, or a Dask worker."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from drive import far_client
from penstock.attempts.protocol import AttemptSpec
from penstock.execution.mixed import Executors
from penstock.execution.remote.executor import RemoteExecutor
from penstock.settings import Settings

COMMAND = (sys.executable, far_client.__file__)

STAYS_HERE = {"ROLE": "engine"}
"""In the environment of what runs on the engine's own machine, as triggerers do."""


def far_root(settings: Settings) -> Path:
    """Return where the worker of a home keeps everything."""
    return settings.home.parent / f"{settings.home.name}-far"


def far_table(settings: Settings) -> dict[str, Any]:
    """Return `[executors.NAME]` that starts the client process."""
    far_root(settings).mkdir(exist_ok=True)
    return {"type": "client", "command": [*COMMAND, str(far_root(settings))]}


class Elsewhere(Executors):
    """The executors of a home, of which ``grid`` gets every launch.

    It is as in ``[executors.grid]``: without a type, the child process without Dask.
    """

    def __init__(self, settings: Settings, **fields: Any) -> None:
        table = fields if "type" in fields else {**far_table(settings), **fields}
        super().__init__(replace(settings, executors={"grid": table}))

    @property
    def far(self) -> RemoteExecutor:
        """The one on the other host, once this was started."""
        return self._far["grid"]

    def submit(self, specs: Sequence[AttemptSpec]) -> None:
        """Send them there, but for the engine's own."""
        grid = {"executor": "grid"}
        placed = [
            spec if STAYS_HERE.items() <= spec.env.items() else replace(spec, placement=grid)
            for spec in specs
        ]
        super().submit(placed)
