"""Two network namespaces with one link between them, as two hosts have: it can be taken down and up.

It needs Linux, root, `ip`, `unshare` and `nsenter`. Files and process ids are those of this machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

import pytest

from drive.waiting import wait_for

NEAR, FAR = 0, 1
ADDRESSES = ("10.213.77.1", "10.213.77.2")
_DEVICES = ("near0", "far0")


class Link:
    """The two ends, by number: `NEAR` and `FAR`. Skips the test, saying why, where this cannot be done."""

    def __init__(self) -> None:
        missing = [name for name in ("ip", "unshare", "nsenter") if shutil.which(name) is None]
        if not sys.platform.startswith("linux") or os.geteuid() != 0 or missing:
            needed = "".join(f", and {name}" for name in missing)
            pytest.skip(f"network namespaces need root on Linux{needed}")
        self._holders: list[subprocess.Popen[bytes]] = []
        try:
            self._make()
        except (OSError, subprocess.SubprocessError, AssertionError) as error:
            said = getattr(error, "stderr", b"") or b""
            self.close()
            pytest.skip(f"network namespaces cannot be made here: {error} {said.decode().strip()}")

    def _make(self) -> None:
        ours = os.readlink("/proc/self/ns/net")  # noqa: PTH115 - it is not a path
        for _ in ADDRESSES:
            holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], stderr=subprocess.DEVNULL)
            self._holders.append(holder)
            place = f"/proc/{holder.pid}/ns/net"

            def apart(place: str = place, holder: subprocess.Popen[bytes] = holder) -> bool:
                assert holder.poll() is None, "unshare is refused"
                return os.readlink(place) != ours  # noqa: PTH115

            wait_for(apart, 10, "a namespace of its own")
        there = str(self._holders[FAR].pid)
        pair = ("link", "add", _DEVICES[NEAR], "type", "veth", "peer", "name", _DEVICES[FAR], "netns", there)
        self._ip(NEAR, *pair)
        for end, (device, address) in enumerate(zip(_DEVICES, ADDRESSES, strict=True)):
            self._ip(end, "address", "add", f"{address}/24", "dev", device)
            self._ip(end, "link", "set", "lo", "up")
            self._ip(end, "link", "set", device, "up")

    def inside(self, end: int) -> tuple[str, ...]:
        """Return the words before a command that run it at that end."""
        return ("nsenter", "--net", "--target", str(self._holders[end].pid), "--")

    def down(self, end: int) -> None:
        """Take the link down. That *end* sees that it has no way; the other one only hears nothing more."""
        self._ip(end, "link", "set", _DEVICES[end], "down")

    def up(self, end: int) -> None:
        """Take it up again."""
        self._ip(end, "link", "set", _DEVICES[end], "up")

    def close(self) -> None:
        """Remove both; the link goes with them."""
        for holder in self._holders:
            holder.kill()
            holder.wait()

    def _ip(self, end: int, *words: str) -> None:
        command: Sequence[str] = (*self.inside(end), "ip", *words)
        subprocess.run(command, check=True, capture_output=True, timeout=30)
