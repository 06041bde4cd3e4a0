"""Real provider packages, from the registry, against real servers: HTTP, SSH, SQLite, PostgreSQL, S3.

Slow: the packages are installed once, into a folder that is kept. What a machine does not have (PostgreSQL,
moto) is left out and said.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from drive.postgres import postgres
from drive.real_tools import installed_providers
from drive.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

FIRST = """
from datetime import datetime
from airflow import DAG
from airflow.decorators import task
"""
START = 'with DAG("d", schedule_interval=None, start_date=datetime(2026, 1, 1)):\n'
HTTP = """
from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.http.sensors.http import HttpSensor

{start}
    def answer(response):
        return response.json()["answer"]

    HttpOperator(task_id="get", endpoint="data.json", method="GET", response_filter=answer,
                 response_check=lambda response, ds: response.ok and len(ds) == 10)
    HttpOperator(task_id="deferred", endpoint="data.json", method="GET", response_filter=answer,
                 deferrable=True)
    HttpSensor(task_id="sensor", endpoint="data.json", poke_interval=1)
    HttpOperator(task_id="absent", endpoint="no-such-file", method="GET", retries=0)
"""
SSH = """
from airflow.providers.ssh.hooks.ssh import SSHHook
from airflow.providers.ssh.operators.ssh import SSHOperator

{start}
    SSHOperator(task_id="says", ssh_conn_id="ssh_default", command="echo over {{{{ ds_nodash }}}}")
    SSHOperator(task_id="fails", ssh_conn_id="ssh_default", command="exit 3", retries=0)
    @task
    def hook():
        with SSHHook("ssh_default").get_conn() as client:
            return client.exec_command("echo by hook")[1].read().decode()
    hook()
"""
SQL = """
from airflow.providers.common.sql.operators.sql import (
    SQLCheckOperator, SQLColumnCheckOperator, SQLExecuteQueryOperator,
)
from airflow.providers.common.sql.sensors.sql import SqlSensor
from airflow.providers.{name}.hooks.{name} import {hook}

{start}
    make = SQLExecuteQueryOperator(
        task_id="make", conn_id="db", sql=["CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1)"])
    read = SQLExecuteQueryOperator(task_id="read", conn_id="db", sql="SELECT a FROM t")
    check = SQLCheckOperator(task_id="check", conn_id="db", sql="SELECT count(*) FROM t")
    column = SQLColumnCheckOperator(
        task_id="column", conn_id="db", table="t", column_mapping={{"a": {{"min": {{"geq_to": 1}}}}}})
    wait = SqlSensor(task_id="wait", conn_id="db", sql="SELECT count(*) FROM t", poke_interval=1)
    @task
    def hook():
        return {hook}("db").get_records("SELECT a + 1 FROM t")[0][0]
    make >> read >> check >> column >> wait >> hook()
"""
S3 = """
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.operators.s3 import S3CreateBucketOperator, S3CreateObjectOperator
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor

{start}
    bucket = S3CreateBucketOperator(task_id="bucket", bucket_name="orders")
    key = S3CreateObjectOperator(task_id="key", s3_bucket="orders", s3_key="k", data="hello")
    sensor = S3KeySensor(task_id="sensor", bucket_name="orders", bucket_key="k", poke_interval=1)
    @task
    def hook():
        return S3Hook().read_key("k", "orders")
    bucket >> key >> sensor >> hook()
"""
SSH_SERVER = """
import asyncio, subprocess, sys
import asyncssh

class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return True

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        return password == "secret"

async def handle(process):
    done = subprocess.run(process.command, shell=True, capture_output=True, text=True)
    process.stdout.write(done.stdout)
    process.exit(done.returncode)

async def main():
    key = asyncssh.generate_private_key("ssh-ed25519")
    await asyncssh.create_server(
        Server, "127.0.0.1", int(sys.argv[1]), server_host_keys=[key], process_factory=handle)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


def ran(tmp_path: Path, target: Path, text: str, **more: Any) -> dict[str, dict[str, Any]]:
    """Run the DAG of *text* with the packages in *target*; return its tasks by id."""
    file = tmp_path / "d.py"
    file.write_text(FIRST + text.format(start=START, **more.pop("words", {})))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "penstock", "--home", str(tmp_path / "h"), "test", str(file), "--json"],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(target), **more},
    )  # fmt: skip
    tasks = {task["task_id"]: task for task in json.loads(done.stdout)["tasks"]}
    wrong = [name for name, task in tasks.items() if task["state"] != "success"]
    assert set(wrong) <= {"absent", "fails"}, done.stderr
    return tasks


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def program(*words: str, port: int, **environment: str) -> Iterator[None]:
    """Run a server until the end of the block."""
    work = subprocess.Popen(
        words, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: answers(port), 60, f"{words[0]} does not answer")
        yield
    finally:
        work.terminate()
        work.wait(30)


def test_http(tmp_path: Path) -> None:
    target = installed_providers("http")
    (tmp_path / "data.json").write_text('{"answer": 42}')
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        tasks = ran(tmp_path, target, HTTP, AIRFLOW_CONN_HTTP_DEFAULT=url)
    finally:
        server.shutdown()
        server.server_close()
    assert [tasks[name]["xcoms"]["return_value"] for name in ("get", "deferred")] == [42, 42]
    assert "404" in tasks["absent"]["reason"]


def test_ssh(tmp_path: Path) -> None:
    target, port = installed_providers("ssh"), free_port()
    (tmp_path / "server.py").write_text(SSH_SERVER)
    words = (sys.executable, str(tmp_path / "server.py"), str(port))
    with program(*words, port=port, PYTHONPATH=str(target)):
        url = f"ssh://me:secret@127.0.0.1:{port}?no_host_key_check=true&allow_host_key_change=true"
        tasks = ran(tmp_path, target, SSH, AIRFLOW_CONN_SSH_DEFAULT=url)
    assert tasks["hook"]["xcoms"]["return_value"] == "by hook\n"
    assert tasks["fails"]["state"] == "failed"


def test_sqlite(tmp_path: Path) -> None:
    url = f"sqlite://{str(tmp_path / 'Data.db').replace('/', '%2F')}"
    words = {"name": "sqlite", "hook": "SqliteHook"}
    tasks = ran(tmp_path, installed_providers("sqlite"), SQL, words=words, AIRFLOW_CONN_DB=url)
    assert tasks["hook"]["xcoms"]["return_value"] == 2


def test_postgres(tmp_path: Path) -> None:
    words = {"name": "postgres", "hook": "PostgresHook"}
    with postgres() as server:
        tasks = ran(tmp_path, installed_providers("postgres"), SQL, words=words, AIRFLOW_CONN_DB=server.url)
    assert tasks["hook"]["xcoms"]["return_value"] == 2


def test_s3(tmp_path: Path) -> None:
    moto = shutil.which("moto_server")
    if moto is None:
        pytest.skip("there is no moto here")
    target, port = installed_providers("amazon"), free_port()
    with program(moto, "-H", "127.0.0.1", "-p", str(port), port=port):
        extra = {"endpoint_url": f"http://127.0.0.1:{port}", "region_name": "us-east-1"}
        conn = {"conn_type": "aws", "login": "a", "password": "secret-key", "extra": extra}
        tasks = ran(tmp_path, target, S3, AIRFLOW_CONN_AWS_DEFAULT=json.dumps(conn))
    assert tasks["hook"]["xcoms"]["return_value"] == "hello"
