"""The quick status: word for word the one of the command proper, or nothing at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.instance import Instance
from penstock.cli.glance import glance
from penstock.cli.main import run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the home of an engine that answers."""
    instance = Instance(tmp_path_factory.mktemp("home"))
    instance.start()
    try:
        yield instance.home
    finally:
        instance.stop()


@pytest.fixture(autouse=True)
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_HOME", str(home))


def _steady(text: str) -> list[str]:
    """Return the lines that do not move by themselves."""
    return [line for line in text.splitlines() if not line.startswith("idle")]


def test_people_read_the_same_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert glance(["status"]) == 0
    quick = capsys.readouterr()
    assert run(["status"]) == 0
    proper = capsys.readouterr()
    assert _steady(quick.out) == _steady(proper.out)
    assert "running since" in quick.out
    assert quick.err == proper.err


def test_programs_read_the_same_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert glance(["status", "--json"]) == 0
    quick = json.loads(capsys.readouterr().out)
    assert run(["status", "--json"]) == 0
    proper = json.loads(capsys.readouterr().out)
    assert quick | {"idle_seconds": 0} == proper | {"idle_seconds": 0}
    assert quick["pid"] > 0


@pytest.mark.parametrize("arguments", [[], ["status", "--help"], ["--home", "x", "status"], ["dags", "list"]])
def test_everything_else_is_left_to_the_commands(arguments: list[str]) -> None:
    assert glance(arguments) is None


def test_without_an_engine_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path))
    assert glance(["status"]) is None
    assert capsys.readouterr() == ("", "")
