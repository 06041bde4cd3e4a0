"""``umask`` in penstock.toml: octal digits as a shell's umask says them, or a TOML octal number."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.errors import SettingsError
from penstock.settings import load_settings


@pytest.mark.parametrize(
    ("line", "mask"),
    [
        ('umask = "022"', 0o022),
        ('umask = "0027"', 0o027),
        ("umask = '2'", 0o002),
        ('umask = "0"', 0),
        ('umask = "77"', 0o077),
        ("umask = 0o22", 0o022),
        ("  umask=0o027  # group may read", 0o027),
        ("", None),
    ],
)
def test_what_it_means(tmp_path: Path, line: str, mask: int | None) -> None:
    (tmp_path / "penstock.toml").write_text(f"parallelism = 3\n{line}\n")
    assert load_settings(tmp_path).umask == mask


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("umask = 22", 'octal digits in quotes, such as "022", not 22'),
        ("umask = 18", 'octal digits in quotes, such as "022", not 18'),
        ("umask = 022", 'write umask = "022", in quotes'),
        ('umask = "u=rwx,g=rx"', "octal digits in quotes"),
        ('umask = "028"', "octal digits in quotes"),
        ('umask = "0o22"', "octal digits in quotes"),
        ('umask = "-22"', "octal digits in quotes"),
        ('umask = ""', "octal digits in quotes"),
        ("umask = true", "octal digits in quotes"),
        ("umask = [0o22]", "octal digits in quotes"),
        ("umask = 2.2", "octal digits in quotes"),
        ('umask = "777"', "umask 0777 takes permissions from the tasks' own user: it may be 0077 at most"),
        ("umask = 0o177", "0077 at most"),
        ('umask = "1022"', "0077 at most"),
    ],
)
def test_what_is_refused(tmp_path: Path, line: str, word: str) -> None:
    (tmp_path / "penstock.toml").write_text(f"{line}\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path)
    assert word in str(caught.value)
    assert str(tmp_path / "penstock.toml") in str(caught.value)
