"""`penstock --host DEST ...`: the same command on another host, through ssh.

The program there runs with the words as they are, so it prints what it prints there, whatever its version.
The console alone runs here and asks over a bridge.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.errors import HostError, HostLostError, UsageError

if TYPE_CHECKING:
    from penstock.ssh.connection import Connection
    from penstock.ssh.hosts import Host

_INTERRUPTED = 130
_CODES_OF_A_SHELL = (126, 127)
_PASSED_ON = ("NO_COLOR",)
"""What of this environment also says something to the program there."""
_READS_INPUT = (("variables", "set"), ("import", "crontab"), ("bridge",))
"""Commands that may read stdin; another one would take from a loop what the loop reads."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands before the command: hosts, home, the name that confirms; and the command's words."""

    hosts: tuple[str, ...]
    home: str | None
    confirmed: tuple[str, ...]
    console: tuple[str, ...]
    """Options of the console."""
    words: tuple[str, ...]


def asked_of(arguments: Sequence[str]) -> Asked | None:
    """Return what *arguments* ask of other hosts; None if they name none before the command."""
    hosts: list[str] = []
    confirmed: list[str] = []
    console: list[str] = []
    home: str | None = None
    rest = list(arguments)
    while rest and rest[0].startswith("-") and rest[0] not in {"--", "--version", "--help", "-h"}:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name in {"--ascii", "--read-only"}:
            console.append(word)
            continue
        if name not in {"--host", "--home", "--confirm"}:
            return None if not hosts else _unknown(word)
        if not equals:
            if not rest:
                raise UsageError(f"{name} needs a value")
            value = rest.pop(0)
        if name == "--host":
            hosts.append(value)
        elif name == "--confirm":
            confirmed.append(value)
        else:
            home = value
    if not hosts:
        return None
    if rest[:1] == ["--"]:
        rest.pop(0)
    return Asked(tuple(hosts), home, tuple(confirmed), tuple(console), tuple(rest))


def _unknown(word: str) -> Asked:
    raise UsageError(f"{word} cannot stand between --host and the command")


def run_there(asked: Asked) -> int:
    """Run the command on each host in turn; return the first exit code that is not 0.

    Raises `HostError` for a host that cannot be reached, `HostLostError` if the connection was lost then.
    """
    from penstock.ssh.hosts import host_of, read_hosts

    known = read_hosts()
    hosts = [host_of(word, known, asked.home) for word in asked.hosts]
    if not asked.words or asked.words[0] == "console":
        return _console(asked)
    if asked.console:
        raise UsageError(f"{asked.console[0]} is only for the console")
    for host in hosts:
        _confirm(host, asked)
    code = 0
    for host in hosts:
        if len(hosts) > 1:
            sys.stderr.write(f"--- {host.name} ---\n")
            sys.stderr.flush()
        code = _run(host, asked.words) or code
    return code


def _console(asked: Asked) -> int:
    """Replace this process with the console over these hosts."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the console needs a terminal; give a command")
    home = [] if asked.home is None else ["--home", asked.home]
    hosts = [word for host in asked.hosts for word in ("--host", host)]
    more = [*asked.console, *asked.words[1:]]
    os.execv(sys.executable, [sys.executable, "-m", "penstock_tui", *hosts, *home, *more])  # noqa: S606


def _confirm(host: Host, asked: Asked) -> None:
    """Ask for the name of a production host before anything changes there."""
    from penstock.ssh.looking import looks

    if not host.production or looks(asked.words) or host.name in asked.confirmed:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"{host.name} is production: --confirm {host.name} before the command says that you mean it"
        )
    sys.stderr.write(f"{host.name} is production. Its name, to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != host.name:
        raise UsageError(f"that is not {host.name}: nothing was done")


def _run(host: Host, words: Sequence[str]) -> int:
    from penstock.ssh.command import LOST, script_of
    from penstock.ssh.connection import Connection
    from penstock.ssh.faults import not_penstock

    connection = Connection(host)
    try:
        tty = sys.stdin.isatty() and sys.stdout.isatty()
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        code, said = _session(connection, script_of(host, words, environment), words, tty=tty)
    finally:
        connection.close()
    if code == LOST:
        raise HostLostError(
            f"the connection to {host.name} was lost while `penstock {' '.join(words[:2])}` ran there: what "
            "it did is not known, so look before you repeat it"
        )
    if code in _CODES_OF_A_SHELL:
        raise HostError(not_penstock(said, code, host.name, host.program))
    return code


def _session(connection: Connection, script: str, words: Sequence[str], *, tty: bool) -> tuple[int, str]:
    """Run *script* there with our input and output; return its exit code and the end of what it said."""
    reads = tty or any(tuple(words[: len(few)]) == few for few in _READS_INPUT)
    process = subprocess.Popen(
        connection.command(script, tty=tty),
        stdin=None if reads else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    last = _Last()
    copy = threading.Thread(target=last.copy, args=(process,), daemon=True)
    copy.start()
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        code = _INTERRUPTED
    copy.join(1.0)
    return (128 - code if code < 0 else code), last.text


class _Last:
    """Copies stderr as it comes, and keeps its end; what the shell says without Penstock is left out."""

    def __init__(self) -> None:
        self.text = ""

    def copy(self, process: subprocess.Popen[bytes]) -> None:
        from penstock.ssh.command import NOT_FOUND

        assert process.stderr is not None
        while data := os.read(process.stderr.fileno(), 1 << 16):
            self.text = (self.text + data.decode(errors="replace"))[-4096:]
            if NOT_FOUND not in self.text:
                sys.stderr.buffer.write(data)
                sys.stderr.buffer.flush()
