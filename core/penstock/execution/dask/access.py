"""Where a scheduler is and how it is reached: its address, and the certificates of mutual TLS.

A Dask port without TLS runs any code that anybody sends to it. So an address that is not loopback is
refused without certificates, unless the operator insists.
"""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from penstock.attempts.files import write_whole
from penstock.errors import UsageError

FILE = "scheduler.json"
"""The file in ``<home>/cluster`` with the address of the scheduler that `penstock cluster start` began."""
DEFAULT_PORT = 8786


@dataclass(frozen=True, slots=True)
class Access:
    """``address`` is ``tcp://HOST:PORT`` or ``tls://HOST:PORT``. The three files are PEM, all or none."""

    address: str
    ca: str | None = None
    cert: str | None = None
    key: str | None = None

    @property
    def encrypted(self) -> bool:
        """Whether it is mutual TLS."""
        return self.address.startswith("tls://")


def cluster_folder(home: Path) -> Path:
    """Return the folder of the cluster that an instance has on its own machine."""
    return home / "cluster"


def read_access(config: Mapping[str, Any], home: Path) -> Access:
    """Return the access that ``[executors.NAME]`` describes; without a scheduler, that of the home's cluster.

    A relative path is below *home*. Raises `UsageError`.
    """
    said = str(config.get("scheduler") or "")
    if not said:
        return read_file(cluster_folder(home) / FILE)
    if said.endswith(".json"):
        return read_file(home / Path(said).expanduser())
    named = {name: str(home / Path(str(config[name])).expanduser()) for name in _FILES if config.get(name)}
    return access_to(said, named, insecure=bool(config.get("insecure")))


def access_to(address: str, named: Mapping[str, str], *, insecure: bool = False) -> Access:
    """Return the access to *address* with the files *named* ca, cert and key; raise `UsageError`."""
    missing = [name for name in _FILES if name not in named]
    if named and missing:
        raise UsageError(f"TLS needs ca, cert and key: {' and '.join(missing)} is missing")
    for name, path in named.items():
        if not os.access(path, os.R_OK):
            raise UsageError(f"{name}: {path} cannot be read")
    full = whole_address(address, encrypted=bool(named))
    if full.startswith("tls://") and not named:
        raise UsageError(f"{full} needs certificates: ca, cert and key (`penstock cluster certs init DIR`)")
    refuse_unsafe(full, insecure=insecure)
    return Access(full, *(named.get(name) for name in _FILES))


def whole_address(text: str, *, encrypted: bool) -> str:
    """Return an address with its protocol and port; raise `UsageError`."""
    protocol, _, rest = text.rpartition("://")
    protocol = protocol or ("tls" if encrypted else "tcp")
    if protocol not in {"tcp", "tls"}:
        raise UsageError(f"{text!r}: an address begins with tcp:// or tls://, not {protocol}://")
    if encrypted and protocol == "tcp":
        raise UsageError(f"{text}: tcp:// is not encrypted; with certificates it is tls://")
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.path:
        raise UsageError(f"{text!r} is not an address: write HOST:PORT, such as tls://10.0.0.1:8786")
    host = f"[{host}]" if ":" in host else host
    return f"{protocol}://{host}:{DEFAULT_PORT if port is None else port}"


def refuse_unsafe(address: str, *, insecure: bool) -> None:
    """Raise `UsageError` for an address that other machines reach, without TLS, unless *insecure*."""
    if insecure or address.startswith("tls://") or is_loopback(address):
        return
    raise UsageError(
        f"{address} can be reached by other machines, and without TLS anyone who reaches it can run anything "
        "as you: make certificates (`penstock cluster certs init DIR`) and name them, or say --insecure"
    )


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach *address*."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_file(path: Path) -> Access:
    """Return the access in a file that `write_file` wrote; raise `UsageError`."""
    try:
        body = json.loads(path.read_bytes())
        address = str(body["address"])
        named = {name: str(body[name]) for name in _FILES if body.get(name)}
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist: start a cluster with `penstock cluster start`") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f'{path} does not say where a scheduler is: {{"address": ...}}') from None
    return access_to(address, named, insecure=bool(body.get("insecure")))


def write_file(path: Path, access: Access) -> None:
    """Write *access* where `read_file` finds it. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fields = {name: getattr(access, name) for name in ("address", *_FILES)}
    write_whole(path.parent, path.name, json.dumps(fields).encode() + b"\n")


_FILES = ("ca", "cert", "key")
