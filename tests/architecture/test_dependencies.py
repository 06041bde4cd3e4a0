"""Every dependency says the lowest version that is tested, and the tools that test it find it."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from versions.interpreters import newest_of_each, version
from versions.lowest import PROJECT, constraints

TABLE = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]


def test_every_dependency_names_a_lowest_or_one_version() -> None:
    told = [*TABLE["dependencies"], *TABLE["optional-dependencies"]["samples"]]
    assert [each for each in told if ">=" not in each and "==" not in each] == []


def test_lowest_versions_are_the_declared_ones() -> None:
    project = """
        [project]
        dependencies = ["a-b>=1.2", "c==3", "d"]
        [project.optional-dependencies]
        dev = ["mypy>=1", "e >= 4.0.1"]
    """
    assert list(constraints(project)) == ["a-b==1.2", "e==4.0.1"]
    assert "croniter==6.2" in list(constraints(PROJECT.read_text(encoding="utf-8")))


def test_one_interpreter_of_each_minor_version_is_found(tmp_path: Path) -> None:
    broken = tmp_path / "python3"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    here = Path(sys.executable)
    assert version(broken) is None
    assert newest_of_each(iter([broken, here, here])) == {sys.version_info[:2]: here}


def test_the_readme_names_both_commands_on_its_first_screen() -> None:
    first = (PROJECT.parent / "README.md").read_text(encoding="utf-8").splitlines()[:25]
    for command in ("make demo", "make test"):
        assert any(command in line for line in first), f"`{command}` is not among the first lines"
