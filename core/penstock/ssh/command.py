"""The command lines: what ssh is started with, and what the shell on the other side gets. Pure.

A command that dies of a signal would end ssh with 255, like a lost connection, so the shell there hands
on the exit code itself. ``~/.local/bin`` is looked in as well: a shell without a terminal often leaves it
out. ctrl-c is for the program alone: a shell that died of it could hand on nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from penstock.ssh.hosts import Host

NOT_FOUND = "not found; PATH there:"
LOST = 255
"""ssh's exit code when the connection is lost, or was never made."""
_ALWAYS = {
    "BatchMode": "yes",
    "ConnectTimeout": "10",
    "ServerAliveInterval": "15",
    "ServerAliveCountMax": "3",
    "LogLevel": "ERROR",
    "ClearAllForwardings": "yes",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
    "ForwardX11": "no",
}
"""Whatever the configuration of ssh says: nothing is asked, nothing else is done, a dead link is noticed."""


def _ssh(more: Mapping[str, str]) -> list[str]:
    return [
        "ssh",
        *(word for name, value in {**_ALWAYS, **more}.items() for word in ("-o", f"{name}={value}")),
    ]


def master(host: Host, socket: str) -> list[str]:
    """Return what keeps a connection open at *socket*, for others to use."""
    return [*_ssh({"ControlPersist": "no", "RequestTTY": "no"}), "-M", "-N", "-S", socket, "--", host.ssh]


def check(host: Host, socket: str | None) -> list[str]:
    """Return what asks whether there is a connection to use: at *socket*, or at the user's own."""
    return [*_ssh({}), *(["-S", socket] if socket else []), "-O", "check", "--", host.ssh]


def session(host: Host, socket: str | None, script: str, *, tty: bool = False) -> list[str]:
    """Return what runs *script* on *host* over the connection at *socket* (None: at the user's own)."""
    over = ["-S", socket] if socket else []
    terminal = ["-t"] if tty else ["-T"]
    return [*_ssh({"ControlMaster": "no"}), *over, *terminal, "--", host.ssh, script]


def script_of(host: Host, words: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Return what runs ``penstock`` with *words* there, for the login shell, whichever that is."""
    home = f"--home {_path(host.home)} " if host.home is not None else ""
    settings = "".join(f"{name}={shlex.quote(value)} " for name, value in (environment or {}).items())
    program = _path(host.program)
    missing = f'echo "penstock: {NOT_FOUND} $PATH" >&2; exit 127'
    inner = (
        'trap : INT QUIT; PATH="$PATH:$HOME/.local/bin"; '
        f"command -v {program} >/dev/null 2>&1 || {{ {missing}; }}; "
        f"{settings}{program} {home}{shlex.join(words)}; exit $?"
    )
    return f"exec sh -c {shlex.quote(inner)}"


def _path(name: str) -> str:
    """Return *name* for the shell; a tilde at its beginning is that user's home."""
    return '"$HOME"' + shlex.quote(name[1:]) if name.startswith("~/") else shlex.quote(name)
