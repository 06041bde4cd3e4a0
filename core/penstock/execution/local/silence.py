"""Supervisors that do not answer: set aside, named, and used again when they wake up.

A stopped supervisor (SIGSTOP, a debugger) keeps its connection and claims nothing. Its unclaimed launches
are given to others; the claim decides, so if it wakes up it finds them taken and does nothing.
It keeps the attempts that it had claimed, and they wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from penstock.execution.local.supervisor_link import SupervisorLink

LOOK_SECONDS = 0.25
"""Seconds after a launch until its supervisor is checked for being stopped."""
SILENT_SECONDS = 3.0
"""Seconds that a supervisor that is not stopped may take to answer a launch."""
AGAIN_SECONDS = 2.0
"""Seconds between checks of a supervisor that was set aside."""
MOST_SILENT = 4
"""At most this many are set aside only for silence: on a machine that hangs none answers."""


class Silence:
    """Watches the supervisors that were asked for launches.

    *later* calls something after some seconds; *give_up* gets a supervisor and the launches that it has not
    answered; *back* gets one that can be used again.
    """

    def __init__(
        self,
        later: Callable[[float, Callable[[], None]], None],
        give_up: Callable[[SupervisorLink, Sequence[str]], None],
        back: Callable[[], None],
    ) -> None:
        self._later = later
        self._give_up = give_up
        self._back = back
        self._set_aside: list[SupervisorLink] = []
        self._watched: set[SupervisorLink] = set()

    def watch(self, link: SupervisorLink) -> None:
        """Check soon whether *link*, which was just asked for a launch, works on it."""
        if link not in self._watched:
            self._watched.add(link)
            self._later(LOOK_SECONDS, lambda: self._look(link))

    def heard(self, link: SupervisorLink) -> None:
        """Use *link* again if it was set aside: it has sent something."""
        if link.silence is not None:
            link.silence = None
            self._set_aside.remove(link)
            self._back()

    def gone(self, link: SupervisorLink) -> None:
        """Forget *link*: its connection has ended."""
        self._watched.discard(link)
        if link in self._set_aside:
            self._set_aside.remove(link)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The supervisors that were set aside, in words."""
        return tuple(_warning(link) for link in self._set_aside)

    def _look(self, link: SupervisorLink) -> None:
        if link not in self._watched:
            return
        stopped = link.stopped
        if link.silence is None:
            self._judge(link, stopped=stopped)
        elif link.silence == _STOPPED and not stopped:
            self.heard(link)
        if link.silence is None and not link.unheard:
            self._watched.discard(link)
        else:
            self._later(LOOK_SECONDS if link.silence is None else AGAIN_SECONDS, lambda: self._look(link))

    def _judge(self, link: SupervisorLink, *, stopped: bool) -> None:
        if not link.unheard:
            return
        taken = asyncio.get_running_loop().time() - link.asked_at
        if not stopped and (taken < SILENT_SECONDS or len(self._set_aside) >= MOST_SILENT):
            return
        link.silence = _STOPPED if stopped else _SILENT
        self._set_aside.append(link)
        unheard = sorted(link.unheard)
        link.unheard.clear()
        self._give_up(link, unheard)


_STOPPED, _SILENT = "is stopped by a signal", "does not answer"


def _warning(link: SupervisorLink) -> str:
    remedy = f"; `kill -CONT {link.pid}` wakes it up" if link.silence == _STOPPED else ""
    count = len(link.ids)
    wait = f" and holds {count} attempt{'' if count == 1 else 's'}" if count else ""
    return f"supervisor {link.pid} {link.silence}{wait}: others do its work for now{remedy}"
