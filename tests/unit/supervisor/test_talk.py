"""The supervisor's end of a task's channel: each question gets its own answer, and nonsense gets none."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from penstock.supervisor import talk as talk_module
from penstock.supervisor.environment import EngineEnvironment
from penstock.supervisor.poller import Poller
from penstock.supervisor.talk import Talk


class Task:
    """A task's end of a channel, and what the supervisor heard over it."""

    def __init__(self) -> None:
        environment = EngineEnvironment()
        environment.take(
            {"environ": {"P": "secret", "REGION": "eu"}, "passed": [], "shown": ["REGION"], "hidden": []}
        )
        self.heard: list[tuple[object, ...]] = []
        self.talk = Talk(
            Poller(),
            environment,
            lambda values: self.heard.append(("hide", *values)),
            lambda name, data: self.heard.append(("left", name, data)),
            lambda ids: self.heard.append(("moved", *ids)),
        )
        self.channel = socket.socket(fileno=os.dup(self.talk.number))

    def say(self, line: bytes, *, asks: bool = False) -> bytes | None:
        """Send a line, let the supervisor read it, and return the answer if a descriptor went with it."""
        if not asks:
            self.channel.sendall(line)
            self.talk.pump()
            return None
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                socket.send_fds(self.channel, [line], [theirs.fileno()])
            self.talk.drain()
            ours.setblocking(False)  # noqa: FBT003
            try:
                return ours.recv(100)
            except BlockingIOError:
                return None


@pytest.fixture
def task() -> Iterator[Task]:
    task = Task()
    yield task
    task.talk.close()
    task.channel.close()


@pytest.mark.parametrize(
    ("line", "answer", "heard"),
    [
        (b'{"ask": ["NONE", "P"]}\n', b"*secret", [("hide", "secret")]),
        (b'{"ask": ["REGION", "P"]}\n', b"+eu", []),
        (b'{"ask": ["NONE"]}\n', b"-", []),
        (b'{"ask": [1]}\n', b"-", []),
        (b'{"hide": ["a", 5]}\n', b"+", [("hide", "a", "5")]),
    ],
)
def test_a_question_is_answered_on_its_own_descriptor(
    task: Task, line: bytes, answer: bytes, heard: list[tuple[object, ...]]
) -> None:
    assert task.say(line, asks=True) == answer
    assert task.heard == heard
    assert task.say(line, asks=True) == answer


@pytest.mark.parametrize(
    ("line", "heard"),
    [
        (b'{"left": "xcom", "data": "{}"}\n', [("left", "xcom", "{}")]),
        (b'{"left": "xcom"}\n', []),
        (b'{"moved": ["a", "b"]}\n{"moved": ["c"]}\n', [("moved", "a", "b"), ("moved", "c")]),
        (b'{"moved": 5}\n{"moved": ["c"]}\n', [("moved", "c")]),
        (b'{"ask": ["P"]}\n', [("hide", "secret")]),  # nobody waits for the answer
        (b'not JSON\n[1]\n7\n{"other": 1}\n{"moved": ["c"]}\n', [("moved", "c")]),
        (b'{"moved": ["half', []),
    ],
)
def test_what_needs_no_answer_is_heard_and_nonsense_is_passed_over(
    task: Task, line: bytes, heard: list[tuple[object, ...]]
) -> None:
    task.say(line)
    assert task.heard == heard
    task.say(b'"]}\n{"moved": ["last"]}\n')
    assert task.heard[-1] == ("moved", "last")


def test_an_asker_that_has_gone_harms_nobody(task: Task) -> None:
    ours, theirs = socket.socketpair()
    socket.send_fds(task.channel, [b'{"ask": ["REGION"]}\n'], [theirs.fileno()])
    ours.close()
    theirs.close()
    assert task.talk.pump()
    assert task.say(b'{"ask": ["REGION"]}\n', asks=True) == b"+eu"


def test_a_message_without_end_closes_the_channel(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk_module, "_MOST_BYTES", 10)
    task.say(b"x" * 10)
    assert task.talk.pump() is False
    task.say(b"x")
    with pytest.raises(BrokenPipeError):
        task.say(b"x")
    assert task.talk.pump() is False
    task.talk.close()
