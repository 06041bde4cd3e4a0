"""However the console ends, it says why, and where the details are."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from drive.terminal import Terminal, console, fake_console
from penstock_tui.last_words import LOG, LastWords

_BROKEN = """
import sys
from penstock_tui.screens.dags import DagsScreen
from penstock_tui.__main__ import main

def fail(self):
    raise ValueError("nobody expected this")

DagsScreen.do_mark_all = fail
sys.exit(main(["--home", sys.argv[1]]))
"""


@pytest.mark.parametrize("size", [(120, 36), (13, 24), (1, 1)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_an_error_is_said_at_every_size_and_its_details_are_kept(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    with Terminal([sys.executable, "-c", _BROKEN, str(tmp_path)], (80, 24)) as terminal:
        terminal.sees("no engine")
        terminal.resize(*size)
        terminal.settle()
        terminal.send(b"*")
        assert terminal.ended() == 1
    said = terminal.output.decode(errors="replace").rpartition("\x1b[?1049l")[2]
    assert "penstock console: it failed: ValueError: nobody expected this" in said
    assert str(tmp_path / LOG) in said
    kept = (tmp_path / LOG).read_text(encoding="utf-8")
    assert "in fail" in kept
    assert f"{size[0]}x{size[1]}, screen DagsScreen" in kept


def test_an_error_before_anything_is_drawn_is_said(tmp_path: Path) -> None:
    program = _BROKEN.replace("DagsScreen.do_mark_all", "import penstock_tui.keymap as k; k.read_keymap")
    program = program.replace("(self)", "(*_)")
    with Terminal([sys.executable, "-c", program, str(tmp_path)], (80, 24)) as terminal:
        assert terminal.ended() == 1
        assert "it failed: ValueError: nobody expected this" in terminal.text()


def test_a_signal_is_named() -> None:
    with Terminal(fake_console()) as terminal:
        terminal.sees("orders_daily", "? more")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ended() == 128 + signal.SIGTERM
        assert "penstock console: ended by SIGTERM" in terminal.text()


@pytest.mark.parametrize("sent", [b"\xff\xfe", b"caf\xe9", b"\x1b[200~caf\xe9\x1b[201~", b"\xc3"])
def test_what_is_not_utf_8_does_not_end_it(tmp_path: Path, sent: bytes) -> None:
    with Terminal(console(tmp_path)) as terminal:
        terminal.sees("no engine")
        terminal.send(sent)
        terminal.settle()
        terminal.send(b"?")
        terminal.sees("Keys of this view")
        terminal.send(b"\x03")
        assert terminal.ended() == 0


def test_without_a_file_to_write_the_details_are_shown(tmp_path: Path) -> None:
    try:
        raise ValueError("lost")
    except ValueError as error:
        said = LastWords(tmp_path / "no" / "home" / LOG).of(error)
    assert "it failed: ValueError: lost" in said
    assert "Traceback" in said


def test_a_large_file_begins_anew(tmp_path: Path) -> None:
    log = tmp_path / LOG
    log.write_bytes(b"x" * 1_000_001)
    LastWords(log).of(ValueError("new"))
    assert log.stat().st_size < 1000
    assert (tmp_path / f"{LOG}.1").stat().st_size == 1_000_001
