"""A real sshd on loopback with throw-away keys, and an ssh on the PATH that knows it.

Debian's package `openssh-server` brings it; where the tests run as root and it is missing, it is installed.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from drive.debian import PATH, installed
from drive.waiting import wait_for

BIN = Path(sys.executable).parent


def sshd_program() -> str:
    """Return the path of sshd; skip the test, saying why, if there is none and it cannot be installed."""
    installed(("sshd", "ssh"), "openssh-server")
    found = shutil.which("sshd", path=PATH)
    assert found is not None
    return found


class Sshd:
    """An sshd in *folder*, and what its users need: `environment` for a process that calls ssh.

    *there* goes into the environment of whoever logs in.
    """

    def __init__(self, folder: Path, there: dict[str, str]) -> None:
        self.folder = folder
        self.there = there
        self.port = _free_port()
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self._program = sshd_program()
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("host_key", "other_host_key", "key", "other_key"):
            self._keygen(name)
        authorized = folder / "authorized_keys"
        authorized.write_bytes((folder / "key.pub").read_bytes())
        authorized.chmod(0o600)
        self.know("host_key")
        (folder / "bin").mkdir()
        self.hosts = folder / "hosts.toml"
        self.hosts.write_text("")
        wrapper = folder / "bin" / "ssh"
        wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n')
        wrapper.chmod(0o755)
        self.configure()

    # -- the server ------------------------------------------------------------------------------

    def start(self, host_key: str = "host_key", *more: str) -> None:
        """Start it, with *more* lines of configuration."""
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        settings = " ".join(shlex.quote(f"{name}={value}") for name, value in self.there.items())
        lines = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {self.folder / host_key}",
            f"AuthorizedKeysFile {self.folder / 'authorized_keys'}",
            f"PidFile {self.folder / 'sshd.pid'}",
            "StrictModes no",
            "UsePAM no",
            "PermitRootLogin yes",
            "MaxSessions 20",
            *([f"SetEnv {settings}"] if settings else []),
            *more,
        ]
        if not any(line.startswith("PasswordAuthentication") for line in more):
            lines += ["PasswordAuthentication no", "KbdInteractiveAuthentication no"]
        config = self.folder / "sshd_config"
        config.write_text("\n".join(lines) + "\n")
        with (self.folder / "sshd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, "-D", "-e", "-f", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_for(self._listens, 10, f"sshd does not listen: {(self.folder / 'sshd.log').read_text()}")

    def stop(self) -> None:
        """End it and every connection over it."""
        if self._process is None:
            return
        for pid in _below(self._process.pid):
            os.kill(pid, 9)
        self._process.kill()
        self._process.wait()
        self._process = None

    def cut(self) -> None:
        """End every connection; new ones can be made."""
        assert self._process is not None
        for pid in _below(self._process.pid):
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    # -- the client ------------------------------------------------------------------------------

    def know(self, host_key: str | None) -> None:
        """Make the client know this key of the host alone, or none."""
        known = self.folder / "known_hosts"
        if host_key is None:
            known.write_text("")
            return
        kind, key = (self.folder / f"{host_key}.pub").read_text().split()[:2]
        known.write_text(f"[127.0.0.1]:{self.port} {kind} {key}\n")

    def configure(self, key: str = "key", *more: str) -> None:
        """Write the client's configuration: the host ``far``, by *key*, with *more* lines."""
        lines = [
            "Host far other",
            "  HostName 127.0.0.1",
            f"  Port {self.port}",
            f"  User {self.user}",
            f"  IdentityFile {self.folder / key}",
            "  IdentitiesOnly yes",
            f"  UserKnownHostsFile {self.folder / 'known_hosts'}",
            *(f"  {line}" for line in more),
        ]
        (self.folder / "config").write_text("\n".join(lines) + "\n")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process on this side: no home of its own, and the ssh that knows the host."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PENSTOCK", "SSH"))}
        return {
            **kept,
            "PATH": f"{self.folder / 'bin'}:{BIN}:{kept['PATH']}",
            "PENSTOCK_HOSTS": str(self.hosts),
            "PENSTOCK_HOME": str(self.folder / "nowhere"),
        }

    def penstock(self, *words: str, limit: float = 60.0, **more: str) -> subprocess.CompletedProcess[str]:
        """Run ``penstock`` here and return how it ended and what it said."""
        return subprocess.run(
            [sys.executable, "-m", "penstock", *words],
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )

    def _keygen(self, name: str) -> None:
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)]
        subprocess.run(command, check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _below(pid: int) -> list[int]:
    """Return the processes that *pid* started, and theirs."""
    found: list[int] = []
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        children.setdefault(parent, []).append(int(entry.parent.name))
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found
