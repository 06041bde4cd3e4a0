"""Tells executors which workers are to get nothing more, after that is committed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace

from penstock.errors import PenstockError, UnknownError
from penstock.execution.executor import Executor, Worker

_AGAIN = 2.0
"""Seconds until a worker is told again that could not be told."""
_SHOWN = 5.0
"""Seconds for which an order is shown until the worker itself says so."""

log = logging.getLogger(__name__)


class Draining:
    """The orders that workers may not have heard of yet. Call it from the loop's own event loop."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._ordered: dict[str, bool] = {}
        """Whether a worker is to be used again, by name."""
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._troubles: dict[str, str] = {}

    @property
    def warnings(self) -> list[str]:
        """Return which workers could not be told."""
        return list(self._troubles.values())

    def order(self, name: str, *, back: bool) -> None:
        """Tell a worker to drain, or with *back* that it is used again; a later order replaces this one."""
        earlier = self._telling.pop(name, None)
        if earlier is not None:
            earlier.cancel()
        self._ordered[name] = back
        self._telling[name] = asyncio.get_running_loop().create_task(self._tell(name, back=back))

    def shown(self, workers: Iterable[Worker]) -> tuple[Worker, ...]:
        """Return *workers* as they are ordered to be, as far as there is contact with them."""
        return tuple(
            replace(each, state="ready" if self._ordered[each.name] else "draining")
            if each.name in self._ordered and each.state in ("ready", "draining")
            else each
            for each in workers
        )

    async def _tell(self, name: str, *, back: bool) -> None:
        try:
            told = False
            while not told:
                told = await self._told(name, back=back)
                await asyncio.sleep(_SHOWN if told else _AGAIN)
        finally:
            if self._telling.get(name) is asyncio.current_task():
                del self._telling[name], self._ordered[name]
                self._troubles.pop(name, None)

    async def _told(self, name: str, *, back: bool) -> bool:
        try:
            await self._executor.drain(name, back=back)
        except UnknownError as error:
            log.warning("%s: it is not told anything", error)
        except PenstockError as error:
            self._troubles[name] = (
                f"worker {name} could not be told to {'work' if back else 'drain'}: {error}"
            )
            return False
        self._troubles.pop(name, None)
        return True
