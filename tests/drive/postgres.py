"""A real PostgreSQL on loopback, with a password, in a folder of its own.

Debian's package `postgresql` brings it; where the tests run as root and it is missing, it is installed.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from drive.waiting import wait_for

PASSWORD = "pg-pw-5d01"
_CLUSTERS = Path("/etc/postgresql-common/createcluster.conf")
"""Says to Debian's package that it must not make and start a server of its own."""


def postgres_programs() -> Path:
    """Return the folder of PostgreSQL's programs; skip the test, saying why, if there are none."""
    found = _find()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        if not _CLUSTERS.exists():
            _CLUSTERS.parent.mkdir(parents=True, exist_ok=True)
            _CLUSTERS.write_text("create_main_cluster = false\n")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        keep = ["-o", "Dpkg::Options::=--force-confold"]
        install = ["apt-get", "install", "-y", "--no-install-recommends", *keep, "postgresql"]
        for command in (install, ["apt-get", "update"], install):
            done = subprocess.run(command, env=environment, capture_output=True, check=False)
            if command is install and done.returncode == 0:
                break
        found = _find()
    if found is None:
        pytest.skip("PostgreSQL is not installed here (Debian: postgresql)")
    return found


def _find() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server that runs: `url` is that of its first database."""

    programs: Path
    port: int

    @property
    def url(self) -> str:
        """The URL of the database `postgres`, with its password."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """Return the URL of another database."""
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def sql(self, text: str, database: str = "postgres") -> None:
        """Run statements; raise CalledProcessError if one fails."""
        words = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.url_of(database)]
        subprocess.run([str(self.programs / "psql"), *words], input=text.encode(), check=True)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Run a server until the end of the block."""
    programs = postgres_programs()
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as name:
        folder, become = Path(name), []
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, "postgres")
            shutil.chown(secret, "postgres")
            become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        quick = ["--no-sync", "--no-locale", "--encoding=UTF8", "--auth=scram-sha-256", f"--pwfile={secret}"]
        data = str(folder / "data")
        made = [*become, str(programs / "initdb"), "-D", data, "-U", "postgres", *quick]
        subprocess.run(made, check=True, capture_output=True)
        port = _free_port()
        options = ["-p", str(port), "-k", str(folder), "-h", "127.0.0.1", "-F"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [*become, str(programs / "postgres"), "-D", data, *options], stdout=log, stderr=log
            )
        try:
            asks = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
            wait_for(lambda: subprocess.run(asks, check=False).returncode == 0, 60, "no PostgreSQL answers")
            yield Postgres(programs, port)
        finally:
            server.send_signal(signal.SIGINT)  # at once, whatever is still connected
            server.wait(60)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
