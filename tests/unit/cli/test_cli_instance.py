"""Making an instance, loading its files, looking it over: what needs no engine."""

from __future__ import annotations

import os
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from drive.commands import Say
from fakes.engine import FakeEngine
from penstock.cli.template import CONFIG
from penstock.settings import Settings, load_settings


def test_init_makes_an_instance_and_says_what_to_type(alone: Say, tmp_path: Path) -> None:
    answer = alone("init", str(tmp_path / "new" / "home"))
    home = tmp_path / "new" / "home"
    assert answer.code == 0
    assert answer.out.strip() == str(home)
    assert (home / "penstock.toml").is_file()
    assert (home / "dags" / "first_dag.py").is_file()
    assert home.stat().st_mode & 0o077 == 0
    for line in ("penstock test dags/first_dag.py", "penstock up -d", "  penstock  "):
        assert line in answer.err


def test_init_overwrites_nothing(alone: Say, tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "mine.py").write_text("# mine")
    (tmp_path / "penstock.toml").write_text("parallelism = 3\n")
    answer = alone("init", str(tmp_path))
    assert answer.code == 0
    assert "penstock test dags/mine.py" in answer.err  # never a file that is not there
    assert (tmp_path / "penstock.toml").read_text() == "parallelism = 3\n"
    assert [path.name for path in (tmp_path / "dags").iterdir()] == ["mine.py"]
    assert alone("init", str(tmp_path)).code == 0


def test_init_where_it_may_not_write_is_wrong_use(alone: Say, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = alone("init", str(tmp_path / "file" / "home"))
    assert answer.code == 2
    assert "Traceback" not in answer.err


def test_the_configuration_shows_every_setting_with_its_default(tmp_path: Path) -> None:
    (tmp_path / "penstock.toml").write_text(CONFIG)
    plain = load_settings(tmp_path)
    assert plain == Settings(home=tmp_path, dags_folder=tmp_path / "dags")
    settings = [line.removeprefix("# ") for line in CONFIG.splitlines() if _is_setting(line)]
    shown = tomllib.loads("\n".join(settings))
    assert set(shown) == {item.name for item in fields(Settings)} - {"home"}
    (tmp_path / "penstock.toml").write_text("\n".join(settings))
    loaded = load_settings(tmp_path)
    examples = {"airflow", "executors", "pools", "connections", "variables", "http", "retention", "umask"}
    for item in fields(Settings):
        if item.name not in examples:
            assert getattr(loaded, item.name) == getattr(plain, item.name), item.name


def _is_setting(line: str) -> bool:
    words = line.removeprefix("# ").split()
    return line.startswith("# [") or (line.startswith("# ") and words[1:2] == ["="])


def test_a_file_that_is_not_there_is_wrong_use(alone: Say) -> None:
    assert alone("parse", "nowhere.py", "--json").code == 2
    assert alone("test", "nowhere.py", "--json").code == 2


def test_doctor_asks_a_running_engine(say: Say, engine: FakeEngine) -> None:
    answer = say("doctor", "--json")
    checks = {check["name"]: check for check in answer.document["checks"]}
    assert "4711" in checks["engine"]["text"]
    assert checks["dag files"]["verdict"] == ("fail" if engine.world.errors else "ok")
    assert checks["deadlines"]["verdict"] in {"ok", "fail"}


def test_down_without_an_engine_is_done_already(alone: Say, home: Path) -> None:
    answer = alone("down")
    assert answer.code == 0
    assert str(home) in answer.out


def test_a_wrong_configuration_is_wrong_use_and_names_file_and_key(alone: Say, home: Path) -> None:
    home.mkdir()
    (home / "penstock.toml").write_text("paralellism = 3\n")
    answer = alone("status")
    assert answer.code == 2
    assert "penstock.toml" in answer.err
    assert "paralellism" in answer.err


def test_the_console_needs_a_terminal(alone: Say) -> None:
    for command in ((), ("console",)):
        answer = alone(*command)
        assert answer.code == 2
        assert "terminal" in answer.err


def test_root_may_be_refused(alone: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("PENSTOCK_ALLOW_ROOT", "0")
    answer = alone("up", "-d")
    assert answer.code == 2
    assert "root" in answer.err


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022, 0o077])
def test_init_makes_files_with_modes_of_its_own(tmp_path: Path, alone: Say, umask: int) -> None:
    before = os.umask(umask)
    try:
        assert alone("init", str(tmp_path / "new" / "home")).code == 0
    finally:
        os.umask(before)
    home = tmp_path / "new" / "home"
    modes = {path.relative_to(home).as_posix(): path.stat().st_mode & 0o7777 for path in home.rglob("*")}
    assert home.stat().st_mode & 0o7777 == 0o700
    assert modes == {
        "dags": 0o700,
        "dags/first_dag.py": 0o644,
        "penstock.toml": 0o600,
        ".gitignore": 0o644,
    }


def test_init_takes_the_home_that_is_named(
    tmp_path: Path, alone: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PENSTOCK_HOME", raising=False)
    nothing = alone("init")
    assert nothing.code == 2
    assert "PENSTOCK_HOME" in nothing.err
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path / "named"))
    assert alone("init").code == 0
    assert (tmp_path / "named" / "penstock.toml").exists()
    assert alone("--home", str(tmp_path / "said"), "init").code == 0
    assert (tmp_path / "said" / "penstock.toml").exists()
    assert alone("init", str(tmp_path / "told")).code == 0
    assert (tmp_path / "told" / "penstock.toml").exists()


def test_init_says_what_keeps_an_engine_from_starting_where_it_is(tmp_path: Path, alone: Say) -> None:
    tmp_path.chmod(0o777)
    answer = alone("init", str(tmp_path))
    assert answer.code == 0
    assert f"chmod go-w {tmp_path}" in answer.err
    refused = alone("--home", str(tmp_path), "up")
    assert refused.code == 1
    assert f"chmod go-w {tmp_path}" in refused.err
