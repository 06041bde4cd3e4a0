"""Lets a worker of another host get nothing more, and uses it again: the same key does both."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model.acts import DrainWorker, UndrainWorker
from penstock_tui.shell import Shell
from penstock_tui.target import Target, WorkerTarget
from penstock_tui.verbs.at_once import commit_at_once


async def drain(shell: Shell, targets: Sequence[Target]) -> None:
    """Drain the worker, or use it again if it is draining."""
    target = targets[0]
    if isinstance(target, WorkerTarget):
        act = UndrainWorker if target.worker.state == "draining" else DrainWorker
        await commit_at_once(shell, [act(name=target.worker.name)])
