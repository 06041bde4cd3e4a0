"""A certificate authority of our own, by the program openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple


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
    more.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout")
    _openssl(
        *("req", "-x509", *key, folder / "ca_key.pem", "-out", made.authority),
        *("-subj", "/CN=Test authority", "-days", "2"),
    )
    _openssl("req", "-new", *key, made.key, "-out", request, "-subj", "/CN=penstock")
    _openssl(
        *("x509", "-req", "-in", request, "-out", made.cert, "-days", "2", "-extfile", more),
        *("-CA", made.authority, "-CAkey", folder / "ca_key.pem", "-CAcreateserial"),
    )
    return made


def _openssl(*words: str | Path) -> None:
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
