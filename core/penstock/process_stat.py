"""A process's record in the kernel, the same on every platform."""

from __future__ import annotations

TYPE_CHECKING = False


class Stat:
    """The few fields of a process's kernel record that we use. Ticks are since boot."""

    __slots__ = ("group", "pid", "ppid", "session", "start_ticks", "state")

    def __init__(self, pid: int, state: str, ppid: int, group: int, session: int, start_ticks: int) -> None:
        self.pid = pid
        self.state = state
        self.ppid = ppid
        self.group = group
        self.session = session
        self.start_ticks = start_ticks

    @property
    def ended(self) -> bool:
        """Whether only the record is left, waiting for its parent to collect it."""
        return self.state in "ZX"
