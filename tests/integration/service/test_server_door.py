"""Who may come in at the engine's socket, and how it lies there."""

from __future__ import annotations

import json
import os
import socket
import stat
from pathlib import Path

import pytest

from drive.server import Peer, Running
from penstock.errors import (
    EngineAlreadyRunningError,
    EngineError,
    EngineNotRunningError,
)
from penstock.service import server as server_module


def test_socket_and_folder_are_the_owners_alone(running: Running) -> None:
    assert stat.S_IMODE(running.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(running.path.parent.stat().st_mode) == 0o700


def test_an_open_folder_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o755)
    folder.chmod(0o777)
    server_module.private_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EngineError, match="must be a folder of this user"):
        server_module.private_folder(tmp_path / "run")


def test_a_folder_of_someone_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(EngineError, match="must be a folder of this user"):
        server_module.private_folder(tmp_path)


def test_another_user_is_turned_away(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "peer_uid", lambda _: os.geteuid() + 4711)
    stranger = running.connect()
    assert stranger.hear()["error"] == {
        "kind": "EngineError",
        "message": "this engine belongs to another user",
    }
    assert stranger.is_cut()
    with pytest.raises(EngineError, match="belongs to another user"):
        running.engine().status()


def test_the_kernel_says_who_the_peer_is() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert server_module.peer_uid(ours) == os.geteuid()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")
def test_a_process_of_another_user_is_turned_away(running: Running) -> None:
    # Open the way to the socket, so that the check of the peer is all that is left.
    for folder in (running.path.parent, *running.path.parent.parents):
        if os.access(folder, os.W_OK) and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o111)
    running.path.chmod(0o666)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(65534)
            os.write(writer, json.dumps(Peer(running.path).hear()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as stream:
        assert "another user" in stream.read()


def test_a_second_engine_does_not_take_the_socket(running: Running) -> None:
    with pytest.raises(EngineAlreadyRunningError):
        server_module.clear_stale(running.path)
    running.connect().ping()


def test_a_dead_engines_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "engine.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))
    server_module.clear_stale(path)
    assert not path.exists()


def test_a_file_in_the_way_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "engine.sock"
    path.write_text("precious")
    with pytest.raises(EngineError, match="not a socket"):
        server_module.clear_stale(path)
    assert path.read_text() == "precious"


def test_the_socket_goes_with_the_server(running: Running) -> None:
    running.stop()
    assert not running.path.exists()
    with pytest.raises(EngineNotRunningError):
        running.engine().status()
