"""What a remote executor does in the background: submit, look, renew leases, pass orders on, fetch ends."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from penstock.attempts import files
from penstock.attempts.protocol import AttemptSpec
from penstock.execution.executor import Observation
from penstock.execution.local import directory
from penstock.execution.remote import copies, protocol
from penstock.execution.remote.channel import Channel, NoAnswerError
from penstock.execution.remote.config import RemoteConfig
from penstock.execution.remote.known import Known, can_be_told, is_lost, must_fence
from penstock.execution.remote.packing import Packing
from penstock.execution.remote.pulling import Pulling
from penstock.execution.remote.safe import make_safe
from penstock.settings import Settings

LOOK_SECONDS = 1.0
"""Seconds between two looks at everything that runs elsewhere; each renews the leases."""
_AT_ONCE = 200
"""Launches that are submitted together."""

log = logging.getLogger(__name__)


class Attending:
    """Keeps *live* up to date over *channel*, and says by *hint* what the engine should look at."""

    def __init__(
        self,
        settings: Settings,
        config: RemoteConfig,
        channel: Channel,
        packing: Packing,
        live: dict[str, Known],
        hint: Callable[[Sequence[str]], None],
    ) -> None:
        self._root = settings.attempts
        self._config = config
        self._channel = channel
        self._packing = packing
        self._live = live
        self._hint = hint
        self._pulling = Pulling(settings, channel)
        self._outbox: list[AttemptSpec] = []
        self._hinted: set[str] = set()
        self._wake = asyncio.Event()
        self._taking: set[asyncio.Task[None]] = set()
        self._forgetting: asyncio.Task[None] | None = None
        self._forgets: dict[str, str | None] = {}
        """Attempts that are here whole, with the worker that may forget them."""

    def send(self, spec: AttemptSpec) -> None:
        """Submit *spec* as soon as there is contact."""
        self._outbox.append(spec)
        self._wake.set()

    def withdraw(self, attempt_id: str) -> None:
        """Do not submit an attempt that was not submitted yet."""
        self._outbox = [spec for spec in self._outbox if spec.attempt_id != attempt_id]

    def look_at(self, ids: Iterable[str]) -> None:
        """Look at these soon."""
        self._hinted.update(each for each in ids if each in self._live)
        self._wake.set()

    def heard(self, hint: protocol.Hint) -> None:
        """Take what the client says of attempts; look at those of which it does not say what they are."""
        news = []
        for attempt_id, seen in hint.seen.items():
            known = self._live.get(attempt_id)
            if known is None or known.ended is not None or known.pulling:
                continue
            if self._hear(known, seen, hint.left.get(attempt_id)):
                news.append(attempt_id)
        if news:
            self._hint(news)
        if len(hint.seen) < len(hint.ids):
            self.look_at(each for each in hint.ids if each not in hint.seen)

    def of_folder(self, attempt_id: str) -> Observation:
        """Return what an attempt's directory here says."""
        return copies.observed(self._folder(attempt_id))

    async def run(self) -> None:
        """Attend until cancelled: at hints at once, to everything every second."""
        whole = 0.0
        try:
            while True:
                busy = self._live or self._forgets
                wait = max(0.0, whole + LOOK_SECONDS - time.monotonic()) if busy else None
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
                self._wake.clear()
                everything = time.monotonic() >= whole + LOOK_SECONDS
                if everything:
                    whole = time.monotonic()
                if self._channel.connected:
                    await self._turn(everything=everything)
                self._hint_of_the_lost()
        finally:
            for task in self._taking:
                task.cancel()
            await asyncio.gather(*self._taking, return_exceptions=True)

    async def _turn(self, *, everything: bool) -> None:
        try:
            await self._submit_all()
            await self._pass_stops_on()  # before all that can wait
            ids = [each for each in self._hinted if (known := self._live.get(each)) and known.sent]
            self._hinted.clear()
            if everything:
                ids = [each for each, known in self._live.items() if known.sent]
            if ids:
                await self._look(ids)
                await self._pass_stops_on()  # for which it has found somebody
            await self._fence()
            if self._forgets and (everything or len(self._forgets) >= _AT_ONCE):
                self._forget_beside()
        except NoAnswerError as error:
            log.info("executor %s: %s", self._config.name, error)
        except Exception:  # one bad answer must not end the only loop that renews leases
            log.exception("executor %s: a look failed", self._config.name)

    def _hint_of_the_lost(self) -> None:
        mono = time.monotonic()
        gone = [each for each, known in self._live.items() if is_lost(known, self._config.lease, mono)]
        if gone:
            self._hint(gone)

    async def _submit_all(self) -> None:
        while self._outbox:
            batch, self._outbox = self._outbox[:_AT_ONCE], self._outbox[_AT_ONCE:]
            for spec in batch:
                self._live[spec.attempt_id].sent = True
            packed = await asyncio.to_thread(self._packing.pack, batch)
            refused = dict(packed.refused)
            ids = [order.spec.attempt_id for order in packed.orders]
            if ids:
                try:
                    answer: protocol.Submitted = await self._channel.ask(
                        protocol.Submit(orders=packed.orders)
                    )
                finally:  # answered or not: from here on only the fence can say whether it may start
                    self._hinted.update(ids)
                refused |= answer.refused
            for each, why in refused.items():
                directory.refuse(self._root, each, why)
                if (known := self._live.get(each)) is not None:
                    known.ended = self.of_folder(each)
            if refused:
                self._hint(list(refused))

    async def _look(self, ids: list[str]) -> None:
        named = {each: worker for each in ids if (worker := self._live[each].worker) is not None}
        asked = time.monotonic()
        answer: protocol.Observed = await self._channel.ask(protocol.Observe(ids=ids, known=named))
        news = []
        for attempt_id, seen in answer.seen.items():
            known = self._live.get(attempt_id)
            if known is None or known.ended is not None:
                continue
            if self._hear(known, seen, asked=asked):
                news.append(attempt_id)
        if news:
            self._hint(news)

    def _hear(
        self,
        known: Known,
        seen: protocol.Seen,
        left: protocol.Manifest | None = None,
        asked: float | None = None,
    ) -> bool:
        """Take what was seen; return whether the engine should look. An end is fetched first.

        *left* is what came along of what it left, *asked* is when it was asked for.
        """
        if known.is_overtaken(seen, asked):
            return False
        before = known.worker
        news = known.hear(seen, time.monotonic(), time.time())
        ends = seen.kind in ("exited", "lost")
        if known.worker != before and not (ends and left is not None):  # its result will say so
            with suppress(OSError):  # only for the engine after this one, which asks everybody then
                copies.note_worker(self._root, known.attempt_id, self._config.name, known.worker)
        if not ends:
            return news
        if left is not None and self._lay_down(known, seen, left):
            return True
        if not known.pulling:
            known.pulling = True
            task = asyncio.get_running_loop().create_task(self._take(known, seen))
            self._taking.add(task)
            task.add_done_callback(self._taking.discard)
        return False

    async def _take(self, known: Known, seen: protocol.Seen) -> None:
        """Fetch all that an attempt left, and let the engine know of its end."""
        attempt_id = known.attempt_id
        try:
            if seen.revoked:
                directory.revoke(self._folder(attempt_id))
            else:
                await self._pulling.pull(attempt_id, self._folder(attempt_id), seen, known.worker)
            known.ended = self.of_folder(attempt_id)
        except (NoAnswerError, OSError, ValueError, copies.DamagedError) as error:
            if known.trouble != str(error):
                known.trouble = str(error)
                log.warning("what attempt %s left could not be fetched: %s", attempt_id, error)
            return  # the next look begins again, and what is here already is not fetched twice
        finally:
            known.pulling = False
        self._forgets[attempt_id] = known.worker
        self._hint([attempt_id])

    def _lay_down(self, known: Known, seen: protocol.Seen, left: protocol.Manifest) -> bool:
        """Write what came along; return whether the attempt has ended by that. Else it is fetched."""
        folder = self._folder(known.attempt_id)
        try:
            if not self._pulling.lay_down(known.attempt_id, folder, left, seen, known.worker):
                return False
        except (OSError, ValueError, copies.DamagedError) as error:
            log.warning("what attempt %s left is fetched again: %s", known.attempt_id, error)
            return False
        known.ended = self.of_folder(known.attempt_id)
        self._forgets[known.attempt_id] = known.worker
        return True

    def _forget_beside(self) -> None:
        """Let forget, while this goes on: a disk may be slow."""
        if self._forgetting is None or self._forgetting.done():
            self._forgetting = asyncio.get_running_loop().create_task(self._try_to_let_forget())
            self._taking.add(self._forgetting)
            self._forgetting.add_done_callback(self._taking.discard)

    async def _try_to_let_forget(self) -> None:
        try:
            await self.let_forget()
        except (NoAnswerError, OSError) as error:
            log.warning("executor %s: what is here cannot be made safe: %s", self._config.name, error)

    async def let_forget(self) -> None:
        """Tell the workers what they need not keep, once that is safe on the disk here."""
        forgets = dict(self._forgets)
        if not forgets or not self._channel.connected:
            return
        await asyncio.to_thread(make_safe, [self._folder(each) for each in forgets])
        named = {each: worker for each, worker in forgets.items() if worker is not None}
        await self._channel.ask(protocol.Forget(ids=list(forgets), known=named))
        for each in forgets:
            self._forgets.pop(each, None)

    async def _pass_stops_on(self) -> None:
        for known in [each for each in self._live.values() if each.order is not None]:
            if known.ended is None and known.sent and known.order is not None and can_be_told(known):
                await self._stop(known, *known.order)

    async def _fence(self) -> None:
        """Take the starts away of those that nobody has heard of, or that the engine takes back."""
        for known in [each for each in self._live.values() if must_fence(each)]:
            known.revoke = False
            seen = await self._channel.ask(protocol.Revoke(attempt=known.attempt_id))
            if self._hear(known, seen):
                self._hint([known.attempt_id])

    async def _stop(self, known: Known, mode: str, reason: str) -> None:
        await self._channel.ask(
            protocol.Stop(
                attempt=known.attempt_id,
                mode="kill" if mode == "kill" else "term",
                reason=reason,
                worker=known.worker or known.given,
            )
        )
        if known.order == (mode, reason):
            known.order = None

    def _folder(self, attempt_id: str) -> str:
        return files.attempt_folder(self._root, attempt_id)
