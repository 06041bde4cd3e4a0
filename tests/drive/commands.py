"""Running commands of the command line in this process: `say` on an engine in memory, `alone` with none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fakes.engine import FakeEngine
from fakes.world import replace
from penstock.cli.main import run
from penstock.cli.session import Session


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Stdout as the one JSON document it must be."""
        return json.loads(self.out)


Say = Callable[..., Answer]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, so that nothing finds the machine's."""
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "home"


@pytest.fixture
def engine() -> FakeEngine:
    """An engine with two DAGs that live in New York: nyc_flights and user_snapshots."""
    made = FakeEngine()
    for name in ("nyc_flights", "user_snapshots"):
        detail = made.world.dags[name]
        made.world.dags[name] = replace(detail, dag=replace(detail.dag, timezone="America/New_York"))
    return made


@pytest.fixture
def say(home: Path, engine: FakeEngine, capfdbinary: pytest.CaptureFixture[bytes]) -> Say:
    """Run a command against the engine in memory."""

    def command(*arguments: str) -> Answer:
        code = run(arguments, Session(engine=engine))
        out, err = capfdbinary.readouterr()
        return Answer(code, out.decode(), err.decode())

    return command


@pytest.fixture
def alone(home: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Say:
    """Run a command in a home where no engine runs."""

    def command(*arguments: str) -> Answer:
        code = run(arguments)
        out, err = capfdbinary.readouterr()
        return Answer(code, out.decode(), err.decode())

    return command
