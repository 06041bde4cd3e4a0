"""Several hosts as one engine, ready to be asked."""

from __future__ import annotations

import queue
from collections.abc import Sequence

from penstock.model.views.events import Change
from penstock.ssh.hosts import Host
from penstock.ssh.line import Line
from penstock.ssh.member import Member
from penstock.ssh.several import Several

BACK_OFF = (1.0, 30.0)
"""Seconds before the first and between later attempts to reach a host again."""


def open_several(hosts: Sequence[Host], back_off: tuple[float, float] = BACK_OFF) -> Several:
    """Return the engine over *hosts*; each begins to connect now, and none is waited for."""
    news: queue.Queue[Change] = queue.Queue()
    members = []
    for index, host in enumerate(hosts):
        line = Line(host)
        members.append(Member(host.place, index, line.connect, line.close, news.put, back_off))
    for member in members:
        member.start()
    return Several(members, news)
