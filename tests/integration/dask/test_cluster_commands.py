"""The commands about clusters: certificates, addresses that are refused, and what is said of a cluster."""

from __future__ import annotations

import contextlib
import json
import ssl
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("distributed")

from drive.dask_cluster import Client, Cluster
from drive.worker_host import far
from penstock.cli.root import penstock
from penstock.cli.session import Session
from penstock.errors import UsageError
from penstock.execution.dask import certs


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(penstock, words, obj=Session(home), standalone_mode=False)


def test_certificates_are_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    done = run(tmp_path, "cluster", "certs", "init", str(folder))
    assert done.stdout.split() == [str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem")]
    assert f"--certs {folder}" in done.stderr
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())} == {0o700, 0o600}
    both = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    both.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    again = run(tmp_path, "cluster", "certs", "init", str(folder))
    assert isinstance(again.exception, UsageError)
    assert "exists; remove it" in str(again.exception)
    authority = (folder / "ca.pem").read_bytes()
    (folder / "cert.pem").unlink()
    assert run(tmp_path, "cluster", "certs", "init", str(folder)).exception is None
    assert (folder / "ca.pem").read_bytes() == authority
    both.load_cert_chain(folder / "cert.pem", folder / "key.pem")


def test_certificates_pass_the_strict_checks_of_newer_pythons(tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    certs.make(folder)
    ours = certs.files_in(folder)
    client = ssl.create_default_context(cafile=ours["ca"])
    client.check_hostname = False
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ours["ca"])
    server.verify_mode = ssl.CERT_REQUIRED
    for each in (client, server):
        each.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN  # as from 3.13 on
        each.load_cert_chain(ours["cert"], ours["key"])
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True)]
    for _ in range(4):  # each step answers the other's
        for end in ends:
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
    assert all(end.getpeercert() for end in ends)


def test_without_openssl_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="openssl makes the certificates"):
        certs.make(tmp_path / "certs")
    assert not (tmp_path / "certs").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("worker", "--scheduler", "10.0.0.1:8786"), "--insecure"),
        (("worker", "--scheduler", "tls://10.0.0.1:8786"), "needs certificates"),
        (("worker",), "penstock cluster start"),
        (("worker", "--scheduler", "nowhere.json"), "does not exist"),
        (("worker", "--ca", "x"), "--scheduler ADDR"),
        (("worker", "--certs", "a", "--ca", "x"), "not both"),
        (("worker", "--scheduler", "10.0.0.1:1", "--certs", "a"), "cannot be read"),
        (("worker", "--name", "../x"), "the name of a worker"),
        (("worker", "--resource", "MEM"), "NAME=NUMBER"),
        (("worker", "--resource", "MEM=-1"), "NAME=NUMBER"),
        (("worker", "--resource", "MEM=nan"), "NAME=NUMBER"),
        (("worker", "--slots", "0"), "range"),
        (("cluster", "scheduler", "--listen", "0.0.0.0:8786"), "--insecure"),
        (("cluster", "scheduler", "--listen", "banana:x"), "is not an address"),
        (("cluster", "start", "--workers", "0"), "range"),
    ],
)
def test_what_is_wrong_is_said_before_anything_begins(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    done = run(tmp_path, *words)
    assert done.exception is not None
    shown = getattr(done.exception, "message", str(done.exception))
    assert said in shown
    assert not (tmp_path / "cluster").exists()


def test_where_no_cluster_is_it_is_said(tmp_path: Path) -> None:
    assert run(tmp_path, "cluster", "status").return_value == 1
    done = run(tmp_path, "cluster", "status", "--json")
    assert json.loads(done.stdout) == {"up": False, "kept": False, "processes": [], "workers": []}
    assert "no cluster runs" in run(tmp_path, "cluster", "stop").stdout


@pytest.mark.slow
def test_a_cluster_with_certificates_takes_its_own_and_nobody_else(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        certs.make(tmp_path / name)
    theirs = certs.files_in(tmp_path / "theirs")
    cluster = Cluster(tmp_path)
    try:
        cluster.begin_scheduler("--certs", str(tmp_path / "ours"))
        address = json.loads(cluster.file.read_bytes())["address"]
        assert address.startswith("tls://")
        cluster.begin_worker("w1")
        client = Client(cluster)
        client.wait_for_workers("w1")
        order = far("exit 3")
        client.submit([order])
        client.until(order, "exited")
        assert client.result(order)["exit_code"] == 3
        client.close()
        for config in ({"scheduler": address, **theirs}, {"scheduler": address.replace("tls", "tcp")}):
            stranger = Client(cluster, **config)
            stranger.wait(lambda it=stranger: it.scheduler is not None, "a first try")  # type: ignore[misc]
            stranger.pump(2.0)
            assert stranger.scheduler is not None
            assert not stranger.scheduler.connected
            assert stranger.scheduler.problem
            stranger.close()
    finally:
        cluster.close()
