"""The rooms whose changes are tried, and the tests that reach what coverage cannot see.

When a folder moves, this is the file to change.
"""

from __future__ import annotations

from pathlib import Path

# Folders and files below `core/penstock` and `tui/penstock_tui`; a name that ends in `.py` is one file.
ROOMS = {
    "scheduling": ("scheduling",),
    "execution": ("execution", "attempts", "supervisor"),
    "store": ("store",),
    "view": ("view",),
}
# Code that history has settled, or that no test of ours could tell; statements are held equal to their text.
LEFT_OUT = ("store/migrations/", "store/sql/", "store/statements/")

# Tests that may notice. Those of whole engines and samples take minutes and ask little of one line.
TESTS = (
    "tests/unit",
    "tests/contract",
    "tests/integration/scheduling",
    "tests/integration/store",
    "tests/integration/service",
    "tests/integration/execution",
    "tests/integration/dask",
    "tests/integration/task",
    "tests/console",
)

# Run before others: they compare everything that a step changes, so they notice most.
FIRST = ("test_stories.py", "test_supervisor_stories.py", "test_view_stories.py", "test_read_stories.py")

# Supervisors, workers and task processes are where coverage does not look, and tables and constants are read
# when they are imported: tests that start or use them, by the end of the path of the code. Globs below
# `tests/`; what coverage saw comes in addition.
BLIND: dict[tuple[str, ...], tuple[str, ...]] = {
    ("*.py",): ("unit/test_settled_values.py",),
    ("store/tables/*.py",): ("integration/store/*.py",),
    ("supervisor/*.py",): (
        "unit/execution/*.py",
        "unit/supervisor/*.py",
        "contract/test_executor*.py",
        "integration/execution/*.py",
    ),
    ("execution/dask/*.py",): ("unit/dask/*.py", "integration/dask/*.py"),
    ("execution/host/*.py", "execution/remote/*.py"): (
        "contract/test_executor*.py",
        "integration/execution/test_worker_host.py",
        "integration/execution/test_elsewhere.py",
        "integration/dask/test_dask_client.py",
    ),
    ("task_process/*.py",): (
        "integration/task/*.py",
        "integration/execution/test_warm_parent.py",
        "integration/service/test_callbacks_delivered.py",
    ),
}


def sources(tree: Path, room: str) -> list[Path]:
    """List the files of a room, relative to ``tree``, sorted."""
    found: set[Path] = set()
    for package in (tree / "core" / "penstock", tree / "tui" / "penstock_tui"):
        for name in ROOMS[room]:
            place = package / name
            found.update(place.rglob("*.py") if place.is_dir() else [place] if place.is_file() else [])
    relative = sorted(path.relative_to(tree) for path in found)
    return [path for path in relative if not any(part in path.as_posix() for part in LEFT_OUT)]


def blind_tests(tree: Path, source: Path) -> list[str]:
    """List the test files, relative to ``tree``, for code that runs in processes of its own."""
    tests: set[str] = set()
    for sources_, globs in BLIND.items():
        if any(source.match(pattern) for pattern in sources_):
            for glob in globs:
                tests.update(path.relative_to(tree).as_posix() for path in (tree / "tests").glob(glob))
    return sorted(test for test in tests if Path(test).name.startswith("test_"))
