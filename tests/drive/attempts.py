"""Attempts of a real executor: submit commands, wait for what becomes of them, look for what is left over."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drive.waiting import PATIENCE
from penstock import process
from penstock.attempts.protocol import MARK, AttemptSpec, attempt_path, load
from penstock.execution.executor import Archive, Executor, Exited, Lost, Observation
from penstock.execution.local.executor import LocalExecutor
from penstock.ids import new_attempt_id
from penstock.model.outcome import Outcome
from penstock.settings import Settings


def make_settings(home: Path, **fields: Any) -> Settings:
    return Settings(home=home, dags_folder=home / "dags", **fields)


def shell(script: str, **fields: Any) -> AttemptSpec:
    """Return the spec of an ``sh`` script."""
    env = {"PATH": os.environ["PATH"], **fields.pop("env", {})}
    return AttemptSpec(
        attempt_id=fields.pop("attempt_id", new_attempt_id()), argv=("sh", "-c", script), env=env, **fields
    )


class Attempts:
    """An executor with its hints collected. ``observe`` is asked again at each hint, and now and then."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self.executor = executor
        self.settings = settings
        self.root = settings.attempts
        """Where the directories are of attempts that run."""
        self.archive: Archive = executor
        """What reads the executor's archive: the executor, unless a test says otherwise."""
        self.hinted: set[str] = set()
        self._news = asyncio.Event()

    async def start(self) -> None:
        await self.executor.start(self._hint)

    def _hint(self, ids: Sequence[str]) -> None:
        self.hinted.update(ids)
        self._news.set()

    def folder(self, attempt_id: str) -> Path:
        return attempt_path(self.root, attempt_id)

    def supervisor_of(self, attempt_id: str) -> int:
        """Return the pid of the supervisor that claimed it."""
        return int(load((self.folder(attempt_id) / "claim").read_bytes())["pid"])

    def observe(self, attempt_id: str) -> Observation:
        return self.executor.observe([attempt_id])[attempt_id]

    async def until(self, attempt_id: str, *kinds: type) -> Observation:
        """Wait for an observation of one of *kinds*."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self._news.clear()
            seen = self.observe(attempt_id)
            if isinstance(seen, kinds):
                return seen
            assert time.monotonic() < deadline, f"still {seen}, waiting for {kinds}"
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), 0.05)

    async def run(self, spec: AttemptSpec) -> Outcome:
        """Submit *spec* and return how it ended."""
        self.executor.submit([spec])
        return await self.end(spec.attempt_id)

    async def end(self, attempt_id: str) -> Outcome:
        seen = await self.until(attempt_id, Exited, Lost)
        assert isinstance(seen, Exited), seen
        return seen.outcome

    async def log(self, spec: AttemptSpec) -> bytes:
        """Run *spec* and return its log."""
        await self.run(spec)
        return self.printed(spec.attempt_id)

    def printed(self, attempt_id: str) -> bytes:
        """Return what an attempt has printed so far."""
        return self.executor.read_log(attempt_id, 0, 1 << 20).data


async def open_local(home: Path, **fields: Any) -> Attempts:
    """Return the attempts of a local executor that has begun; close its executor."""
    settings = make_settings(home, **fields)
    attempts = Attempts(LocalExecutor(settings), settings)
    await attempts.start()
    return attempts


def places_used(attempts: Attempts) -> int:
    """Return how many attempts the local executor's supervisors have a place for."""
    assert isinstance(attempts.executor, LocalExecutor)
    assert attempts.executor._supervisors is not None
    return attempts.executor._supervisors.used


def marked(attempt_id: str) -> list[int]:
    """Return living processes that belong to an attempt, wherever they went."""
    return [
        record.pid
        for record in process.processes()
        if not record.ended and process.environment_value(record.pid, MARK) == attempt_id
    ]
