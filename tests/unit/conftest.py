"""A unit test starts no process and opens no network socket: those that do belong to `tests/integration`."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from typing import Any

import croniter  # noqa: F401 - asks the command `file` about this Python when it is first imported
import pytest

_STARTS = frozenset(
    {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.startfile", "os.system", "subprocess.Popen"}
)
_OPENS = frozenset({"socket.bind", "socket.connect"})
_NETWORK = frozenset({socket.AF_INET, socket.AF_INET6})
_found: list[str] | None = None
"""What the running test did of it; None between tests."""


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if _found is None or not (
        event in _STARTS or (event in _OPENS and getattr(arguments[0], "family", None) in _NETWORK)
    ):
        return
    _found.append(f"{event}: {(arguments[1:2] or arguments)[0]!r}"[:200])
    raise AssertionError(f"a unit test may not do this: {_found[-1]}")


sys.addaudithook(_look)


@pytest.fixture(autouse=True)
def _nothing_is_started() -> Iterator[None]:
    """Refuse it where it happens, and fail the test also when the code under test went on."""
    global _found  # noqa: PLW0603 - an audit hook can be neither removed nor given anything
    seen: list[str] = []
    _found = seen
    yield
    _found = None
    assert seen == [], "start processes and open sockets in tests/integration"
