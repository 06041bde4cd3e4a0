"""``PYTHONOPTIMIZE=2`` leaves out docstrings and assertions: help, messages, loads and runs are the same."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from architecture.house import CORE
from penstock import errors

HELP = """
import json, sys
from click import Context, Group
from penstock.cli.root import penstock, VERBS

def told(verb, name):
    found = {name: verb.get_help(Context(verb, info_name=name))}
    if isinstance(verb, Group):
        for inner in verb.list_commands(Context(verb)):
            found |= told(verb.get_command(Context(verb), inner), f"{name} {inner}")
    return found

print(json.dumps(told(penstock, "penstock")))
"""
LOAD = """
from pathlib import Path
from penstock.loading.parse import parse_file_sync
from penstock.testing.bag import settings_near

path = Path({file!r})
(spec,) = parse_file_sync(path, settings=settings_near(path.parent)).dags
print(spec.doc, spec.tasks[0].doc, spec.groups[0].tooltip, sep="|")
"""
DAG_FILE = '''
from penstock import BashOperator, dag, task, task_group

@dag(schedule=None)
def documented():
    """What it is for."""

    @task
    def one():
        """What one does."""
        return 1

    @task_group
    def group(value):
        """What the group is."""
        BashOperator(task_id="two", bash_command="echo {{ ds_nodash or 'x' }}" if value is None else "echo 2")

    one() >> group(1)

documented()
'''


def python(*arguments: str, optimize: int, home: Path) -> subprocess.CompletedProcess[str]:
    """Run an interpreter and return how it ended."""
    environment = {**os.environ, "PYTHONOPTIMIZE": str(optimize), "PENSTOCK_HOME": str(home)}
    environment["PENSTOCK_ALLOW_ROOT"] = "1"
    words = [sys.executable, *arguments]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_the_help_is_the_same(tmp_path: Path) -> None:
    plain, without = (python("-c", HELP, optimize=level, home=tmp_path) for level in (0, 2))
    assert without.returncode == 0, without.stderr
    assert json.loads(without.stdout) == json.loads(plain.stdout)
    assert all("Usage" in text and len(text) > 60 for text in json.loads(without.stdout).values())


def test_an_error_without_words_has_a_default(tmp_path: Path) -> None:
    script = "from penstock.errors import EngineNotRunningError as E; print(E().message)"
    done = python("-c", script, optimize=2, home=tmp_path)
    assert done.stdout.strip() == errors.EngineNotRunningError().message, done.stderr


CLASSES = [
    each for each in ast.parse((CORE / "errors.py").read_text()).body if isinstance(each, ast.ClassDef)
]


@pytest.mark.parametrize("node", CLASSES, ids=lambda node: node.name)
def test_the_default_is_the_first_line_of_the_docstring(node: ast.ClassDef) -> None:
    assert getattr(errors, node.name).default == (ast.get_docstring(node) or "").splitlines()[0]


def test_nothing_else_reads_docstrings_at_run_time() -> None:
    files = [path for path in CORE.rglob("*.py") if "__doc__" in path.read_text()]
    readers = {path.relative_to(CORE).as_posix() for path in files}
    # Of authors' functions, which are compiled with their docstrings whatever the interpreter does.
    assert readers == {
        "authoring/dag.py", "authoring/group.py", "operators/asset_decorator.py", "operators/decorators.py",
    }  # fmt: skip


def test_a_file_loads_and_a_run_succeeds(tmp_path: Path) -> None:
    file = tmp_path / "documented.py"
    file.write_text(DAG_FILE)
    script = LOAD.format(file=str(file))
    loaded = python("-c", script, optimize=2, home=tmp_path)
    assert loaded.stdout.strip() == "What it is for.|What one does.|What the group is.", loaded.stderr
    ran = python("-m", "penstock", "test", str(file), optimize=2, home=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
