"""What a stream can carry is found out, and what it cannot never ends in an exception."""

from __future__ import annotations

import io
import json
import sys

import pytest

from penstock.charset import carries_glyphs, never_fail
from penstock.cli import output
from penstock.model.drawing.box import to_ascii
from penstock_tui.view.carried import carried


def stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)


@pytest.mark.parametrize(
    ("encoding", "environ", "carries"),
    [
        ("utf-8", {}, True),
        ("utf-8", {"LANG": "en_US.UTF-8"}, True),
        ("utf-8", {"LANG": "C"}, False),
        ("utf-8", {"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),
        ("utf-8", {"LC_CTYPE": "C.UTF-8"}, True),
        ("utf-8", {"LANG": "C.UTF-8"}, True),
        ("utf-8", {"LANG": "en_US.UTF-8", "LC_ALL": "POSIX"}, False),
        ("utf-8", {"LANG": "C", "LC_ALL": "de_DE.UTF-8"}, True),
        ("utf-8", {"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, True),
        ("latin-1", {"LANG": "de_DE"}, False),
        ("ascii", {}, False),
        ("cp1252", {}, False),
    ],
)
def test_what_carries_glyphs(encoding: str, environ: dict[str, str], carries: bool) -> None:
    assert carries_glyphs(stream(encoding), environ) is carries


class Terminal(io.TextIOWrapper):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("name", ["dumb", "linux", "linux-16color", "vt100", "vt220", "ansi", "cons25"])
def test_a_terminal_without_a_font_for_them_does_not(name: str) -> None:
    environ = {"LANG": "en_US.UTF-8", "TERM": name}
    assert not carries_glyphs(Terminal(io.BytesIO(), encoding="utf-8"), environ)
    assert carries_glyphs(stream("utf-8"), environ)  # a pipe: who reads it is no terminal of that name


@pytest.mark.parametrize("name", ["xterm-256color", "tmux-256color", "screen", "foot", "rxvt", ""])
def test_other_terminals_do(name: str) -> None:
    assert carries_glyphs(Terminal(io.BytesIO(), encoding="utf-8"), {"LANG": "C.UTF-8", "TERM": name})


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_what_a_stream_cannot_carry_is_a_question_mark(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = stream(encoding)
    never_fail(out)
    monkeypatch.setattr(sys, "stdout", out)
    output.tell("a 漢字 \u240d b")
    assert out.buffer.getvalue() == b"a ?? ? b\n"  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8"])
def test_json_loses_nothing_whatever_stdout_can_carry(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out = stream(encoding)
    never_fail(out)
    monkeypatch.setattr(sys, "stdout", out)
    document = {"name": "漢é🐟", "plain": ["\\u", 3]}
    output.print_json(document)
    assert json.loads(out.buffer.getvalue().decode(encoding)) == document  # type: ignore[attr-defined]


def test_what_is_drawn_takes_as_many_cells_in_ascii() -> None:
    assert to_ascii("╭─│▸✗…█▁»") == ".-|>x~#_#"
    assert carried("é漢x", "latin-1") == "é??x"
    assert carried("é漢x", "ascii") == "???x"
    assert carried("é漢x", "utf-8") == "é漢x"
