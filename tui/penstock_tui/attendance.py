"""`Attendance`: what happened before the console was attached, what fails elsewhere, and the mark of a look.

At attach it asks what happened since this person last looked, and shows it if there is something. While the
console is open, a failure that is not on the screen stands on the line above the footer until it was seen.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from penstock.errors import PenstockError
from penstock.model.acts import Looked
from penstock.model.views.digest import Digest
from penstock.model.views.failures import FailedTask
from penstock_tui.target import RunTarget, TaskTarget
from penstock_tui.view import digest_rows
from penstock_tui.view.spans import Spans

if TYPE_CHECKING:
    from textual.screen import Screen

    from penstock.model.views.status import EngineStatus
    from penstock_tui.shell import Shell

_EVERY = 30.0
"""Seconds between two marks while things happen."""
_LAST = 0.3
"""Seconds that leaving waits for the last mark."""
_MOST = 50
_TRIAGE = frozenset({"failures", "failure", "digest"})


class Attendance:
    """Keeps when this person looked last, what is new since, and which failures are not seen yet."""

    def __init__(self, shell: Shell) -> None:
        self.rings = False
        """Whether a failure elsewhere rings the terminal's bell."""
        self.away: Digest | None = None
        """What had happened when the console was attached."""
        self.seen: int | None = None
        """The number of the failure up to which none is new in this session."""
        self._shell = shell
        self._known: int | None = None
        self._counted = 0
        self._fresh: list[FailedTask] = []
        self._marked = 0.0
        self._began = False

    async def begin(self, show: Callable[[], None]) -> None:
        """Ask what happened, once; *show* it if it is news and nobody has typed anything yet."""
        if self._began:
            return
        self._began = True
        shell = self._shell
        # Only how much there is: the screen asks for the rows, and over a slow line they would come first.
        page = await shell.feed.ask(
            lambda engine: engine.digest(person=shell.feed.actor, limit=1), key="digest"
        )
        if page is None:
            self._began = False
            return
        self.away, self._known = page, page.newest_failure
        if shell.engine_status is not None:  # what has failed before is no news
            self._counted = shell.engine_status.failures
        self.seen = 0 if page.looked is None else page.seen_failures
        if page.looked is not None and page.news:
            if shell.untouched:
                show()
            else:
                shell.say(f"{digest_rows.headline(page)} while you were away: 0 shows it")
        await self.mark(page)

    async def heard(self, status: EngineStatus) -> None:
        """Look for failures that are new when the number of open ones has changed; mark now and then."""
        if self._known is None:
            return
        if status.failures != self._counted:
            self._counted = status.failures
            await self._announce(self._known)
        if time.monotonic() - self._marked > _EVERY:
            await self.mark()

    async def mark(self, page: Digest | None = None) -> None:
        """Remember that this person has seen what there is, or what is on *page*."""
        shell = self._shell
        if shell.read_only or shell.gone is not None or self.away is None:
            return
        self._marked = time.monotonic()
        look = (
            Looked(place="digest", upto=0)
            if page is None
            else Looked(place="digest", upto=page.upto, failures=page.newest_failure)
        )
        with contextlib.suppress(PenstockError):
            await shell.feed.commit(look, expect=None, act_id=uuid.uuid4().hex)

    async def end(self, leave: Callable[[], None]) -> None:
        """Mark a last time, then *leave*; an engine that does not answer holds nobody."""
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST):
                    await self.mark()
        finally:
            leave()

    # -- failures elsewhere ------------------------------------------------------------------------

    async def _announce(self, known: int) -> None:
        shell = self._shell
        page = await shell.feed.ask(
            lambda engine: engine.failures(person=shell.feed.actor, seen=known, limit=_MOST, tasks=_MOST),
            key=("fresh", known),
        )
        if page is None or page.newest <= known:
            return
        self._known = page.newest
        found = [task for group in page.failures for task in group.tasks if task.new]
        found = [task for task in found if not _shows(shell.screen, task)]
        self._fresh += sorted(found, key=lambda task: task.at)
        if found:
            shell.flash()
            if self.rings:
                shell.bell()

    def unseen(self) -> list[FailedTask]:
        """Return the failures elsewhere that were not seen yet; what the screen in front shows is seen."""
        screen = self._shell.screen
        if getattr(screen, "view", "") in _TRIAGE:
            self._fresh.clear()
        self._fresh = [task for task in self._fresh if not _shows(screen, task)]
        return self._fresh

    def line(self, cells: int) -> Spans:
        """Return the line that announces them; empty without any."""
        return digest_rows.announcement(self.unseen(), self._shell.looks, self._shell.keys, cells)

    def take(self) -> list[FailedTask]:
        """Return them, as seen from now on."""
        fresh, self._fresh = self.unseen(), []
        return fresh

    def saw_failures(self, upto: int) -> None:
        """Remember for this session that failures up to a number are no longer new."""
        if self.seen is not None:
            self.seen = max(self.seen, upto)


def _shows(screen: Screen[object], task: FailedTask) -> bool:
    """Whether *screen* is about the run that the failure is in."""
    around = getattr(screen, "around", None)
    target = around() if around is not None else None
    return isinstance(target, RunTarget | TaskTarget) and (target.run.dag_id, target.run.run_id) == (
        task.dag_id,
        task.run_id,
    )
