"""An address that other machines can reach: TLS with a real certificate, and nothing without."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from drive.certificates import Certificate, signed
from drive.instance import Instance
from drive.waiting import wait_for

DAG = """
from penstock import DAG, BashOperator
with DAG("hello", schedule=None):
    BashOperator(task_id="say", bash_command="echo hello")
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return signed(tmp_path_factory.mktemp("tls") / "right")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    made = Instance(tmp_path / "home")
    yield made
    made.close()


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-P", "-m", "penstock", "api", *map(str, words)]


def said(instance: Instance, *words: str | Path) -> tuple[int, str, str]:
    done = subprocess.run(
        command(*words), env=environment(instance), capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout.strip(), done.stderr


def environment(instance: Instance) -> dict[str, str]:
    return {**os.environ, "PENSTOCK_HOME": str(instance.home)}


class Server:
    """``penstock api serve`` on every address of this machine, as a process. Use as a context manager."""

    def __init__(self, instance: Instance, *words: str | Path) -> None:
        self.process = subprocess.Popen(
            command("serve", "--listen", "0.0.0.0:0", *words),
            env=environment(instance),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.fullmatch(r"https://0\.0\.0\.0:(\d+)\n", line)
        assert found is not None, line
        self.port = int(found[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self.process:  # closes the pipe
            self.process.terminate()
            assert self.process.wait(30) == 0

    def ask(self, path: str, trust: ssl.SSLContext, secret: str = "", body: object = None) -> tuple[int, Any]:
        """Return status and body of an answer over TLS."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=trust)
        headers = {"Content-Type": "application/json"}
        if secret:
            headers["Authorization"] = f"Bearer {secret}"
        try:
            data = None if body is None else json.dumps(body)
            connection.request("GET" if body is None else "POST", path, data, headers)
            got = connection.getresponse()
            return got.status, json.loads(got.read())
        finally:
            connection.close()


def answers(server: Server, trust: ssl.SSLContext) -> bool:
    try:
        return server.ask("/api/v2/version", trust)[0] == 200
    except ConnectionError:
        return False


def test_over_tls_clients_look_and_act(instance: Instance, certificate: Certificate) -> None:
    instance.write_dag("hello", DAG)
    instance.start()
    _, secret, _ = said(instance, "token", "create", "ann")
    trust = ssl.create_default_context(cafile=str(certificate.authority))
    with Server(instance, "--cert", certificate.cert, "--key", certificate.key) as server:
        wait_for(lambda: answers(server, trust), 60, "the server does not answer")
        status, dags = server.ask("/api/v2/dags", trust, secret)
        assert (status, [dag["dag_id"] for dag in dags["dags"]]) == (200, ["hello"])
        status, run = server.ask("/api/v2/dags/hello/dagRuns", trust, secret, {"logical_date": None})
        assert (status, run["triggering_user_name"]) == (200, "ann")
        assert server.ask("/metrics", trust)[0] == 401


def test_who_does_not_know_the_authority_or_speaks_no_tls_gets_nothing(
    instance: Instance, certificate: Certificate, tmp_path: Path
) -> None:
    _, secret, _ = said(instance, "token", "create", "ann")
    trust = ssl.create_default_context(cafile=str(certificate.authority))
    with Server(instance, "--cert", certificate.cert, "--key", certificate.key) as server:
        wait_for(lambda: answers(server, trust), 60, "the server does not answer")
        other = ssl.create_default_context(cafile=str(signed(tmp_path / "other").authority))
        with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
            server.ask("/api/v2/version", other)
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as plain:
            plain.sendall(f"GET /api/v2/dags HTTP/1.1\r\nAuthorization: Bearer {secret}\r\n\r\n".encode())
            assert b"HTTP" not in plain.recv(1000)
        assert answers(server, trust)


def test_other_machines_are_refused_without_a_certificate_or_a_token(
    instance: Instance, certificate: Certificate, tmp_path: Path
) -> None:
    with_tls = ("--cert", certificate.cert, "--key", certificate.key)
    everywhere = ("serve", "--listen", "0.0.0.0:0")
    code, out, error = said(instance, *everywhere, *with_tls)
    assert (code, out, "there is no token" in error) == (2, "", True)
    said(instance, "token", "create", "ann")
    code, out, error = said(instance, *everywhere)
    assert (code, out, "needs TLS" in error) == (2, "", True)


@pytest.mark.parametrize(
    ("cert", "key", "why"),
    [
        ("broken.pem", "key.pem", "PEM"),
        ("cert.pem", "broken.pem", "PEM"),
        ("cert.pem", "other.pem", "key values mismatch"),
        ("cert.pem", "locked.pem", "the key has a password"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_refused_at_the_start(
    instance: Instance, certificate: Certificate, tmp_path: Path, cert: str, key: str, why: str
) -> None:
    said(instance, "token", "create", "ann")
    files = {"cert.pem": certificate.cert, "key.pem": certificate.key}
    (tmp_path / "broken.pem").write_text("no certificate")
    (tmp_path / "other.pem").write_bytes(signed(tmp_path / "other").key.read_bytes())
    (tmp_path / "locked.pem").write_bytes(locked(certificate.key))
    paths = [files.get(name, tmp_path / name) for name in (cert, key)]
    code, out, error = said(instance, "serve", "--listen", "0.0.0.0:0", "--cert", paths[0], "--key", paths[1])
    assert (code, out, why in error) == (2, "", True), error
    assert str(paths[0]) in error


def locked(key: Path) -> bytes:
    command = ["openssl", "pkey", "-in", str(key), "-aes256", "-passout", "pass:secret"]
    return subprocess.run(command, capture_output=True, check=True).stdout
