"""What engine and client say to each other, line by line, and what is no line of theirs."""

from __future__ import annotations

import msgspec
import pytest

from penstock.errors import RefusedError
from penstock.execution.dask import messages
from penstock.execution.remote import protocol
from penstock.execution.remote.protocol import (
    Drain,
    Hint,
    Observe,
    Scheduler,
    Seen,
    Stop,
    WorkerFacts,
    Workers,
)

FACTS = WorkerFacts(name="w", host="h", slots=2, used=1, state="ready", since=5.0)


@pytest.mark.parametrize(
    "request_",
    [
        Observe(id=3, ids=["a", "b"]),
        Stop(id=4, attempt="a", mode="kill", reason="enough"),
        Drain(id=5, worker="w"),
    ],
)
def test_a_request_is_read_as_it_was_written(request_: protocol.Request) -> None:
    line = protocol.line(request_)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert protocol.request_in(line) == request_


@pytest.mark.parametrize(
    "event",
    [
        Hint(ids=["a"]),
        Workers(workers=[FACTS]),
        Scheduler(connected=False, since=5.0, problem="refused"),
    ],
)
def test_an_event_is_read_as_it_was_written(event: msgspec.Struct) -> None:
    assert protocol.said_in(protocol.line(event)) == event


def test_an_answer_belongs_to_its_request() -> None:
    asked = Observe(id=3, ids=["a"])
    answer = protocol.ANSWERS[Observe](seen={"a": Seen(kind="absent")})
    said = protocol.said_in(protocol.reply(asked, answer))
    assert isinstance(said, protocol.Reply)
    assert (said.re, said.error) == (3, None)
    assert protocol.answer_in(said, asked) == answer
    refused = protocol.said_in(protocol.reply(asked, error="no such worker"))
    assert isinstance(refused, protocol.Reply)
    assert (refused.re, refused.error, bytes(refused.answer)) == (3, "no such worker", b"{}")


@pytest.mark.parametrize("line", [b"", b"not JSON\n", b"[]\n", b"{}\n", b'{"op": "unknown"}\n'])
def test_nonsense_is_refused(line: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        protocol.request_in(line)
    with pytest.raises(msgspec.MsgspecError):
        protocol.said_in(line)


def test_a_worker_answers_or_says_why_not() -> None:
    asked = Observe(id=3, ids=["a"])
    answer = protocol.ANSWERS[Observe](seen={"a": Seen(kind="absent")})
    assert messages.answer_in(messages.back(answer), asked) == answer
    with pytest.raises(RefusedError, match="it is draining"):
        messages.answer_in(messages.back(None, "it is draining"), asked)
