"""Imports: the contracts of pyproject.toml hold, cover every room, and leave no circle."""

from __future__ import annotations

import tomllib
from typing import Any

import grimp
import pytest
from importlinter.cli import lint_imports

from architecture.house import CORE, ROOT


def contracts() -> list[dict[str, Any]]:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert isinstance(found, list)
    return found


def contract(name: str) -> dict[str, Any]:
    return next(each for each in contracts() if each["name"].startswith(name))


def test_the_contracts_hold(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    code = lint_imports(no_cache=True)
    assert code == 0, capsys.readouterr().out


def test_every_room_has_its_floor() -> None:
    layers = {name.strip() for line in contract("Rooms")["layers"] for name in line.split("|")}
    rooms = {f"penstock.{path.stem}" for path in CORE.iterdir() if (path / "__init__.py").exists()}
    ground = {f"penstock.{path.stem}" for path in CORE.glob("*.py")}
    # The surface is loaded word by word, the others hand over to what is asked for by name.
    doors = {"penstock.__init__", "penstock.__main__", "penstock.old_names"}
    assert rooms | ground | {"penstock_tui"} == layers | doors


def test_no_contract_has_an_exception() -> None:
    assert [each["name"] for each in contracts() if "ignore_imports" in each] == []


def test_no_contract_lets_everybody_in() -> None:
    """Whoever allows `penstock`, the package, allows all that is in it."""
    assert [each["name"] for each in contracts() if "penstock" in each.get("allowed_importers", ())] == []


def test_every_contract_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for part in text.split("[[tool.importlinter.contracts]]\n")[1:]:
        assert part.startswith("# "), f"a contract without a reason:\n{part[:200]}"


def test_a_broken_arrow_would_be_seen() -> None:
    """The graph that the contracts judge has the arrows we know: it is not empty by mistake."""
    graph = grimp.build_graph("penstock", "penstock_tui", include_external_packages=True, cache_dir=None)
    assert "sqlalchemy" in graph.find_modules_directly_imported_by("penstock.store.statement")
    assert "penstock.api.client" in graph.find_modules_directly_imported_by("penstock_tui.__main__")
    assert graph.find_shortest_chain("penstock.service.daemon", "sqlite3")


def test_no_module_needs_one_that_needs_it() -> None:
    assert _circles(_arrows(types=False)) == []


LARGEST = 3
"""So many modules may know one another, at most: more than that is one module in many files."""


def test_the_types_make_no_large_circle_either() -> None:
    circles = [sorted(circle) for circle in _circles(_arrows(types=True))]
    assert [circle for circle in circles if len(circle) > LARGEST] == []


def test_a_large_circle_would_be_seen() -> None:
    arrows = {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"a", "e"}, "e": set()}
    assert _circles(arrows) == [frozenset("abcd")]


def test_what_draws_and_acts_does_not_know_the_app() -> None:
    """Only who starts the console imports it, for types or in a function; the rest knows the shell."""
    graph = grimp.build_graph("penstock_tui", exclude_type_checking_imports=False, cache_dir=None)
    assert graph.find_modules_that_directly_import("penstock_tui.app") == {"penstock_tui.__main__"}
    shell = graph.find_modules_that_directly_import("penstock_tui.shell")
    assert {"penstock_tui.keyboard", "penstock_tui.screens.view", "penstock_tui.dialogs.dialog"} <= shell


def _arrows(*, types: bool) -> dict[str, set[str]]:
    """Return which module imports which, with or without what only type checkers see."""
    graph = grimp.build_graph(
        "penstock", "penstock_tui", exclude_type_checking_imports=not types, cache_dir=None
    )
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def _circles(arrows: dict[str, set[str]]) -> list[frozenset[str]]:
    """Return the sets of modules that can reach one another."""
    below = {module: _reached(arrows, module) for module in arrows}
    found = {
        frozenset(other for other in below[module] if module in below[other]) | {module}
        for module in arrows
        if module in below[module]
    }
    return sorted(found, key=sorted)


def _reached(arrows: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    stack = list(arrows[start])
    while stack:
        module = stack.pop()
        if module not in seen:
            seen.add(module)
            stack.extend(arrows[module] - seen)
    return seen
