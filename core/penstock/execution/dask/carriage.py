"""What the client carries between engine and workers: code that a worker lacks, and questions of tasks."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from pathlib import Path

import msgspec

from penstock.errors import RefusedError
from penstock.execution.dask.contact import Contact, NoContactError
from penstock.execution.dask.messages import Asks, Needs, Part
from penstock.execution.remote import protocol as said

PART_SECONDS = 120.0
"""Seconds that a worker may take for a part of a bundle, the last of which it unpacks."""
_PIECE = 1 << 20


class Carriage:
    """Carries over *contact*; *say* sends the engine an event."""

    def __init__(self, contact: Contact, say: Callable[[msgspec.Struct], None]) -> None:
        self._contact = contact
        self._say = say
        self._needs: dict[str, set[str]] = {}
        self._asks: dict[int, tuple[str, int]] = {}
        self._numbers = itertools.count(1)

    def needs(self, event: Needs) -> None:
        """Ask the engine for a bundle that a worker lacks."""
        self._needs.setdefault(event.hash, set()).add(event.worker)
        self._say(said.NeedBundle(hash=event.hash))

    def asks(self, event: Asks) -> None:
        """Pass a task's question on."""
        ask = next(self._numbers)
        self._asks[ask] = (event.worker, event.number)
        self._say(said.Ask(ask=ask, worker=event.worker, attempt=event.attempt, line=event.line))

    async def answer(self, request: said.Answer) -> None:
        """Bring the engine's answer to the worker whose task asked. Raises `NoContactError`."""
        worker, number = self._asks.pop(request.ask, ("", 0))
        if worker:
            await self._contact.call(worker, said.Answer(ask=number, line=request.line))

    async def bring(self, request: said.Bundle) -> None:
        """Bring a bundle to the workers that lack it."""
        for worker in sorted(self._needs.pop(request.hash, ())):
            with contextlib.suppress(
                NoContactError, RefusedError
            ):  # the worker says in the result what is wrong
                await self._carry_to(worker, request)

    async def _carry_to(self, worker: str, request: said.Bundle) -> None:
        size = _size(request.path)
        if size is None:
            part = Part(hash=request.hash, offset=0, data=b"", last=True, missing=True)
            await self._contact.call(worker, part)
            return
        assert request.path is not None
        at = 0
        while True:
            data = await asyncio.to_thread(_piece, request.path, at)
            last = at + len(data) >= size or not data
            await self._contact.call(
                worker, Part(hash=request.hash, offset=at, data=data, last=last), PART_SECONDS
            )
            at += len(data)
            if last:
                return


def _size(path: str | None) -> int | None:
    """Return the size of a bundle; None if it is not there."""
    try:
        return None if path is None else Path(path).stat().st_size
    except OSError:
        return None


def _piece(path: str, at: int) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - a seek and a read
        file.seek(at)
        return file.read(_PIECE)
