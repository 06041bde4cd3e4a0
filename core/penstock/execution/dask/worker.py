"""The process of `penstock worker`: a Dask worker that is made again whenever its scheduler was lost.

Dask's own workers end half a minute after their scheduler has, and never come back. This one goes on: what
runs on its host does so anyway, and is there when a scheduler answers again.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from distributed import Worker

from penstock import stray_signals
from penstock.attempts.files import write_whole
from penstock.errors import UsageError
from penstock.execution.dask.access import Access, is_loopback
from penstock.execution.dask.contact import NoContactError, greet
from penstock.execution.dask.messages import Join
from penstock.execution.dask.plugin import DaskLine, PenstockPlugin
from penstock.execution.dask.setting import security_of, settle
from penstock.execution.dask.station import Offers, Station
from penstock.execution.dask.versions import here
from penstock.settings import Settings

READY = "ready.json"
"""In the root while a scheduler has the worker: who it is, for `penstock cluster`."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_CLOSE_SECONDS = 5.0
_ENDING = (signal.SIGTERM, signal.SIGINT)
log = logging.getLogger("penstock.worker")


def run(
    settings: Settings,
    offers: Offers,
    find: Callable[[], Access],
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> int:
    """Work until SIGTERM or SIGINT; return the exit code. What runs goes on after that.

    The home of *settings* is the worker's root. Raises `UsageError` if another worker has it, or if the
    scheduler refuses this one.
    """
    stray_signals.disregard(but=_ENDING)
    stray_signals.let_through()
    os.umask(0o077)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    settle()
    with _held(settings.home):
        asyncio.run(_Working(settings, offers, find, environment, say).run())
    return 0


class _Working:
    """One worker over all of its contacts with schedulers."""

    def __init__(
        self,
        settings: Settings,
        offers: Offers,
        find: Callable[[], Access],
        environment: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self._line = DaskLine()
        self._station = Station(settings, offers, environment, self._line)
        self._root = settings.home
        self._offers = offers
        self._find = find
        self._say = say
        self._said = ""
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Work until a signal says that it is enough."""
        loop = asyncio.get_running_loop()
        for number in _ENDING:
            loop.add_signal_handler(number, self._stopping.set)
        await self._station.start()
        pause = _FIRST_PAUSE
        try:
            while not self._stopping.is_set():
                try:
                    await self._one_contact()
                    pause = _FIRST_PAUSE
                except NoContactError as error:
                    self._tell(str(error))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
        finally:
            await self._station.close()

    async def _one_contact(self) -> None:
        """Be a worker of the scheduler for as long as there is one."""
        try:
            access = self._find()
        except UsageError as error:
            if self._said:  # its file was removed meanwhile: `penstock cluster start` writes another
                raise NoContactError(str(error)) from None
            raise
        security = security_of(access)
        await greet(access, security, Join(here(), self._offers.name, self._station.identity))
        worker = self._made(access, security)
        try:
            await asyncio.wait_for(worker, 6 * _CLOSE_SECONDS)
            self._tell(f"worker {self._offers.name}: {self._offers.slots} slots, at {access.address}")
            self._mark(worker)
            await self._until_over(worker)
        except (OSError, TimeoutError, RuntimeError, ValueError) as error:
            raise NoContactError(f"the scheduler at {access.address} was lost: {error}") from None
        finally:
            (self._root / READY).unlink(missing_ok=True)
            await self._close(worker)

    def _made(self, access: Access, security: Any) -> Any:
        return Worker(
            access.address,
            nthreads=self._offers.slots,
            name=self._offers.name,
            security=security,
            host="127.0.0.1" if is_loopback(access.address) else None,
            plugins=(PenstockPlugin(self._station, self._line),),
            memory_limit=0,
            local_directory=str(self._root / "dask"),
            dashboard=False,
            dashboard_address="127.0.0.1:0",
            death_timeout=None,
        )

    async def _until_over(self, worker: Any) -> None:
        """Wait for the end of the contact, or the order to end."""
        waits = {
            asyncio.ensure_future(worker.finished()),
            asyncio.ensure_future(self._stopping.wait()),
            asyncio.ensure_future(self._line.silence()),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    async def _close(self, worker: Any) -> None:
        with contextlib.suppress(Exception):  # whatever state Dask is in, the next worker is a new one
            await asyncio.wait_for(
                worker.close(timeout=1, executor_wait=False, reason="penstock-worker-ends"), _CLOSE_SECONDS
            )

    def _mark(self, worker: Any) -> None:
        fields = {"name": self._offers.name, "pid": os.getpid(), "address": worker.address}
        write_whole(self._root, READY, json.dumps(fields).encode() + b"\n")

    def _tell(self, words: str) -> None:
        if words != self._said:
            self._said = words
            self._say(words)


@contextlib.contextmanager
def _held(root: Path) -> Iterator[None]:
    """Hold the root of a worker; raise `UsageError` if another one does, or if it cannot be written."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(root / "worker.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UsageError(
            f"a worker runs already in {root}: give this one a root of its own (--root)"
        ) from None
    finally:
        os.close(handle)
