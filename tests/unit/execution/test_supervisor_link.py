"""One supervisor's connection: what it says is passed on, what it is told is one line, nonsense ends it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from typing import Any

import pytest

from penstock import process
from penstock.execution.local.supervisor_link import SupervisorLink


class Wire(asyncio.Transport):
    """The other end: what was written, and whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []
        self.ends: list[str] = []

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return name

    def write(self, data: Any) -> None:
        assert data.endswith(b"\n")
        self.lines.append(json.loads(data))

    def close(self) -> None:
        self.ends.append("close")

    def abort(self) -> None:
        self.ends.append("abort")


class Heard:
    """A listener that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def connected(self, link: SupervisorLink) -> None:
        self.told.append(("connected",))

    def greeted(self, link: SupervisorLink, ids: Sequence[str]) -> None:
        self.told.append(("greeted", link.pid, link.speaks, *ids))

    def moved(self, link: SupervisorLink, ids: Sequence[str], ended: Sequence[str]) -> None:
        self.told.append(("moved", list(ids), list(ended)))

    def unwritten(self, link: SupervisorLink, why: dict[str, str]) -> None:
        self.told.append(("unwritten", why))

    def left(self, link: SupervisorLink) -> None:
        self.told.append(("left",))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def link(heard: Heard, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> SupervisorLink:
    monkeypatch.setattr(process, "peer_uid", lambda _: os.getuid())
    made = SupervisorLink(heard)
    made.connection_made(wire)
    return made


def say(link: SupervisorLink, *messages: dict[str, Any]) -> None:
    """Let the supervisor say something, in pieces."""
    data = b"".join(json.dumps(each).encode() + b"\n" for each in messages)
    for piece in (data[:7], data[7:]):
        link.get_buffer(-1)[: len(piece)] = piece
        link.buffer_updated(len(piece))


def test_what_it_says_is_passed_on(link: SupervisorLink, heard: Heard, wire: Wire) -> None:
    say(link, {"op": "hello", "pid": 7, "ids": ["a", "b"], "speaks": 3})
    say(link, {"op": "moved", "ids": ["a", "b"], "ended": ["a"]}, {"op": "unknown", "ids": []})
    say(link, {"op": "held", "ids": ["b"], "why": {"b": "full", "c": "not asked for"}})
    assert heard.told == [
        ("connected",),
        ("greeted", 7, 3, "a", "b"),
        ("moved", ["a", "b"], ["a"]),
        ("unwritten", {"b": "full"}),
    ]
    assert (link.pid, link.ids, wire.ends) == (7, {"b"}, [])
    link.connection_lost(None)
    link.connection_lost(None)
    assert heard.told[4:] == [("left",)]


def test_one_that_does_not_say_what_it_speaks_speaks_the_first(link: SupervisorLink, heard: Heard) -> None:
    say(link, {"op": "hello", "pid": 7, "ids": []})
    assert heard.told[-1] == ("greeted", 7, 1)


async def test_what_it_is_told_is_one_line_each(link: SupervisorLink, wire: Wire) -> None:
    link.launch(["a"])
    link.asked_at = 0.0
    link.launch(["b", "c"])
    assert link.asked_at == 0.0, "the first launch without an answer counts"
    assert (link.ids, link.unheard) == ({"a", "b", "c"}, {"a", "b", "c"})
    say(link, {"op": "moved", "ids": ["a", "b", "c"], "ended": ["c"]})
    assert (link.ids, link.unheard) == ({"a", "b"}, set())
    link.launch(["d"])
    assert link.asked_at > 0
    link.stop("a")
    link.renew(["a", "b"])
    link.send_environment({"op": "entrust"})
    link.quit()
    assert link.leaving
    assert wire.lines == [
        {"op": "launch", "ids": ["a"]},
        {"op": "launch", "ids": ["b", "c"]},
        {"op": "launch", "ids": ["d"]},
        {"op": "stop", "id": "a"},
        {"op": "renew", "ids": ["a", "b"]},
        {"op": "entrust"},
        {"op": "quit"},
    ]
    link.close()
    assert wire.ends == ["close"]
    link.connection_lost(None)
    link.stop("nobody is there")
    link.close()
    assert (len(wire.lines), wire.ends) == (7, ["close"])


def test_one_that_is_silent_gets_no_work(link: SupervisorLink) -> None:
    link.silence = "it is stopped"
    assert not link.takes_work
    link.silence = None
    assert link.takes_work


@pytest.mark.parametrize(
    "line",
    [
        b"not JSON\n",
        b"[]\n",
        b"7\n",
        b"{}\n",
        b'{"op": "hello", "ids": []}\n',
        b'{"op": "moved", "ids": [1]}\n',
        b'{"op": "hello", "ids": 5, "pid": 7}\n',
        b'{"op": "held", "ids": ["a"], "why": {}}\n',
    ],
)
def test_nonsense_ends_the_connection(link: SupervisorLink, wire: Wire, heard: Heard, line: bytes) -> None:
    link.data_received(line)
    assert (wire.ends, heard.told) == (["abort"], [("connected",)])


def test_a_line_without_end_ends_the_connection(link: SupervisorLink, wire: Wire) -> None:
    link.data_received(b"x" * (1 << 20))
    before = list(wire.ends)
    link.data_received(b"x" * (1 << 20))
    assert (before, wire.ends) == ([], ["abort"])


def test_another_user_is_not_let_in(heard: Heard, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    link = SupervisorLink(heard)
    monkeypatch.setattr(process, "peer_uid", lambda _: os.getuid() + 1)
    link.connection_made(wire)
    link.connection_lost(None)
    assert (wire.ends, heard.told) == (["abort"], [])
    monkeypatch.setattr(process, "peer_uid", lambda _: None)  # the system does not say
    link.connection_made(wire)
    assert heard.told == [("connected",)]
