"""The engine's socket against clients that are wrong, slow, hostile or gone."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import socket
import threading
from typing import Any

import pytest

from data import builders
from drive.server import Peer, Running
from penstock.api.wire import MAX_REQUEST_BYTES
from penstock.errors import (
    EngineNotRunningError,
    ProtocolError,
)
from penstock.model import acts
from penstock.model.spec import ScheduleSpec
from penstock.model.views.events import Change
from penstock.service import connection as connection_module
from penstock.service.connection import Connection


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


def test_a_fault_of_ours_is_told_and_logged(
    peer: Peer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = logging.getLogger("a fault of ours")  # whatever other tests of this process did to the server's
    caplog.set_level(logging.ERROR, own.name)
    monkeypatch.setattr(connection_module, "log", own)
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


def sole(running: Running) -> Connection:
    """Return the server's side of the only client."""
    [connection] = running.served.server._connections
    return connection


def unsent(running: Running, connection: Connection) -> tuple[int, int]:
    """Return the bytes that the server itself keeps for a client, and how many of its questions wait."""
    found: list[tuple[int, int]] = []
    looked = threading.Event()

    def look() -> None:
        found.append((connection._transport.get_write_buffer_size(), len(connection._waiting)))
        looked.set()

    running.served.soon(look)
    assert looked.wait(10)
    return found[0]


def test_a_client_that_does_not_read_is_not_served_on(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its questions wait while its answers do: what the server keeps for it is one mark and one answer."""
    monkeypatch.setattr(connection_module, "_WRITE_HIGH_WATER", 50_000)
    deaf = running.connect()
    deaf.ping()
    deaf.say({"id": 0, "method": "dag", "params": {"dag_id": "etl"}})
    answer, its = len(json.dumps(deaf.hear())), sole(running)

    def ask() -> bool:
        """Ask on until the kernel takes no more answers, the server keeps some and questions wait."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(50):
                deaf.socket.send(b'{"id": 1, "method": "dag", "params": {"dag_id": "etl"}}\n')
        kept, waiting = unsent(running, its)
        return kept >= 50_000 and waiting > 0

    deaf.socket.settimeout(0)
    running.settle(ask)
    peer = running.connect()
    for _ in range(50):
        peer.ping()
        kept, waiting = unsent(running, its)
        assert 50_000 <= kept < 50_000 + 2 * answer, "nothing more is worked out for it"
        assert waiting > 0
    deaf.socket.settimeout(10)
    while unsent(running, its)[1]:
        assert deaf.hear()["result"]["dag"]["dag_id"] == "etl"


def test_a_newcomer_takes_the_place_of_who_was_idle_longest(running: Running) -> None:
    running.served.server.most = 4
    engines = [running.engine() for _ in range(3)]
    for engine in engines:
        assert engine.status().pid == os.getpid()
    listening = running.connect()
    listening.say({"id": 1, "method": "changes", "params": {"heartbeat": 0.05}})
    assert "change" in listening.hear()
    for _ in range(3):
        running.engine().status()
    assert "change" in listening.hear(), "who listens is never cut"
    for engine in engines:
        assert engine.status().pid == os.getpid(), "who was cut connects again"


def test_a_place_is_refused_only_while_everybody_is_being_answered(running: Running) -> None:
    running.served.server.most = 2
    busy = [running.connect() for _ in range(2)]
    for connected in busy:
        connected.say(b'{"id": 1, "method": "pi')  # a question that has begun
    begun = running.served.server._connections
    running.settle(lambda: len(begun) == 2 and not any(each.idle for each in begun))

    def refused() -> bool:
        late = running.connect()
        late.say({"id": 1, "method": "ping"})
        answer = late.hear()
        return "open already" in answer.get("error", {}).get("message", "")

    assert refused()
    for connected in busy:
        connected.say(b'ng"}\n')
        assert connected.hear()["result"] is True


def test_consoles_leave_room_for_commands(running: Running) -> None:
    running.served.server.most = 6
    for _ in range(3):
        console = running.connect()
        console.say({"id": 1, "method": "changes", "params": {"heartbeat": 0.05}})
        assert "change" in console.hear()
    late = running.connect()
    late.say({"id": 1, "method": "changes", "params": {"heartbeat": 0.05}})
    assert "3 consoles are attached already" in late.hear()["error"]["message"]
    late.ping()
    for _ in range(10):
        assert running.engine().status().pid == os.getpid()


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
    change = Change(cursor=5, dags=("etl",), runs=(("etl", "r"),))
    running.served.soon(running.notices.publish, change)
    for listener in listeners:
        assert listener.hear()["change"] == {
            "cursor": 5,
            "dags": ["etl"],
            "runs": [["etl", "r"]],
            "all": False,
            "bells": [],
        }
        listener.close()
    running.settle(lambda: len(running.notices) == 0)


def test_a_listener_that_does_not_read_costs_one_notice(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What moves while it does not read is told as one: the server keeps one mark and one notice for it."""
    monkeypatch.setattr(connection_module, "_WRITE_HIGH_WATER", 50_000)
    deaf = running.connect()
    deaf.say({"id": 1, "method": "changes"})
    running.settle(lambda: len(running.notices) == 1)
    its, name, number = sole(running), "x" * 200, 0

    def publish() -> bool:
        nonlocal number
        for _ in range(100):
            number += 1
            runs = tuple((name, f"{number}-{k}") for k in range(20))
            running.served.soon(running.notices.publish, Change(cursor=number, dags=(name,), runs=runs))
        return unsent(running, its)[0] >= 50_000

    running.settle(publish)
    kept, peer = unsent(running, its)[0], running.connect()
    for _ in range(20):
        publish()
        peer.ping()
        assert unsent(running, its)[0] == kept, "nothing more is sent"
    while (heard := deaf.hear()["change"])["cursor"] < number:
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
