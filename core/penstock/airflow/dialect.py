"""Which Airflow a file was written for, 2.x or 3.x, told from its syntax tree.

A word that only one of them knows is a clear mark, an import that both know is a weak one for 2.x. A clear
mark of 2.x outweighs one of 3.x: such a file was moved to new paths, and still means what it meant. A weak
one does not: a file that imports from ``airflow.sdk`` was never one of 2.x.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from penstock.airflow.dates_of_2 import DATES_OF_2
from penstock.airflow.table import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Found(NamedTuple):
    """The dialect of a file, ``"2"`` or ``"3"``, and what decided that, for people."""

    word: str
    because: str
    clear: bool = True


class _Mark(NamedTuple):
    word: str
    text: str
    line: int


_COMMENT = re.compile(
    rb"^[ \t]*#[ \t]*(?:penstock:[ \t]*)?airflow[ -]dialect[ \t]*[:=][ \t]*([23])\b", re.MULTILINE
)
_KEYWORDS = {
    **dict.fromkeys(
        [
            "schedule_interval", "provide_context", "fail_stop", "default_view", "orientation",
            "task_concurrency", "execution_date", "sla_miss_callback", "sla", "concurrency", "timetable",
        ],
        "2",
    ),
    **dict.fromkeys(["fail_fast", "retry_policy", "watchers", "deadline", "allowed_run_types"], "3"),
}  # fmt: skip
_ONLY_OF_DAG = frozenset({"concurrency", "timetable", "deadline", "fail_fast", "fail_stop"})
"""Keywords that mark a dialect in a call of ``DAG`` or ``dag`` and may mean anything elsewhere."""
_OLD_ENDINGS = ("_operator", "_hook", "_sensor", "_operators", "_hooks", "_sensors")
_OLD_ROOMS = ("airflow.operators.", "airflow.hooks.", "airflow.sensors.")
_TEMPLATE = re.compile(r"\{[{%](.*?)[}%]\}", re.DOTALL)
_WORD = re.compile(r"\b[a-z_]+\b")


def imports_airflow(source: bytes) -> bool:
    """Whether *source* may import from airflow; a file that names it only in passing counts too."""
    return b"airflow" in source


def dialect_of(source: bytes, *, said: str | None = None) -> Found:
    """Return the dialect of a file. *said* is what the settings want; a comment in the file overrides it."""
    comment = _COMMENT.search(source)
    if comment:
        line = source.count(b"\n", 0, comment.start(1)) + 1
        return Found(comment[1].decode(), f"line {line}: the file says so")
    if said is not None:
        return Found(said, "penstock.toml says so")
    try:
        marks = sorted(_marks(ast.parse(source)), key=lambda mark: mark.line)
    except (SyntaxError, ValueError, RecursionError):
        return Found("2", "it cannot be read", clear=False)
    for word in ("2", "3"):
        first = next((mark for mark in marks if mark.word == word), None)
        if first is not None:
            return Found(word, f"line {first.line}: {first.text}")
    weak = next((mark for mark in marks if mark.word == "2-3"), None)
    if weak is not None:
        return Found("2", f"line {weak.line}: {weak.text}, and nothing that only 3.x has", clear=False)
    return Found("2", "nothing says otherwise", clear=False)


def _marks(tree: ast.AST) -> Iterator[_Mark]:
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), level=0) if module.partition(".")[0] == "airflow":
                yield from _imported(node, module)
            case ast.Import():
                yield from _modules(node)
            case ast.Call():
                yield from _keywords(node)
            case ast.Dict(keys=keys):
                yield from _default_args(node, keys)
            case ast.Attribute(attr=attr) if attr in DATES_OF_2 or attr == "days_ago":
                yield _Mark("2", f"uses {attr}", node.lineno)
            case ast.arg(arg=name) if name in DATES_OF_2:
                yield _Mark("2", f"uses {name}", node.lineno)
            case ast.Subscript(slice=ast.Constant(value=str(key))) if key in DATES_OF_2:
                yield _Mark("2", f"uses {key}", node.lineno)
            case ast.Constant(value=str(text)) if "{" in text:
                yield from _templates(node, text)
            case _:
                pass


def _imported(node: ast.ImportFrom, module: str) -> Iterator[_Mark]:
    for alias in node.names:
        era = "2" if alias.name == "days_ago" else _era(module, alias.name)
        yield _Mark(era, f"imports {alias.name} from {module}", node.lineno)


def _modules(node: ast.Import) -> Iterator[_Mark]:
    for alias in node.names:
        if alias.name.partition(".")[0] == "airflow":
            yield _Mark(_era(alias.name, ""), f"imports {alias.name}", node.lineno)


def _era(module: str, name: str) -> str:
    known = table()
    found = known.era(module, name) or known.era_of_module(f"{module}.{name}" if name else module)
    if found is not None:
        return found
    if module.startswith(("airflow.sdk", "airflow.providers.standard", "airflow.providers.common.compat")):
        return "3"
    if module.startswith("airflow.contrib"):
        return "2"
    if module.startswith(_OLD_ROOMS) and (module.endswith(_OLD_ENDINGS) or name.endswith(_OLD_ENDINGS)):
        return "2"
    return "2-3"


def _keywords(node: ast.Call) -> Iterator[_Mark]:
    called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
    makes_dag = called in {"DAG", "dag"}
    for keyword in node.keywords:
        word = _KEYWORDS.get(keyword.arg or "")
        if word is None or (keyword.arg in _ONLY_OF_DAG and not makes_dag):
            continue
        if keyword.arg == "execution_date" and not str(called).endswith(("Operator", "Sensor", "Marker")):
            continue
        yield _Mark(word, f"uses {keyword.arg}=", keyword.value.lineno)


def _default_args(node: ast.Dict, keys: list[Any]) -> Iterator[_Mark]:
    names = {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    if names & {"owner", "retries", "start_date", "depends_on_past", "retry_delay"}:
        for name in sorted(names & {"schedule_interval", "provide_context", "task_concurrency", "sla"}):
            yield _Mark("2", f"uses {name!r} in default_args", node.lineno)


def _templates(node: ast.Constant, text: str) -> Iterator[_Mark]:
    for inside in _TEMPLATE.finditer(text):
        for word in _WORD.findall(inside[1]):
            if word in DATES_OF_2:
                yield _Mark("2", f"a template uses {word}", node.lineno)
                return
