"""The pytest plugin: fixtures ``dag_bag`` and ``run_dag`` for the tests of a project with DAG files.

pytest loads this file in every project where Penstock is installed, so it imports nothing of Penstock until
a fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from penstock.testing.bag import DagBag
    from penstock.testing.ran import Ran

_HELP = "the folder of DAG files for the fixtures dag_bag and run_dag, from the root folder of the tests"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the folder from the settings, or from the command line."""
    parser.addini("penstock_dags", _HELP, default="dags")
    parser.getgroup("penstock").addoption("--penstock-dags", metavar="DIR", default=None, help=_HELP)


@pytest.fixture(scope="session")
def dag_bag(pytestconfig: pytest.Config) -> DagBag:
    """Load the project's DAGs, once: ``.dags`` by id, ``.import_errors`` by file, ``.check()``."""
    from penstock.testing.bag import DagBag

    chosen = pytestconfig.getoption("--penstock-dags")
    folder = Path.cwd() / chosen if chosen else pytestconfig.rootpath / pytestconfig.getini("penstock_dags")
    with _told():
        return DagBag(folder)


@pytest.fixture
def run_dag(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ran]:
    """Run a DAG by id (of ``dag_bag``) or by its file, or one task of it; returns a `Ran`.

    ``run_dag("daily", task="load", logical_date=..., conf={...}, variables={...}, connections={...})``.
    """
    from dataclasses import replace

    from penstock.testing.bag import settings_near
    from penstock.testing.ran import run

    def run_one(dag: str | Path, dag_id: str | None = None, **asked: Any) -> Ran:
        with _told():
            if isinstance(dag, Path) or dag.endswith(".py"):
                file = Path(dag).absolute()
                settings = settings_near(file.parent)
            else:
                bag: DagBag = request.getfixturevalue("dag_bag")
                file, dag_id, settings = bag.file_of(dag), dag, bag.settings
            home = tmp_path_factory.mktemp("penstock")
            return run(file, dag_id, settings=replace(settings, home=home), **asked)

    return run_one


@contextmanager
def _told() -> Iterator[None]:
    """Let an error of ours fail the test with its words alone."""
    from penstock.errors import PenstockError

    wrong = None
    try:
        yield
    except PenstockError as error:
        wrong = str(error)
    if wrong is not None:
        pytest.fail(wrong, pytrace=False)
