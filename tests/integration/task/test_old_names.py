"""Old module names go on working for processes that began before an upgrade."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from penstock.attempts import files
from penstock.old_names import OLD_NAMES

CORE = Path(files.__file__).parents[1]


@pytest.mark.parametrize(("old", "new"), OLD_NAMES.items())
def test_an_old_name_is_the_module_of_today(old: str, new: str) -> None:
    assert import_module(old) is import_module(new)


def test_each_file_under_an_old_name_is_in_the_table() -> None:
    found = {
        ".".join(("penstock", *path.relative_to(CORE).with_suffix("").parts))
        for path in CORE.rglob("*.py")
        if "old_names import stand_in" in path.read_text()
    }
    assert found == set(OLD_NAMES)


@pytest.mark.parametrize("module", ["task_child", "callback_child"])
def test_an_order_of_the_version_before_can_be_carried_out(tmp_path: Path, module: str) -> None:
    """The command of such an order begins the process of today: it reads the order and says what is wrong."""
    (tmp_path / "spec").write_text("{}\n")
    asked = [
        subprocess.run(
            [sys.executable, "-P", "-m", name, str(tmp_path)], capture_output=True, text=True, check=False
        )
        for name in (f"penstock.execution.{module}", OLD_NAMES[f"penstock.execution.{module}"])
    ]
    assert asked[0].returncode == asked[1].returncode != 0
    assert asked[0].stderr.splitlines()[-1] == asked[1].stderr.splitlines()[-1]
    assert "ModuleNotFoundError" not in asked[0].stderr
