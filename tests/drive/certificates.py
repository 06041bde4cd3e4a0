"""A certificate authority of our own, by the program openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

# What RFC 5280 asks of both: Python checks it from 3.13 on.
_EXTENSIONS = """
[req]
distinguished_name = nothing_more
[nothing_more]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
subjectAltName = {names}
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
"""


class Certificate(NamedTuple):
    """A certificate with its key, and the authority that signed it. All are PEM files."""

    cert: Path
    key: Path
    authority: Path


def signed(folder: Path, names: str = "IP:127.0.0.1,DNS:localhost") -> Certificate:
    """Make an authority and a certificate for *names* (as in a subjectAltName) in *folder*."""
    folder.mkdir(parents=True)
    made = Certificate(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")
    request, more = folder / "request.pem", folder / "more.cnf"
    more.write_text(_EXTENSIONS.format(names=names))
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout")
    _openssl(
        *("req", "-x509", *key, folder / "ca_key.pem", "-out", made.authority),
        *("-subj", "/CN=Test authority", "-days", "2", "-config", more, "-extensions", "authority"),
    )
    _openssl("req", "-new", *key, made.key, "-out", request, "-subj", "/CN=penstock")
    _openssl(
        *("x509", "-req", "-in", request, "-out", made.cert, "-days", "2"),
        *("-extfile", more, "-extensions", "server"),
        *("-CA", made.authority, "-CAkey", folder / "ca_key.pem", "-CAcreateserial"),
    )
    return made


def _openssl(*words: str | Path) -> None:
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
