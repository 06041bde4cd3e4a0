"""The Engine port over a bridge and a real sshd: as at home, also when things go; what a bridge cannot do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from drive.far_hosts import Far
from drive.waiting import wait_for
from penstock.api.engine import Engine
from penstock.api.questions import question
from penstock.errors import (
    EngineNotRunningError,
    HostError,
    HostLostError,
    PenstockError,
    ProtocolError,
    UnknownError,
)
from penstock.model import acts
from penstock.ssh.far_engine import FarEngine
from penstock.ssh.hosts import Host
from penstock.ssh.line import Line


def bridge(home: Path, *requests: dict[str, Any] | str) -> list[dict[str, Any]]:
    """Return what a bridge on this machine answers to *requests*, sent at once."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in requests]
    done = subprocess.run(
        [sys.executable, "-m", "penstock", "--home", str(home), "bridge"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_it_speaks_the_wire_of_the_engine(far: Far) -> None:
    answers = bridge(
        far.home,
        {"id": 1, "method": "hello", "params": {"version": 1}},
        {"id": 2, "method": "status"},
        {"id": 3, "method": "dag", "params": {"dag_id": "etl"}},
        {"id": 4, "method": "dag", "params": {"dag_id": "none"}},
        {"id": 5, "method": "nonsense"},
    )
    hello, status, dag, wrong, unknown = sorted(answers, key=lambda each: int(each["id"]))
    assert hello["result"]["version"] == 1
    assert status["result"]["home"] == str(far.home)
    assert status["result"]["pid"] == far.instance.pid
    assert dag["result"]["dag"]["dag_id"] == "etl"
    kinds = {each["id"]: each["error"]["kind"] for each in (wrong, unknown)}
    assert kinds == {4: "UnknownError", 5: "ProtocolError"}


def test_without_an_engine_the_store_answers_and_nothing_acts(far: Far) -> None:
    trigger = {"act": {"act": "trigger", "dag_id": "asleep"}}
    answers = bridge(
        far.quiet,
        {"id": 1, "method": "status"},
        {"id": 2, "method": "dags"},
        {"id": 3, "method": "commit", "params": trigger},
        {"id": 4, "method": "changes", "params": {"heartbeat": 1}},
    )
    found = {each["id"]: each for each in answers}
    assert found[1]["result"]["pid"] is None
    assert [row["dag_id"] for row in found[2]["result"]] == ["asleep"]
    assert found[3]["error"]["kind"] == found[4]["error"]["kind"] == "EngineNotRunningError"


def test_a_line_that_is_not_a_request_ends_nothing(far: Far) -> None:
    first, second = bridge(far.home, "not json", {"id": 2, "method": "ping"})
    assert first["error"]["kind"] == "ProtocolError"
    assert second == {"id": 2, "result": True}


@pytest.fixture
def line(far: Far) -> Iterator[Line]:
    found = Line(Host(name="far", ssh="far", home=str(far.home)))
    yield found
    found.close()


def test_it_answers_as_at_home(far: Far, line: Line) -> None:
    there = line.connect()
    with far.instance.client() as here:
        for _ in range(2):  # whole, and as a change
            assert there.dags(strip=24) == here.dags(strip=24)
        assert there.dag("etl") == here.dag("etl")
        assert there.status().pid == here.status().pid
        plan = there.plan(acts.Trigger(dag_id="etl"))
        assert plan.cli.startswith("penstock --host far trigger etl")
        assert [each.refused is None for each in there.plans([acts.Trigger(dag_id="etl")])] == [True]
        with pytest.raises(UnknownError):
            there.dag("none")
        first = there.commit(acts.Trigger(dag_id="etl"), actor="ada", act_id="once")
        assert there.commit(acts.Trigger(dag_id="etl"), actor="ada", act_id="once") == first
        assert (
            sum(each.actor == "ada" for each in here.events(dag_id="etl") if each.kind == "act_trigger") == 1
        )
        changes = there.changes()
        assert next(changes).all
        done = there.commit(acts.Trigger(dag_id="etl"), actor="ada")
        assert ("etl", done.run_id) in next(change for change in changes if change.runs).runs


def test_a_cut_is_said_and_the_next_connection_is_another(far: Far, line: Line) -> None:
    engine = line.connect()
    changes = engine.changes()
    next(changes)
    far.sshd.cut()
    with pytest.raises(HostLostError, match="the connection to far is lost"):
        for _ in changes:
            pass
    with pytest.raises(HostLostError):
        engine.commit(acts.Trigger(dag_id="etl"), act_id="lost")
    with pytest.raises(HostLostError):
        line.standing()
    again = line.connect()
    assert again is not engine
    assert again.status().pid == far.instance.pid
    assert line.standing() is again


def test_an_engine_that_goes_and_comes_back_behind_one_connection(far: Far, line: Line) -> None:
    engine = line.connect()
    changes = engine.changes()
    next(changes)
    far.instance.stop()
    with pytest.raises(EngineNotRunningError) as gone:
        for _ in changes:
            pass
    assert not isinstance(gone.value, HostLostError)
    assert engine.status().pid is None
    assert [row.dag_id for row in engine.dags()] == ["etl", "fails", "waits"]
    with pytest.raises(EngineNotRunningError):
        engine.commit(acts.Trigger(dag_id="etl"))
    assert line.connect() is engine
    far.instance.start()
    assert next(engine.changes()).all
    assert engine.status().pid == far.instance.pid


REFUSAL = "penstock 9.0 on far speaks version 2 of the protocol, yours 1: update the one that asks"
ANSWER = json.dumps({"id": 0, "error": {"kind": "ProtocolError", "message": REFUSAL}})
PROGRAMS: dict[str, tuple[str, type[PenstockError], str]] = {
    "older": (
        "echo \"penstock: command 'bridge' does not exist\" >&2; exit 2",
        HostError,
        "update it there",
    ),
    "newer": (f"read line; echo '{ANSWER}'; cat >/dev/null", ProtocolError, "update the one that asks"),
    "broken": ('echo "No module named msgspec" >&2; exit 1', HostError, "No module named msgspec"),
}


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_a_bridge_that_does_not_fit(far: Far, tmp_path: Path, name: str) -> None:
    script, error, says = PROGRAMS[name]
    program = tmp_path / "penstock"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    with pytest.raises(error, match=says) as refused:
        Line(Host(name="far", ssh="far", program=str(program))).connect()
    assert "far" in refused.value.message


def test_a_question_that_the_other_version_does_not_know(line: Line) -> None:
    engine = cast("FarEngine", line.connect())
    old = question("hosts")._replace(name="not_yet")
    with pytest.raises(ProtocolError, match="on far cannot do this: method 'not_yet' does not exist"):
        engine._ask(old)


def test_a_login_shell_that_talks_does_no_harm(far: Far, tmp_path: Path) -> None:
    program = tmp_path / "penstock"
    real = f"{sys.executable} -m penstock"
    program.write_text(f'#!/bin/sh\necho "Welcome to far!"\necho \'{{"not": "ours"}}\'\nexec {real} "$@"\n')
    program.chmod(0o755)
    talking = Line(Host(name="far", ssh="far", home=str(far.home), program=str(program)))
    try:
        engine: Engine = talking.connect()
        assert engine.status().pid == far.instance.pid
    finally:
        talking.close()


def test_a_connection_that_the_user_keeps_open_is_used(far: Far) -> None:
    """Then no key is needed: with a second factor there is no other way."""
    socket = far.sshd.folder / "own"
    ssh = str(far.sshd.folder / "bin" / "ssh")
    master = subprocess.Popen([ssh, "-M", "-N", "-S", str(socket), "far"], stdin=subprocess.DEVNULL)
    own = Line(Host(name="far", ssh="far", home=str(far.home)))
    try:
        wait_for(socket.exists, 20, "the user's connection does not come")
        far.sshd.configure("other_key", f"ControlPath {socket}")
        assert own.connect().status().pid == far.instance.pid
        own.close()
        assert socket.exists()
    except PenstockError as error:
        raise AssertionError(error.message) from error
    finally:
        own.close()
        far.sshd.configure()
        master.terminate()
        master.wait()
