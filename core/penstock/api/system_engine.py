"""What a client may ask about the instance as a whole: a part of the `Engine` port."""

from __future__ import annotations

from typing import Protocol

from penstock.model import views


class SystemEngine(Protocol):
    """Questions about the instance."""

    def system(self) -> views.system.SystemPage:
        """Return how engine, disk, pools and executors are, what failed or was missed, what is deleted."""
        ...

    def hosts(self) -> list[views.hosts.HostRow]:
        """Return the hosts whose instances are shown together; none if this is one instance."""
        ...

    def workers(self) -> list[views.system.WorkerRow]:
        """Return the workers of executors on other hosts, by executor and name; none if no engine runs."""
        ...
