"""A worker's host in this process: orders as an engine sends them, and what becomes of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from pathlib import Path
from typing import Any

from drive.attempts import make_settings, shell
from drive.waiting import PATIENCE
from penstock.execution.host.asks import NobodyAnswersError
from penstock.execution.host.bundles import Bundles
from penstock.execution.host.host import WorkerHost
from penstock.execution.remote.protocol import Hello, Manifest, Order, Seen


def far(script: str, *, lease: float = 600.0, **fields: Any) -> Order:
    """Return an order of an ``sh`` script, as an engine elsewhere sends it."""
    mine = {name: fields.pop(name) for name in list(fields) if name in _OF_ORDERS}
    return Order(spec=shell(script, passed=True, **fields), lease=lease, **mine)


_OF_ORDERS = ("on_partition", "bundle", "secrets", "resumes", "queue", "resources")


def hello(**fields: Any) -> Hello:
    return Hello(version=1, executor="cluster", instance="i", home="/nowhere", config={}, **fields)


class Hosted:
    """A host with its hints collected; questions of tasks are answered by `answers`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.moved: set[str] = set()
        self.left: dict[str, Manifest] = {}
        self.asked: list[tuple[str | None, str]] = []
        self.answers: list[str] = []
        self.bundles = Bundles(root / "bundles")
        self._news = asyncio.Event()
        self.host = WorkerHost(
            make_settings(root / "i"),
            "w1",
            bundles=self.bundles,
            environment={"PATH": os.environ["PATH"]},
            forward=self._forward,
            moved=self._moved,
        )

    def _moved(self, seen: dict[str, Seen], left: dict[str, Manifest]) -> None:
        self.moved.update(seen)
        self.left |= left
        self._news.set()

    async def _forward(self, attempt: str | None, line: str) -> str:
        self.asked.append((attempt, line))
        if not self.answers:
            raise NobodyAnswersError
        return self.answers.pop(0)

    def seen(self, order: Order) -> Seen:
        return self.host.observe([order.spec.attempt_id])[order.spec.attempt_id]

    async def until(self, order: Order, *kinds: str, renew: bool = True) -> Seen:
        """Wait until the attempt is of one of *kinds*; without *renew* its lease is not renewed by that."""
        deadline = time.monotonic() + PATIENCE
        attempt_id = order.spec.attempt_id
        while True:
            self._news.clear()
            if renew or attempt_id not in self.host.live:
                seen = self.seen(order)
                if seen.kind in kinds:
                    return seen
                assert time.monotonic() < deadline, f"still {seen}, waiting for {kinds}"
            assert time.monotonic() < deadline, f"still live, waiting for {kinds}"
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), 0.05)

    async def end(self, order: Order) -> dict[str, Any]:
        """Run it to its end, and return the result's record."""
        import json

        self.host.submit(order)
        await self.until(order, "exited")
        return dict(json.loads((await self.host.pull(order.spec.attempt_id)).result or "{}"))
