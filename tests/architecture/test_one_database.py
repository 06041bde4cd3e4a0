"""What is only about SQLite is in one folder, so that a second database would be an addition."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from architecture.house import CORE, name, sources, tree

SQLITE = re.compile(
    r"[Ss][Qq][Ll]ite|SQLITE|PRAGMA|VACUUM|\bdbstat\b|\browid\b|\btypeof\b|\bzeroblob\b"
    r"|-wal\b|-shm\b|\bOR (IGNORE|REPLACE)\b|BEGIN IMMEDIATE",
)
ALLOWED = {
    "core/penstock/store/tables/failures.py": r"sqlite_(where|autoincrement)",
    "core/penstock/store/tables/points.py": r"sqlite_(where|autoincrement)",
    "core/penstock/store/tables/runs.py": r"sqlite_(where|autoincrement)",  # options that SQLAlchemy calls so
    "core/penstock/store/tables/trail.py": r"sqlite_(where|autoincrement)",
    "core/penstock/store/database.py": r"sqlite3|.*SQLite's locks are not reliable.*",  # a type, a message
    "core/penstock/store/upkeep/backup.py": r".*is not a complete SQLite database.*",  # a message
    "core/penstock/cli/airflow_database.py": r".*",  # a database of Airflow's
    "core/penstock/cli/airflow.py": r".*(sqlite://|an SQLite database).*",  # messages about it
    "core/penstock/cli/checks/machine.py": r".*",  # the doctor looks at what is installed
    "core/penstock/task_process/databases.py": r".*",  # databases that tasks ask
    "core/penstock/old_names.py": r".*",
    "core/penstock/airflow/missing.py": r"sqlite",  # the name of a package
    "core/penstock/airflow/served/connections.py": r"sqlite",  # a type of connection
    "core/penstock/airflow/served/docker.py": r"--shm-size",  # an option of docker
    "core/penstock/airflow/served/sql.py": r"sqlite3|Connection|sqlite_(conn_id|default)",  # what tasks ask
}
"""Outside: file -> what may be said there."""


def test_nothing_outside_its_folder_speaks_of_sqlite() -> None:
    found = {}
    for file in sources(CORE):
        if any((CORE / "store" / folder) in file.parents for folder in ("sqlite", "migrations", "sql")):
            continue
        said = [text for text in _words(file) if SQLITE.search(text)]
        allowed = re.compile(ALLOWED.get(name(file), r"(?!)"), re.DOTALL)
        said = [text for text in said if not allowed.fullmatch(text)]
        if said:
            found[name(file)] = said
    assert found == {}


def test_the_search_finds_what_it_is_for(tmp_path: Path) -> None:
    file = tmp_path / "some.py"
    file.write_text(
        '"""Says SQLite in words."""\nimport sqlite3\n\n\ndef f(raw):\n'
        '    """And PRAGMA."""\n    raw.execute(f"PRAGMA x = {1}")\n    return sa.func.typeof(1)\n'
    )
    assert {text for text in _words(file) if SQLITE.search(text)} == {"sqlite3", "PRAGMA x = ", "typeof"}


def _words(file: Path) -> list[str]:
    """Return the names and strings of a file's code: no docstring, and no import from the folder itself."""
    parsed = tree(file)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(parsed)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    docs |= {
        id(node.value)
        for node in ast.walk(parsed)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found: list[str] = []
    for node in ast.walk(parsed):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            found.append(node.value)
        elif isinstance(node, ast.Attribute):
            found.append(node.attr)
        elif isinstance(node, ast.keyword) and node.arg:
            found.append(node.arg)
        elif isinstance(node, ast.Name):
            found.append(node.id)
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and ".store.sqlite" not in (node.module or ""):
            found.append(node.module or "")
    return found
