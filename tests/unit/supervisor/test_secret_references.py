"""What stands at a reference to a secret, and why there is no value; a message never shows one."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.supervisor.secrets import MAX_SECRET_BYTES, UnresolvedError, decode, resolve


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"swordfish", "swordfish"),
        (b"two\nlines\r\n\n", "two\nlines"),
        (b" spaces \n", " spaces "),
        (b"", ""),
        (b"\xff\n", "\udcff"),
        (b"x" * MAX_SECRET_BYTES, "x" * MAX_SECRET_BYTES),
    ],
)
def test_a_value_is_all_but_the_line_ends_after_it(data: bytes, value: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(data)
    assert decode(data, "cmd:x") == value
    assert resolve(f"file:{file}", {}) == value


def test_variables_and_files_of_the_home_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "secret").write_bytes(b"of home\n")
    assert resolve("file:~/secret", {}) == "of home"
    assert resolve("env:A", {"A": "value\n"}) == "value\n"
    assert resolve("env:A:B", {"A:B": "odd"}) == "odd"


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("env:NONE", "the engine has no such environment variable"),
        ("file:{}/none", "No such file or directory"),
        ("file:{}", "Is a directory"),
        ("file:{}/large", f"larger than {MAX_SECRET_BYTES} bytes"),
        ("file:{}/nul", "contains a NUL byte"),
        ("cmd:print", "a reference must be env:NAME, file:PATH or cmd:COMMAND"),
        ("plain", "a reference must be env:NAME, file:PATH or cmd:COMMAND"),
    ],
)
def test_without_a_value_the_reference_is_named(reference: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * (MAX_SECRET_BYTES + 1))
    (tmp_path / "nul").write_bytes(b"a\0b")
    reference = reference.format(tmp_path)
    with pytest.raises(UnresolvedError) as refused:
        resolve(reference, {"A": "value"})
    assert str(refused.value) == f"{reference}: {why}"
