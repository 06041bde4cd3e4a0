"""The table of names: all that files import is served, and every path of a name is one object."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from penstock.airflow.table import table

GOLDEN = Path(__file__).parents[2] / "golden" / "airflow"
IMPORTS: dict[str, dict[str, Any]] = json.loads((GOLDEN / "imports.json").read_text())
SDK: list[str] = json.loads((GOLDEN / "surface.json").read_text())["sdk"]
NEVER = {"airflow.example_dags"}
"""Modules of examples: they lie beside the files that import them."""
LATER = {"lineage", "deadline_reference", "BaseDeadlineReference", "ResumableJobMixin", "result"}
"""Names of the newest release that nothing here is for."""
SCRIPT = """
import sys, json, importlib
from penstock.airflow.hook import install
install()
failed = {}
for path in json.load(sys.stdin):
    module, _, name = path.rpartition(".")
    try:
        namespace = {}
        exec(f"from {module} import {name}" if module else f"import {name}", namespace)
    except Exception as error:
        failed[path] = f"{type(error).__name__}: {error}"
print(json.dumps(failed))
"""


def imported(paths: list[str]) -> dict[str, str]:
    """Import each path in a process of its own; return what fails."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=json.dumps(paths), capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_every_name_that_files_were_seen_to_import_is_served() -> None:
    paths = [path for path in IMPORTS if not path.startswith(tuple(NEVER))]
    assert len(paths) > 260
    assert imported(paths) == {}


def test_every_public_name_of_the_task_sdk_is_served() -> None:
    assert imported([f"airflow.sdk.{name}" for name in SDK if name not in LATER]) == {}


def test_every_name_of_the_table_leads_somewhere() -> None:
    known = table()
    assert (
        imported(
            [f"{module}.{name}" for module in known.homes for name in known.homes[module] if name != "*"]
        )
        == {}
    )


def test_all_paths_of_a_name_are_one_object() -> None:
    known, by_home = table(), defaultdict(list)
    for module, names in known.homes.items():
        for name, home in names.items():
            if name != "*" and not home.startswith("absent:"):
                by_home[home].append(f"{module}:{name}")
    script = (
        "import sys, json, importlib\nfrom penstock.airflow.hook import install\ninstall()\n"
        "def at(path):\n    module, name = path.split(':')\n"
        "    return getattr(importlib.import_module(module), name)\n"
        "several = lambda paths: len({id(at(path)) for path in paths}) > 1\n"
        "print(json.dumps(list(filter(several, json.load(sys.stdin)))))\n"
    )
    paths = [found for home, found in by_home.items() if len(found) > 1 and "configuration" not in home]
    assert len(paths) > 60
    done = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(paths), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("airflow.models.Nonsense", "ImportError: cannot import name 'Nonsense' from 'airflow.models'"),
        ("airflow.nonsense.X", "No module named 'airflow.nonsense'"),
        ("airflow.utils.dates.Nonsense", "cannot import name 'Nonsense'"),
    ],
)
def test_what_is_not_served_is_an_import_error(path: str, told: str) -> None:
    assert told in imported([path])[path]


def test_a_process_without_airflow_imports_nothing_of_it(tmp_path: Path) -> None:
    file = tmp_path / "plain.py"
    file.write_text("import json\nfrom penstock import DAG\n")
    script = (
        "import sys\nfrom penstock.authoring.source import execute\n"
        f"execute({str(file)!r}, open({str(file)!r}, 'rb').read())\n"
        "print([name for name in sys.modules if 'airflow' in name])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
