"""The hooks of the standard provider."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from penstock.airflow.served.exceptions import AirflowNotFoundException
from penstock.airflow.served.hooks import FSHook, SubprocessHook


@pytest.mark.parametrize(
    ("code", "exit_code", "output"),
    [("print('a'); print('b ')", 0, "b"), ("raise SystemExit(3)", 3, ""), ("print('é')", 0, "é")],
)
def test_a_program_ends_with_a_code_and_a_last_line(code: str, exit_code: int, output: str) -> None:
    result = SubprocessHook().run_command([sys.executable, "-X", "utf8", "-c", code])
    assert (result.exit_code, result.output) == (exit_code, output)


def test_a_program_gets_the_environment_and_the_folder_that_are_given(tmp_path: Path) -> None:
    code = "import os; print(os.getcwd(), sorted(set(os.environ) - {'LC_CTYPE'}))"
    result = SubprocessHook().run_command([sys.executable, "-c", code], env={"A": "b"}, cwd=str(tmp_path))
    assert result.output == f"{tmp_path} ['A']"
    SubprocessHook().send_sigterm()


def test_a_folder_is_that_of_its_connection(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", f'{{"conn_type": "fs", "extra": {{"path": "{tmp_path}"}}}}')
    lake = FSHook("lake")
    assert (lake.get_path(), lake.test_connection()[0]) == (str(tmp_path), True)
    assert FSHook().get_path() == ""
    with pytest.raises(AirflowNotFoundException):
        FSHook("nowhere")
