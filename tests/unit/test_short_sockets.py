"""A home whose path is too long for a socket: one place is found, whatever the environment."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.settings import Settings, settle_socket, short_socket


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ("long" * 30) / "run" / "engine.sock"


@pytest.fixture
def short() -> Iterator[Path]:
    """Give a folder with a short name; pytest's own may be too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="p", dir="/tmp") as folder:
        yield Path(folder)


def runtime(monkeypatch: pytest.MonkeyPatch, folder: Path | None) -> None:
    if folder is None:
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        return
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))


def test_a_short_path_is_itself_and_leaves_no_trace(short: Path) -> None:
    path = short / "x" / "engine.sock"
    settle_socket(path)
    assert short_socket(path) == path
    assert not path.parent.exists()


@pytest.mark.parametrize("engines", [True, False], ids=["login", "cron"])
@pytest.mark.parametrize("clients", [True, False], ids=["login", "cron"])
def test_the_place_is_found_by_the_home_alone(
    path: Path, short: Path, monkeypatch: pytest.MonkeyPatch, engines: bool, clients: bool
) -> None:
    runtime(monkeypatch, short / "one" if engines else None)
    settle_socket(path)
    place = short_socket(path)
    assert len(str(place)) <= 100
    assert not engines or place.parent == short / "one"
    runtime(monkeypatch, short / "two" if clients else None)
    monkeypatch.setenv("TMPDIR", str(short))
    assert short_socket(path) == place


def test_a_place_that_is_too_long_itself_is_passed_over(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("deep" * 30)
    long.mkdir()
    runtime(monkeypatch, long)
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    settle_socket(path)
    assert len(str(short_socket(path))) <= 100


def test_the_next_engine_keeps_the_place_while_its_folder_is_there(
    path: Path, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime(monkeypatch, short / "one")
    settle_socket(path)
    first = short_socket(path)
    runtime(monkeypatch, short / "two")
    settle_socket(path)
    assert short_socket(path) == first
    shutil.rmtree(short / "one")
    settle_socket(path)
    assert short_socket(path).parent == short / "two"


@pytest.mark.parametrize("said", [b"", b"relative/place", b"/with\0nul"])
def test_a_record_that_makes_no_sense_is_passed_over(path: Path, said: bytes) -> None:
    path.parent.mkdir(parents=True)
    (path.parent / "engine.sock.place").write_bytes(said)
    assert short_socket(path).is_absolute()
    assert "\0" not in str(short_socket(path))
    settle_socket(path)
    assert (path.parent / "engine.sock.place").read_bytes() == str(short_socket(path)).encode()


def test_both_sockets_of_an_engine_have_places_of_their_own(path: Path) -> None:
    settings = Settings(home=path.parent.parent, dags_folder=path.parent)
    settings.settle_sockets()
    assert settings.socket != settings.supervisor_socket
