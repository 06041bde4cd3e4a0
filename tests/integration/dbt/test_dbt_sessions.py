"""What rows note down beside the sessions of dbt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from penstock.dbt.session import ask_for, asked, asked_in_vain


def test_rows_that_ask_at_once_ask_with_one_act(tmp_path: Path) -> None:
    folder = str(tmp_path / "dbt")
    first = ask_for(folder, "a", 2)
    assert ask_for(folder, "b", 2) == ask_for(folder, "a", 2) == first
    assert ask_for(folder, "c", 3) != first
    assert [asked(folder, row) for row in ("a", "b", "c", "d")] == [2, 2, 3, 0]


def test_who_has_asked_in_vain_asks_with_another_act(tmp_path: Path) -> None:
    folder = str(tmp_path / "dbt")
    first = ask_for(folder, "a", 2)
    assert ask_for(folder, "b", 2) == first
    asked_in_vain(folder, "a")
    assert asked(folder, "a") == 0
    second = ask_for(folder, "a", 2)
    assert second != first
    asked_in_vain(folder, "b")  # it is late: the act that a has asked with stays
    assert ask_for(folder, "b", 2) == second
    asked_in_vain(folder, "nobody")
    assert ask_for(folder, "a", 2) == second


def test_a_run_that_takes_the_id_of_one_that_is_gone_asks_with_another_act(tmp_path: Path) -> None:
    folder = str(tmp_path / "dbt")
    begin(folder)
    first = ask_for(folder, "a", 2)
    begin(folder)
    assert asked(folder, "a") == 0
    assert ask_for(folder, "a", 2) != first


def begin(folder: str) -> None:
    """Begin the first session of a run in a process that ends at once."""
    script = f"from penstock.dbt.session import Session; Session.begin({folder!r}, ['x'], alone=True)"
    subprocess.run([sys.executable, "-P", "-c", script], check=True)
