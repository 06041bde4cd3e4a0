"""Files of Airflow in a folder of their own, and how they load."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from penstock.loading.parse import parse_file_sync
from penstock.model.spec import DagSpec, ParsedFile
from penstock.settings import Settings

Write = Callable[..., Path]
Load = Callable[..., ParsedFile]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    home.mkdir()
    return Settings(home=home, dags_folder=tmp_path / "dags")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a file below the project's folder, by default a DAG file."""

    def write(text: str, name: str = "dags/file.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(dedent(text))
        return path

    return write


@pytest.fixture
def load(write: Write, settings: Settings) -> Load:
    """Return what writes a DAG file and loads it."""
    return lambda text, name="dags/file.py": parse_file_sync(write(text, name), settings=settings)


def only(parsed: ParsedFile) -> DagSpec:
    """Return the one DAG of a file that loads."""
    assert parsed.errors == ()
    [dag] = parsed.dags
    return dag
