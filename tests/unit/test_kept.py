"""How much of a DAG's past is kept: the settings for all, the section of one, and the words for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.errors import SettingsError
from penstock.settings import Kept, load_settings


def settings_of(tmp_path: Path, text: str) -> Kept:
    (tmp_path / "penstock.toml").write_text(text)
    return load_settings(tmp_path).kept_of("daily")


def test_something_is_kept_and_something_forgotten_without_any_setting(tmp_path: Path) -> None:
    assert load_settings(tmp_path).kept_of("daily") == Kept(days=30, bytes=10 << 30, runs=30)


def test_a_section_overrides_what_it_names(tmp_path: Path) -> None:
    text = "retention_days = 5\nkeep_runs = 2\n[retention.daily]\nbytes = 100\n[retention.other]\ndays = 1\n"
    assert settings_of(tmp_path, text) == Kept(days=5, bytes=100, runs=2)


@pytest.mark.parametrize(
    "text", ["[retention.daily]\nday = 3", "[retention.daily]\ndays = -1", "[retention]\ndaily = 3"]
)
def test_a_mistake_names_the_file_and_the_key(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"penstock\.toml: retention must be .* days, bytes and runs"):
        settings_of(tmp_path, text)


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (Kept(0, 0, 30), "everything"),
        (Kept(30, 10 << 30, 5), "runs of 30 days, and the newest 5 whatever their age; 10 GiB of logs a DAG"),
        (Kept(0, 1 << 29, 5), "runs of any age; 0.5 GiB of logs a DAG"),
        (Kept(7, 0, 0), "runs of 7 days, and the newest 0 whatever their age; logs of any size"),
    ],
)
def test_it_is_told_in_words(kept: Kept, words: str) -> None:
    assert kept.words() == words
