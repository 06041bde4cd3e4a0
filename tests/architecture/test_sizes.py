"""Sizes: a file is one thought, a function fits a screen."""

from __future__ import annotations

import ast
from statistics import median

from architecture.house import ROOT, TUI, name, sources, tree

LONGEST_FILE = 450
LONGEST_APP = 250
LONGEST_FUNCTION = 60
LONG_FUNCTIONS = {
    "core/penstock/authoring/dag.py:__init__": "the signature of DAG is as long as the words authors know",
}
"""Functions above the limit, each with the reason."""


def lines(text: str) -> int:
    return text.count("\n")


def test_no_file_is_a_place() -> None:
    """Tests and what is around them too: a test that nobody finds is written twice."""
    rest = [ROOT / folder for folder in ("tests", "benchmarks", "mutants", "sample_dags", "docs")]
    long = {name(file): lines(file.read_text()) for file in (*sources(), *sources(*rest))}
    assert {file: count for file, count in long.items() if count > LONGEST_FILE} == {}


def test_the_app_of_the_console_stays_small() -> None:
    assert lines((TUI / "app.py").read_text()) <= LONGEST_APP


def test_the_usual_file_is_a_page_or_two() -> None:
    assert 50 <= median(lines(file.read_text()) for file in sources()) <= 150


def test_long_functions_are_known_singly() -> None:
    found = {
        f"{name(file)}:{node.name}"
        for file in sources()
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert found == set(LONG_FUNCTIONS)


def test_most_functions_are_short() -> None:
    sizes = sorted(
        (node.end_lineno or 0) - node.lineno + 1
        for file in sources()
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert median(sizes) <= 10
    assert sizes[int(len(sizes) * 0.95)] <= 40
