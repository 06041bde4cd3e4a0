"""When a version of a DAG file is kept for its tasks, and for how long."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator

import pytest

from penstock import forking
from penstock.task_process import kept_file
from penstock.task_process.kept_file import MOST, KeptFiles

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks are given over on Linux")


@pytest.fixture
def files() -> Iterator[KeptFiles]:
    found = KeptFiles()
    yield found
    for keeper in found._keepers.values():
        keeper.channel.close()


def message(number: int) -> bytes:
    return json.dumps({"file": f"{number}.py"}).encode()


def kept(files: KeptFiles, number: int, *, ready: bool = True) -> socket.socket:
    """Let somebody stand for that version, ready or still at it; return the other end."""
    ours, theirs = forking.channel()
    ours.setblocking(False)  # noqa: FBT003 - the standard library's own name for it
    keeper = kept_file._Keeper(number, ours)
    keeper.is_ready = ready
    files._keepers[message(number)] = keeper
    return theirs


def test_a_version_is_due_when_it_is_asked_for_a_second_time(files: KeptFiles) -> None:
    assert [files.is_due(message(1)) for _ in range(2)] == [False, True]
    assert not files.is_due(message(2))


def test_a_supervisor_of_before_names_no_version(files: KeptFiles) -> None:
    assert not any(files.is_due(b"f") for _ in range(5))


def test_a_version_that_is_kept_is_not_due_again(files: KeptFiles) -> None:
    kept(files, 1).close()
    assert not any(files.is_due(message(1)) for _ in range(5))


def test_who_has_ended_without_being_ready_is_not_started_again(
    files: KeptFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected: list[int] = []
    monkeypatch.setattr(os, "waitpid", lambda pid, _: collected.append(pid))
    theirs = kept(files, 77, ready=False)
    assert not files.hand_over(message(77), [])  # still at it
    assert collected == []
    theirs.close()
    assert not files.hand_over(message(77), [])
    assert collected == [77]
    assert not any(files.is_due(message(77)) for _ in range(5))


def test_who_was_used_least_lately_makes_room(files: KeptFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[int] = []
    monkeypatch.setattr(os, "waitpid", lambda pid, _: collected.append(pid))
    others = [kept(files, number) for number in range(MOST)]
    assert files.hand_over(message(0), [])
    files.is_due(message(99))
    assert files.is_due(message(99))
    assert collected == [1]
    assert message(0) in files._keepers
    for other in others:
        other.close()


def test_nobody_makes_room_before_it_is_ready(files: KeptFiles) -> None:
    for number in range(MOST):
        kept(files, number, ready=False).close()
    assert not any(files.is_due(message(99)) for _ in range(3))
    assert len(files._keepers) == MOST


def test_only_so_many_versions_are_counted(files: KeptFiles) -> None:
    files.is_due(message(0))
    for number in range(1, 65):
        files.is_due(message(number))
    assert not files.is_due(message(0)), "it was forgotten, and begins anew"
    assert files.is_due(message(64))
