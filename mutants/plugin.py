"""For pytest (``-p mutants.plugin``): run the chosen tests in the chosen order, and note how each went.

``MUTANTS_CHOSEN`` names a file of test ids, one a line; ``MUTANTS_NOTED`` one that is written: a JSON
object from test id to ``[seconds, outcome]``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

_noted: dict[str, tuple[float, str]] = {}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the chosen ones, in their order."""
    chosen = os.environ.get("MUTANTS_CHOSEN")
    if not chosen:
        return
    order = {line: at for at, line in enumerate(Path(chosen).read_text().splitlines())}
    left_out = [item for item in items if item.nodeid not in order]
    items[:] = sorted((item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid])
    if left_out:
        config.hook.pytest_deselected(items=left_out)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up a test's set-up, run and tear-down."""
    seconds, outcome = _noted.get(report.nodeid, (0.0, "passed"))
    worse = outcome if outcome == "failed" or report.outcome == "passed" else report.outcome
    _noted[report.nodeid] = (round(seconds + report.duration, 3), worse)
    if worse == "failed":
        _write()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the notes down; that nothing was left to run is not a failure of the code."""
    _write()
    if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def _write() -> None:
    if noted := os.environ.get("MUTANTS_NOTED"):
        Path(noted).write_text(json.dumps(_noted))
