"""A supervisor's loop over descriptors: what tasks print is gathered, and nothing else waits."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from penstock.supervisor.poller import GATHER, Poller


class Pipes:
    """A poller over a task's output and the engine's line; ``heard`` is what was read, ``now`` the time."""

    def __init__(self) -> None:
        self.now = 100.0
        self.heard: list[str] = []
        self.poller = Poller()
        self.output, self.engine = os.pipe(), os.pipe()
        self.poller.watch(self.output[0], lambda: self._read("output", self.output[0]), patient=True)
        self.poller.watch(self.engine[0], lambda: self._read("engine", self.engine[0]))

    def _read(self, name: str, handle: int) -> int:
        size = len(os.read(handle, 1 << 16))
        self.heard.append(f"{name} {size}")
        return size

    def looks(self, seconds: float | None = None) -> list[str]:
        """Return what one turn hears."""
        self.heard.clear()
        self.poller.wait(seconds)
        return list(self.heard)


@pytest.fixture
def pipes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipes]:
    """Give pipes whose time stands still."""
    made = Pipes()
    monkeypatch.setattr(time, "monotonic", lambda: made.now)
    yield made
    for handle in (*made.output, *made.engine):
        made.poller.unwatch(handle)
        os.close(handle)


def test_what_is_printed_is_gathered_and_nothing_else_waits(pipes: Pipes) -> None:
    os.write(pipes.output[1], b"a")
    assert pipes.looks() == ["output 1"]
    os.write(pipes.output[1], b"bc")
    os.write(pipes.engine[1], b"x")
    assert pipes.looks() == ["engine 1"]
    assert pipes.looks(0.0) == []
    os.write(pipes.output[1], b"d")
    pipes.now += GATHER
    assert pipes.looks() == ["output 3"]


def test_a_wait_without_end_comes_to_what_was_gathered(pipes: Pipes) -> None:
    os.write(pipes.output[1], b"a")
    pipes.looks()
    os.write(pipes.output[1], b"b")
    assert pipes.looks(None) == ["output 1"]


def test_who_prints_much_is_not_kept_waiting(pipes: Pipes) -> None:
    for _ in range(3):
        os.write(pipes.output[1], b"x" * 20_000)
        assert pipes.looks() == ["output 20000"]
    os.write(pipes.output[1], b"x")
    assert pipes.looks() == ["output 1"]
    pipes.now += 1.0
    os.write(pipes.output[1], b"y")
    assert pipes.looks() == ["output 1"]
    os.write(pipes.output[1], b"z")
    assert pipes.looks(0.0) == []


def test_an_end_gathers_nothing(pipes: Pipes) -> None:
    silent = os.pipe()
    os.close(silent[1])
    pipes.poller.watch(silent[0], lambda: len(os.read(silent[0], 1)), patient=True)
    pipes.looks()
    pipes.poller.unwatch(silent[0])
    os.close(silent[0])
    os.write(pipes.output[1], b"a")
    assert pipes.looks(0.0) == ["output 1"]
