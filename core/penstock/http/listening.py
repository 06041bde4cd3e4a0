"""Where the server listens: on this machine, on a Unix socket, or elsewhere with certificates and tokens."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import ssl
import stat
from pathlib import Path
from typing import NamedTuple

from penstock.errors import UsageError

DEFAULT = "127.0.0.1:8080"


class Address(NamedTuple):
    """An address: ``host`` and ``port``, or the ``path`` of a Unix socket."""

    host: str = ""
    port: int = 0
    path: Path | None = None

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.path is not None or is_loopback(self.host)

    def url(self, scheme: str) -> str:
        """Return it for people and clients."""
        if self.path is not None:
            return f"unix:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"


def read_address(text: str, base: Path | None = None) -> Address:
    """Return the address in *text*: ``HOST:PORT``, ``[HOST]:PORT`` or ``unix:PATH``.

    A path is below *base* (default: the working directory). Raises `UsageError`.
    """
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        if not path:
            raise UsageError("unix: needs the path of a socket, such as unix:run/http.sock")
        return Address(path=((base or Path.cwd()) / Path(path).expanduser()).absolute())
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise UsageError(f"{text!r} is not an address: write HOST:PORT, such as {DEFAULT}, or unix:PATH")
    return Address(host=host, port=int(port))


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine for itself. Names other than localhost are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_unsafe(address: Address, cert: Path | None, key: Path | None, *, tokens: bool) -> None:
    """Raise `UsageError` for an address that others can reach without TLS, or without any token."""
    if (cert is None) != (key is None):
        raise UsageError("give both --cert and --key, or neither")
    for file in (cert, key):
        if file is not None and not file.is_file():
            raise UsageError(f"{file} does not exist")
    if address.loopback:
        return
    if cert is None:
        raise UsageError(
            f"{address.host} can be reached by other machines: that needs TLS (--cert FILE --key FILE). "
            "Listen on 127.0.0.1 and let a proxy or an SSH tunnel bring others in, or give certificates"
        )
    if not tokens:
        raise UsageError(
            f"{address.host} can be reached by other machines, and there is no token: "
            "make one first with `penstock api token create NAME`"
        )


def check_certificate(cert: Path, key: Path) -> None:
    """Raise `UsageError` unless *cert* and *key* can be used: two PEM files that belong together."""

    def no_password() -> str:
        raise UsageError(f"{cert} and {key} cannot be used: the key has a password; give it without one")

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, no_password)
    except OSError as error:
        raise UsageError(f"{cert} and {key} cannot be used: {error.strerror or error}") from None


def bind(address: Address) -> socket.socket:
    """Return a socket that listens at *address*; a Unix socket is ours alone. Raises `UsageError`."""
    if address.path is not None:
        return _bind_unix(address.path)
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        family, kind, proto, _, place = found[0]
        with contextlib.ExitStack() as undo:
            listening = undo.enter_context(socket.socket(family, kind, proto))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(place)
            undo.pop_all()
    except OSError as error:
        raise UsageError(
            f"cannot listen on {address.host}:{address.port}: {error.strerror or error}"
        ) from None
    listening.listen(512)
    return listening


def _bind_unix(path: Path) -> socket.socket:
    try:
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISSOCK(path.lstat().st_mode):
                raise UsageError(f"{path} exists and is not a socket")
            if _answers(path):
                raise UsageError(f"cannot listen on {path}: another server does")
            path.unlink()
        with contextlib.ExitStack() as undo:
            listening = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            before = os.umask(0o177)
            try:
                listening.bind(str(path))
            finally:
                os.umask(before)
            undo.pop_all()
    except OSError as error:
        raise UsageError(f"cannot listen on {path}: {error.strerror or error}") from None
    listening.listen(512)
    return listening


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as attempt:
        try:
            attempt.connect(str(path))
        except OSError:
            return False
    return True
