"""Certificates for mutual TLS: an authority, and one certificate that every part of a cluster uses.

Made by the program ``openssl``. Anyone who has the certificate and its key belongs to the cluster, and can
run anything on each of its hosts: only the owner may read the files.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from penstock.errors import UsageError

CA, CERT, KEY = "ca.pem", "cert.pem", "key.pem"
_CA_KEY = "ca-key.pem"
_YEARS = 10
_DAYS = 825
"""Days of the certificate: more is refused by some TLS libraries."""
_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_EXTENSIONS = """
[req]
distinguished_name = nothing_more
[nothing_more]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[member]
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = DNS:penstock
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
"""What RFC 5280 asks of both, and Python from 3.13 on checks. Dask checks who signed a certificate, not the
name in it: one is enough for all hosts."""


def files_in(folder: Path) -> dict[str, str]:
    """Return the paths of ca, cert and key in a folder that `make` filled, absolute."""
    place = folder.absolute()
    return {"ca": str(place / CA), "cert": str(place / CERT), "key": str(place / KEY)}


def make(folder: Path) -> None:
    """Make an authority and a certificate in *folder*; an authority that is there already is used again.

    Raises `UsageError`, also if there is a certificate already.
    """
    if shutil.which("openssl") is None:
        raise UsageError("the program openssl makes the certificates, and is not installed")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        if (folder / CERT).exists():
            raise UsageError(f"{folder / CERT} exists; remove it to make a new one from the same authority")
        _make(folder)
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from None


def _make(folder: Path) -> None:
    request, extensions = folder / "request.pem", folder / "extensions.cnf"
    try:
        extensions.write_text(_EXTENSIONS)
        if not (folder / CA).exists():
            _openssl(
                folder, "req", "-x509", *_CURVE, "-keyout", _CA_KEY, "-out", CA, "-days", str(365 * _YEARS),
                "-subj", "/CN=Penstock cluster authority",
                "-config", extensions.name, "-extensions", "authority",
            )  # fmt: skip
        _openssl(
            folder, "req", "-new", *_CURVE, "-keyout", KEY, "-out", request.name, "-subj", "/CN=penstock"
        )
        _openssl(
            folder, "x509", "-req", "-in", request.name, "-out", CERT, "-days", str(_DAYS),
            "-CA", CA, "-CAkey", _CA_KEY, "-CAcreateserial",
            "-extfile", extensions.name, "-extensions", "member",
        )  # fmt: skip
    finally:
        request.unlink(missing_ok=True)
        extensions.unlink(missing_ok=True)
    for path in folder.iterdir():
        path.chmod(0o600)


def _openssl(folder: Path, *words: str) -> None:
    done = subprocess.run(
        ["openssl", *words], cwd=folder, capture_output=True, text=True, check=False, umask=0o077
    )
    if done.returncode != 0:
        raise UsageError(f"openssl {words[0]} failed: {done.stderr.strip()[-500:]}")
