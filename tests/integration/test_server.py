"""The engine's socket against clients that are wrong, slow, hostile or gone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

import builders
from penstock.api.client import SocketEngine
from penstock.api.local import LocalEngine
from penstock.api.wire import MAX_REQUEST_BYTES
from penstock.errors import (
    EngineAlreadyRunningError,
    EngineError,
    EngineNotRunningError,
    ProtocolError,
    UnknownError,
)
from penstock.model import acts, views
from penstock.model.spec import ScheduleSpec
from penstock.service import connection as connection_module
from penstock.service import server as server_module
from penstock.service.notices import Notices
from penstock.settings import Settings
from penstock.store.database import Database
from serving import Served


class SlowActs:
    """Commits wait for a signal, as they wait for the engine's next tick."""

    warnings = ()

    def __init__(self) -> None:
        self.proceed = threading.Event()
        self.begun = threading.Event()

    def plan(self, act: acts.AnyAct) -> views.Plan:
        raise ZeroDivisionError("a fault of ours")

    def why(self, dag_id: str, run_id: str, task_id: str | None, map_index: int) -> views.Why:
        raise UnknownError(f"there is no run {run_id}")

    def commit(self, act: acts.AnyAct, *, expect: str | None, actor: str, act_id: str | None) -> views.Done:
        raise AssertionError("the server must not block")

    async def commit_async(
        self, act: acts.AnyAct, *, expect: str | None, actor: str, act_id: str | None
    ) -> views.Done:
        self.begun.set()
        while not self.proceed.is_set():  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(0.005)
        return views.Done(act=acts.act_name(act), message=actor, touched=1)


Client = TypeVar("Client", "Peer", SocketEngine)


class Running:
    """A server in a thread, with what stands behind it."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings, self.database = settings, database
        self.path = settings.socket
        self.acts = SlowActs()
        self.notices = Notices()
        self._local = LocalEngine(database, settings, self.acts)
        self._clients: list[Peer | SocketEngine] = []
        self.served = Served(self._local, self.notices, settings)
        self.start, self.stop = self.served.start, self.served.stop
        self.start()

    def connect(self) -> Peer:
        return self._kept(Peer(self.path))

    def engine(self, **options: float) -> SocketEngine:
        return self._kept(SocketEngine(self.path, **options))

    def _kept(self, client: Client) -> Client:
        self._clients.append(client)
        return client

    def end(self) -> None:
        self.stop()
        for client in self._clients:
            client.close()

    def settle(self, condition: Callable[[], bool], limit: float = 10.0) -> None:
        """Wait until *condition* holds."""
        until = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < until, "it did not come about"
            time.sleep(0.005)


class Peer:
    """A client that says what a test wants it to say."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        self._stream = self.socket.makefile("rb")

    def say(self, data: bytes | dict[str, Any]) -> None:
        self.socket.sendall(data if isinstance(data, bytes) else json.dumps(data).encode() + b"\n")

    def hear(self) -> dict[str, Any]:
        line = self._stream.readline()
        assert line, "the server closed the connection"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def is_cut(self) -> bool:
        try:
            return self._stream.readline() == b""
        except ConnectionError:
            return True

    def ping(self, number: int = 1) -> None:
        self.say({"id": number, "method": "ping"})
        assert self.hear() == {"id": number, "result": True}

    def close(self) -> None:
        self._stream.close()
        self.socket.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    settings = Settings(home=tmp_path, dags_folder=tmp_path / "dags")
    database = Database.open(settings.database)
    builders.add_dag(database, builders.dag("etl", builders.task("only")))
    server = Running(settings, database)
    yield server
    server.end()
    database.close()


@pytest.fixture
def peer(running: Running) -> Peer:
    return running.connect()


# -- who may come in, and how the socket lies there -----------------------------------------------


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


# -- what clients say -----------------------------------------------------------------------------


def test_answers_carry_the_number_of_the_question_in_order(peer: Peer) -> None:
    peer.say(b"".join(b'{"id": %d, "method": "ping"}\n' % number for number in range(200)))
    assert [peer.hear()["id"] for _ in range(200)] == list(range(200))


def test_hello_names_the_version_and_refuses_another(peer: Peer) -> None:
    peer.say({"id": 1, "method": "hello", "params": {"version": 1}})
    assert peer.hear()["result"]["pid"] == os.getpid()
    peer.say({"id": 2, "method": "hello", "params": {"version": 2}})
    assert "restart the engine" in peer.hear()["error"]["message"]


def test_a_client_of_another_version_says_so(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(version: int) -> None:
        raise ProtocolError(f"speaks {version + 1}")

    monkeypatch.setattr(connection_module, "_hello", refuse)
    with pytest.raises(ProtocolError, match="speaks 2"):
        running.engine().connect()


def test_an_error_leaves_the_connection_usable(peer: Peer) -> None:
    for said, kind in (
        (b"garbage\n", "ProtocolError"),
        (b'{"id": 3, "method": "no_such"}\n', "ProtocolError"),
        (b'{"id": 3, "method": "dag", "params": {"dag_id": "x"}}\n', "UnknownError"),
        (b'{"id": 3, "method": "dag", "params": {"dag": "x"}}\n', "ProtocolError"),
        (
            b'{"id": 3, "method": "plan", "params": {"act": {"act": "freeze", "dag_id": "x"}}}\n',
            "EngineError",
        ),
    ):
        peer.say(said)
        assert peer.hear()["error"]["kind"] == kind
    cases: list[tuple[dict[str, Any], str | None]] = [
        ({"dag_id": "etl", "before": "2026-01-01T00:00:00"}, "UsageError"),
        ({"dag_id": "etl", "limit": 10**30}, None),
        ({"dag_id": "etl", "limit": -(10**30)}, None),
    ]
    for params, expected in cases:
        peer.say({"id": 4, "method": "runs", "params": params})
        assert peer.hear().get("error", {}).get("kind") == expected
    peer.say({"id": 4, "method": "backfill", "params": {"backfill_id": 10**30}})
    assert "out of range" in peer.hear()["error"]["message"]
    peer.say(b"\n  \n")
    peer.ping()


def test_no_question_keeps_the_engine_long(running: Running, peer: Peer) -> None:
    builders.add_dag(
        running.database,
        builders.dag("often", schedule=ScheduleSpec(kind="delta", seconds=1.0)),
    )
    peer.say({"id": 1, "method": "next_points", "params": {"dag_id": "often", "count": 10**12}})
    assert 0 < len(peer.hear()["result"]) <= 1000


def test_a_fault_of_ours_is_told_and_logged(peer: Peer, caplog: pytest.LogCaptureFixture) -> None:
    peer.say({"id": 5, "method": "plan", "params": {"act": {"act": "freeze", "dag_id": "x"}}})
    assert peer.hear() == {
        "id": 5,
        "error": {"kind": "EngineError", "message": "internal error: ZeroDivisionError: a fault of ours"},
    }
    assert "a request failed" in caplog.text


def test_a_line_that_is_too_long_is_skipped(peer: Peer) -> None:
    peer.say(b"x" * (3 * MAX_REQUEST_BYTES) + b"\n")
    answer = peer.hear()
    assert (answer["id"], answer["error"]["kind"]) == (None, "ProtocolError")
    assert "longer than" in answer["error"]["message"]
    peer.ping()


def test_a_line_of_exactly_the_limit_is_read(peer: Peer) -> None:
    for size, fits in ((MAX_REQUEST_BYTES, True), (MAX_REQUEST_BYTES + 1, False)):
        line = b'{"id": 1, "method": "ping"}'
        peer.say(line + b" " * (size - len(line)) + b"\n")
        assert ("result" in peer.hear()) is fits


def test_half_a_line_and_gone_harms_nobody(running: Running, peer: Peer) -> None:
    for _ in range(20):
        gone = running.connect()
        gone.say(b'{"id": 1, "meth')
        gone.close()
    peer.ping()


def test_a_question_before_hanging_up_is_answered(peer: Peer) -> None:
    peer.say({"id": 1, "method": "ping"})
    peer.socket.shutdown(socket.SHUT_WR)
    assert peer.hear()["result"] is True
    assert peer.is_cut()


def test_letter_by_letter_is_fine_and_blocks_nobody(running: Running, peer: Peer) -> None:
    slow = running.connect()
    for letter in b'{"id": 1, "method": "ping"}':
        slow.say(bytes([letter]))
        peer.ping()
    slow.say(b"\n")
    assert slow.hear()["result"] is True


def test_a_line_that_never_ends_in_time_is_cut(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "LINE_TIMEOUT", 0.05)
    dawdler = running.connect()
    dawdler.say(b'{"id": 1,')
    assert "took longer" in dawdler.hear()["error"]["message"]
    assert dawdler.is_cut()


def test_an_idle_client_is_left_alone(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "LINE_TIMEOUT", 0.02)
    idle = running.connect()
    idle.ping()
    clock = running.connect()
    for _ in range(10):  # ten of the limits pass
        clock.say(b"{")
        assert "took longer" in clock.hear()["error"]["message"]
        clock.close()
        clock = running.connect()
    idle.ping()
    for connection in (idle, clock):
        connection.close()


def test_a_client_that_does_not_read_is_not_served_on(running: Running, peer: Peer) -> None:
    deaf = running.connect()
    deaf.socket.settimeout(0)
    question = b'{"id": 1, "method": "dag", "params": {"dag_id": "etl"}}\n' * 100
    sent = 0
    with contextlib.suppress(BlockingIOError):
        while sent < 64 << 20:
            sent += deaf.socket.send(question)
            peer.ping()
    assert sent < 64 << 20, "the server swallowed without limit"
    peer.ping()


def test_only_so_many_may_be_connected(running: Running) -> None:
    crowd = [running.connect() for _ in range(server_module.MAX_CONNECTIONS)]
    for connected in crowd:
        connected.ping()
    late = running.connect()
    assert "open already" in late.hear()["error"]["message"]
    assert late.is_cut()
    crowd.pop().close()

    def room() -> bool:
        newcomer = running.connect()
        newcomer.say({"id": 1, "method": "ping"})
        answer = newcomer.hear()
        newcomer.close()
        return "result" in answer

    running.settle(room)
    for connected in crowd:
        connected.close()


def test_noise_of_all_kinds(running: Running, peer: Peer) -> None:
    """Random bytes, broken JSON and requests cut and glued at random places."""
    chance = random.Random(20_260_301)
    good = [
        b'{"id": 1, "method": "status"}',
        b'{"id": 2, "method": "runs", "params": {"dag_id": "etl", "limit": -5}}',
        b'{"id": 3, "method": "read_log", "params": {"attempt_id": "../../x", "offset": 0, "limit": 9}}',
        b'{"id": 4, "method": "hello", "params": {"version": 1}}',
    ]
    for _ in range(150):
        noisy = running.connect()
        with contextlib.suppress(OSError):
            for _ in range(chance.randrange(1, 8)):
                line = bytearray(chance.choice(good))
                for _ in range(chance.randrange(0, 6)):
                    place = chance.randrange(len(line))
                    match chance.randrange(3):
                        case 0:
                            line[place] = chance.randrange(256)
                        case 1:
                            del line[place:]
                            line += b"{"
                        case _:
                            line[place:place] = chance.randbytes(chance.randrange(1, 40))
                noisy.say(bytes(line) + b"\n" * chance.randrange(2))
        noisy.close()
    peer.ping()
    running.settle(lambda: len(running.served.server._connections) == 1)


# -- acts and notices -----------------------------------------------------------------------------


def test_a_commit_that_waits_holds_up_only_its_own_client(running: Running, peer: Peer) -> None:
    waiting = running.connect()
    waiting.say(
        {"id": 1, "method": "commit", "params": {"act": {"act": "freeze", "dag_id": "etl"}, "actor": "ann"}}
    )
    assert running.acts.begun.wait(10)
    peer.ping()
    running.acts.proceed.set()
    assert waiting.hear()["result"]["message"] == "ann"


def test_listeners_are_told_and_forgotten_when_they_go(running: Running) -> None:
    listeners = [running.connect() for _ in range(3)]
    for listener in listeners:
        listener.say({"id": 1, "method": "changes"})
        assert listener.hear()["change"]["all"] is True
    change = views.Change(cursor=5, dags=("etl",), runs=(("etl", "r"),))
    running.served.soon(running.notices.publish, change)
    for listener in listeners:
        assert listener.hear()["change"] == {
            "cursor": 5,
            "dags": ["etl"],
            "runs": [["etl", "r"]],
            "all": False,
        }
        listener.close()
    running.settle(lambda: len(running.notices) == 0)


def test_a_listener_that_does_not_read_costs_one_notice(running: Running, peer: Peer) -> None:
    deaf = running.connect()
    deaf.say({"id": 1, "method": "changes"})
    running.settle(lambda: len(running.notices) == 1)
    name = "x" * 200
    for number in range(5000):
        change = views.Change(
            cursor=number, dags=(name,), runs=tuple((name, f"{number}-{k}") for k in range(20))
        )
        running.served.soon(running.notices.publish, change)
    peer.ping()
    while (heard := deaf.hear()["change"])["cursor"] < 4999:
        assert len(heard["runs"]) <= 200


def test_changes_end_with_the_engine(running: Running) -> None:
    engine = running.engine()
    changes = engine.changes()
    next(changes)
    running.stop()
    with pytest.raises(EngineNotRunningError):
        next(changes)


# -- the client when engines come and go ----------------------------------------------------------


def test_reads_go_on_after_a_restart(running: Running) -> None:
    engine = running.engine()
    assert engine.dag("etl").dag.dag_id == "etl"
    running.stop()
    running.start()
    assert engine.dag("etl").dag.dag_id == "etl"


def test_a_commit_goes_to_the_restarted_engine_when_nothing_had_left(running: Running) -> None:
    engine = running.engine()
    engine.status()
    running.stop()
    running.start()
    running.acts.proceed.set()
    assert engine.commit(acts.Freeze(dag_id="etl"), actor="ann").message == "ann"


def test_a_commit_cut_off_is_not_sent_again(running: Running) -> None:
    engine = running.engine()
    problems: list[BaseException] = []

    def commit() -> None:
        try:
            engine.commit(acts.Freeze(dag_id="etl"))
        except EngineNotRunningError as error:
            problems.append(error)

    thread = threading.Thread(target=commit)
    thread.start()
    assert running.acts.begun.wait(10)
    running.acts.begun.clear()
    running.stop()
    running.start()
    thread.join(10)
    assert "while it carried out the act" in str(problems[0])
    engine.status()
    assert not running.acts.begun.is_set()


def test_an_engine_that_does_not_answer_is_given_up(running: Running) -> None:
    engine = running.engine(call_timeout=0.2)
    with pytest.raises(EngineNotRunningError, match="did not answer within"):
        engine.commit(acts.Freeze(dag_id="etl"))
    running.acts.proceed.set()
    assert engine.status().dags == 1, "the late answer was taken for this one"


def test_a_closed_client_stays_closed(running: Running) -> None:
    engine = running.engine()
    engine.status()
    engine.close()
    with pytest.raises(EngineNotRunningError, match="closed"):
        engine.status()
