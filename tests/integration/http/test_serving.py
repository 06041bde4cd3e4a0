"""`penstock api serve` as a process: beside an engine, with it, and without one."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drive.instance import Instance, processes
from drive.waiting import wait_for

DAG = """
from penstock import DAG, BashOperator
with DAG("hello", schedule=None):
    BashOperator(task_id="say", bash_command="echo hello")
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    made = Instance(tmp_path / "home", '[http]\nlisten = "unix:run/http.sock"\n')
    yield made
    made.close()


class Unix(http.client.HTTPConnection):
    """A connection over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(self._path))


def ask(home: Path, path: str, secret: str, body: object = None) -> tuple[int, Any]:
    connection = Unix(home / "run" / "http.sock")
    try:
        method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        connection.request(method, f"/api/v2/{path}", data, headers)
        got = connection.getresponse()
        return got.status, json.loads(got.read())
    finally:
        connection.close()


def token(home: Path, *options: str) -> str:
    command = [sys.executable, "-P", "-m", "penstock", "api", "token", "create", "ann", *options]
    done = subprocess.run(
        command, env={**os.environ, "PENSTOCK_HOME": str(home)}, check=True, capture_output=True, text=True
    )
    [secret] = done.stdout.split()
    return secret


def answers(home: Path, secret: str) -> bool:
    try:
        return ask(home, "version", secret)[0] == 200
    except OSError:
        return False


def servers(home: Path) -> list[int]:
    return [pid for pid, words in processes() if "api serve --with-parent" in words and str(home) in words]


def priority(pid: int) -> int:
    """Return a process's nice value: the higher, the later it gets the processor."""
    return os.getpriority(os.PRIO_PROCESS, pid)


def test_the_engine_starts_and_ends_the_server_and_events_name_the_token(instance: Instance) -> None:
    instance.write_dag("hello", DAG)
    secret = token(instance.home)
    instance.start()
    wait_for(lambda: answers(instance.home, secret), 60, "the server does not answer")
    status, run = ask(instance.home, "dags/hello/dagRuns", secret, {"logical_date": None})
    assert (status, run["triggering_user_name"], run["triggered_by"]) == (200, "ann", "rest_api")
    [pid] = servers(instance.home)
    assert priority(pid) > priority(instance.pid), "many requests would slow the engine"
    os.kill(pid, signal.SIGKILL)
    with instance.client() as engine:
        wait_for(
            lambda: any("the HTTP API failed" in text for text in engine.status().warnings),
            30,
            "the engine does not say that its server has ended",
        )
        created = [row for row in engine.events(dag_id="hello") if row.actor == "ann"]
        assert created
    instance.stop()
    wait_for(lambda: not servers(instance.home), 30, "the server outlives the engine")


def test_the_server_ends_with_an_engine_that_is_killed(instance: Instance) -> None:
    secret = token(instance.home)
    instance.start()
    wait_for(lambda: answers(instance.home, secret), 60, "the server does not answer")
    instance.kill()
    wait_for(lambda: not servers(instance.home), 30, "the server outlives the engine")


def test_without_an_engine_everything_can_be_looked_at_and_nothing_done(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "home")
    instance.write_dag("hello", DAG)
    secret = token(instance.home)
    instance.start()
    instance.stop()
    server = subprocess.Popen(
        [sys.executable, "-P", "-m", "penstock", "api", "serve", "--listen", "unix:run/http.sock"],
        env={**os.environ, "PENSTOCK_HOME": str(instance.home)},
        cwd=instance.home,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: answers(instance.home, secret), 60, "the server does not answer")
        assert [dag["dag_id"] for dag in ask(instance.home, "dags", secret)[1]["dags"]] == ["hello"]
        assert ask(instance.home, "monitor/health", secret)[1]["scheduler"]["status"] == "unhealthy"
        status, body = ask(instance.home, "dags/hello/dagRuns", secret, {"logical_date": None})
        assert (status, "No engine is running" in body["detail"]) == (503, True)
    finally:
        server.terminate()
        assert server.wait(30) == 0
        instance.close()
    assert not (instance.home / "run" / "http.sock").exists()
