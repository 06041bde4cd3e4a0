"""The executor of other hosts, as the engine sees it: it answers from memory, and asks in the background.

The truth is on the workers' disks, and `observe` of the port tells the last that was heard of it. Nothing
is repeated here because of silence, and nothing is reported as ended before everything of it is here.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

from penstock.attempts import files
from penstock.attempts.protocol import AttemptSpec, dump
from penstock.errors import RefusedError, UnknownError
from penstock.execution.executor import (
    Absent,
    Accepted,
    Hint,
    Lost,
    Observation,
    Room,
    StopMode,
    Unreachable,
    Usage,
    Worker,
)
from penstock.execution.local import directory
from penstock.execution.local.archive import LocalArchive
from penstock.execution.local.directory import Stage
from penstock.execution.remote import copies, protocol
from penstock.execution.remote.attending import LOOK_SECONDS, Attending
from penstock.execution.remote.channel import Channel, NoAnswerError
from penstock.execution.remote.config import RemoteConfig
from penstock.execution.remote.known import Known, is_lost, verdict
from penstock.execution.remote.live_logs import LiveLogs
from penstock.execution.remote.packing import Packing
from penstock.execution.remote.relay import Relay
from penstock.execution.remote.workers import Workers
from penstock.ids import check_attempt_id
from penstock.settings import Settings

_SAMPLE_SECONDS = 3.0
_DEFAULT_GRACE = 60.0
_CLOSING = 2.0


class RemoteExecutor(LocalArchive):
    """Implements `Executor` over the client process that *config* names.

    Call everything from the loop that called `start`, except what `Archive` promises for any thread.
    """

    def __init__(self, settings: Settings, config: RemoteConfig) -> None:
        super().__init__(settings.attempts)
        self.name = config.name
        self._settings = settings
        self._config = config
        self._hint: Hint = lambda _ids: None
        self._live: dict[str, Known] = {}
        self._work: set[asyncio.Task[None]] = set()
        self._open = False
        self._abandoned: dict[str, Observation] = {}
        self._packing = Packing(settings, config)
        self._channel = Channel(
            config.command,
            self._packing.hello,
            settings.run_folder / f"executor-{config.name}.log",
            self._hear,
            self._contact_changed,
        )
        self._workers = Workers(config.name, self._channel)
        self._relay = Relay(settings, config, self._channel)
        self._attending = Attending(settings, config, self._channel, self._packing, self._live, self._say)
        self._logs = LiveLogs(self._channel, self.folder, self._live.get)

    @property
    def _whom(self) -> str:
        return f"executor {self.name}"

    # --- beginning and end ------------------------------------------------------------------------

    async def start(self, hint: Hint) -> None:
        """Start the client process. What it knows arrives later."""
        self._hint, self._open = hint, True
        self._packing.instance()
        self._channel.start()
        self._run(self._attending.run())
        self._run(self._logs.follow())

    async def close(self) -> None:
        """End the client process; attempts go on, until their lease runs out or an engine comes back."""
        self._open = False
        with suppress(NoAnswerError, TimeoutError):
            async with asyncio.timeout(_CLOSING):
                await self._attending.let_forget()
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._channel.close()

    @property
    def busy(self) -> bool:
        """Whether something of this engine runs or waits there."""
        return bool(self._live)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong between here and the workers, for operators."""
        return self._workers.warnings(wanted=self.busy)

    def workers(self) -> tuple[Worker, ...]:
        """Return the workers, and what each runs."""
        runs: dict[str, list[str]] = {}
        for known in self._live.values():
            if known.worker is not None:
                runs.setdefault(known.worker, []).append(known.attempt_id)
        return self._workers.rows(runs)

    def room(self, executor: str, queue: str | None, resources: Mapping[str, float]) -> Room:
        """Return whether a worker serves the queue. See `Executor.room`."""
        del executor
        return self._workers.room(queue, resources)

    async def drain(self, worker: str, *, back: bool = False) -> None:
        """Tell the scheduler. See `Executor.drain`."""
        if not self._workers.has(worker):
            raise UnknownError(f"executor {self.name} has no worker {worker!r}")
        request = protocol.Undrain(worker=worker) if back else protocol.Drain(worker=worker)
        try:
            await self._channel.ask(request)
        except NoAnswerError as error:
            raise RefusedError(f"worker {worker} could not be told: {error}") from None

    async def mend(self) -> bool:
        """Return False: the channel mends itself."""
        return False

    # --- what the engine says -----------------------------------------------------------------------

    def submit(self, specs: Sequence[AttemptSpec]) -> None:
        """Make the directories here; the orders go out in the background. See `Executor.submit`."""
        for spec in specs:
            order = dump(spec)
            size = len(order)
            check_attempt_id(spec.attempt_id)
            place = f"{self.folder(spec.attempt_id)}/{files.REMOTE}"
            if spec.attempt_id in self._live or os.path.exists(place):  # noqa: PTH110
                continue
            if size > files.MAX_RECORD_BYTES:
                directory.refuse(
                    self._root,
                    spec.attempt_id,
                    f"arguments, environment and context make {size} bytes: too large",
                )
                self._soon([spec.attempt_id])
                continue
            copies.accept(self._root, spec.attempt_id, order, self.name)
            self._live[spec.attempt_id] = Known(spec.attempt_id, spec.grace, time.monotonic(), time.time())
            self._attending.send(spec)

    def observe(self, ids: Sequence[str]) -> dict[str, Observation]:
        """Return the last that was heard of each; ask about those that are new here."""
        mono = time.monotonic()
        return {each: self._observe(each, mono) for each in ids}

    def _observe(self, attempt_id: str, mono: float) -> Observation:
        known = self._live.get(attempt_id) or self._adopt(attempt_id)
        if not isinstance(known, Known):
            return known
        seen = verdict(known, self._config.lease, mono, self._whom)
        if known.ended is None and is_lost(known, self._config.lease, mono):
            assert isinstance(seen, Lost)
            copies.conclude_lost(self.folder(attempt_id), attempt_id, seen.reason)
            seen = known.ended = copies.observed(self.folder(attempt_id))
        if known.ended is not None:
            self._workers.pace.ended(mono)
            self._let_go(attempt_id)
        return seen

    def _adopt(self, attempt_id: str) -> Known | Observation:
        """Begin to look at an attempt of an engine before this one; return its end if it has ended."""
        folder = self.folder(attempt_id)
        facts = directory.probe(folder)
        if facts.stage is not Stage.ACCEPTED:
            return copies.observed(folder)
        try:
            grace = float(files.read_order(f"{folder}/{files.SPEC}").get("grace") or 0)
        except (OSError, ValueError):
            grace = _DEFAULT_GRACE
        known = Known(attempt_id, grace, time.monotonic(), time.time(), sent=True, taken=True, adopted=True)
        place = copies.place_of(folder)
        known.worker = None if place is None else place[1]
        self._live[attempt_id] = known
        self._attending.look_at([attempt_id])
        return known

    def revoke(self, attempt_id: str) -> Observation:
        """Take a launch back: at once if nobody has heard of it, else by its start fence, in a while."""
        known = self._live.get(attempt_id)
        if known is not None and not known.sent and known.ended is None:
            self._attending.withdraw(attempt_id)
            directory.revoke(self.folder(attempt_id))
            known.ended = copies.observed(self.folder(attempt_id))
        elif known is not None and isinstance(self._observe(attempt_id, time.monotonic()), Accepted):
            known.revoke = True
            self._attending.look_at([attempt_id])
        return self._observe(attempt_id, time.monotonic())

    def abandon(self, attempt_id: str) -> Observation:
        """End what is left of an attempt whose directory here is gone; the answer may take a while."""
        found = self._abandoned.pop(attempt_id, None)
        if found is not None and not isinstance(found, Unreachable):
            return found
        if found is None:
            self._abandoned[attempt_id] = Unreachable(time.time(), self._whom)
            self._run(self._abandon(attempt_id))
        return Unreachable(time.time(), self._whom)

    def stop(self, attempt_id: str, mode: StopMode, reason: str) -> None:
        """Pass the order on as soon as there is contact."""
        known = self._live.get(attempt_id)
        if known is None or known.ended is not None:
            return
        if not known.sent:
            self._attending.withdraw(attempt_id)
            copies.conclude_unsent(self.folder(attempt_id), attempt_id, reason)
            known.ended = copies.observed(self.folder(attempt_id))
            self._soon([attempt_id])
            return
        if known.order is None or mode == "kill":
            known.order = (mode, reason)
        self._attending.look_at([attempt_id])

    async def sample(self, ids: Sequence[str]) -> dict[str, Usage]:
        """Ask the workers; those that do not answer soon are left out."""
        here = {each: self._live[each] for each in ids if each in self._live}
        wanted = {
            each: k.worker for each, k in here.items() if k.seen is not None and k.seen.kind == "claimed"
        }
        if not wanted or not self._channel.connected:
            return {}
        named = {each: worker for each, worker in wanted.items() if worker is not None}
        try:
            found = await self._channel.ask(
                protocol.Sample(ids=list(wanted), known=named), within=_SAMPLE_SECONDS
            )
        except NoAnswerError:
            return {}
        return {
            each: Usage(
                use.cpu_percent, use.cpu_seconds, use.rss, use.read_bytes, use.write_bytes, use.processes
            )
            for each, use in found.usage.items()
            if each in wanted
        }

    def forget(self, attempt_id: str) -> None:
        """Remove what is here. Its worker was told when everything had been fetched."""
        directory.remove(self.folder(attempt_id))
        self._let_go(attempt_id)

    # --- logs that grow elsewhere -------------------------------------------------------------------

    def looked_at(self, attempt_id: str) -> None:
        """Somebody reads the log of an attempt: fetch what is new for a while. From any thread."""
        self._logs.looked_at(attempt_id)

    async def freshen(self, attempt_id: str) -> None:
        """Fetch what the log has more. See `Executor.freshen`."""
        await self._logs.freshen(attempt_id)

    # --- in the background ----------------------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        if not self._open:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def _soon(self, ids: Sequence[str]) -> None:
        """Hint in the next turn of the loop."""
        if self._open:
            asyncio.get_running_loop().call_soon(self._hint, list(ids))

    def _say(self, ids: Sequence[str]) -> None:
        self._hint(ids)

    def _let_go(self, attempt_id: str) -> None:
        self._live.pop(attempt_id, None)
        self._abandoned.pop(attempt_id, None)

    def _hear(self, event: protocol.AnyEvent) -> None:
        """Take an event of the client."""
        match event:
            case protocol.Hint():
                self._attending.heard(event)
            case protocol.Workers() | protocol.Scheduler():
                if self._workers.hear(event):
                    self._hint([])  # what waits for a worker may start now
            case protocol.Ask():
                self._run(self._relay.answer(event))
            case protocol.NeedBundle(hash=digest):
                path = self._packing.bundles.path(digest)
                self._run(self._tell(protocol.Bundle(hash=digest, path=path)))

    def _contact_changed(self) -> None:
        if not self._channel.connected:
            self._workers.silence()
        self._attending.look_at(self._live)
        self._hint([])

    async def _tell(self, request: protocol.Request) -> None:
        with suppress(NoAnswerError):
            await self._channel.ask(request)

    async def _abandon(self, attempt_id: str) -> None:
        """Ask all workers to end what they have of an attempt."""
        while True:
            try:
                seen: protocol.Seen = await self._channel.ask(protocol.Abandon(attempt=attempt_id))
            except NoAnswerError:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            if seen.kind in ("absent", "lost"):
                break
            await asyncio.sleep(LOOK_SECONDS)
        gone = (
            f"its directory was removed or emptied while it ran; its processes on {seen.worker} were killed"
        )
        self._abandoned[attempt_id] = Absent() if seen.kind == "absent" else Lost(gone)
        self._hint([attempt_id])
