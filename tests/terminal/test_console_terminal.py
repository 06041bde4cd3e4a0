"""The console in a real terminal: it draws, obeys, tidies up behind itself, and ends when hung up on."""

from __future__ import annotations

import re
import signal
import sys
import time
from pathlib import Path

import pytest

from drive.terminal import Terminal, console, fake_console

_TRUE_COLOUR = re.compile(rb"\x1b\[[0-9;]*[34]8;2;")
_LARGE_PALETTE = re.compile(rb"\x1b\[[0-9;]*[34]8;5;")
_MOUSE = b"\x1b[?1003h"
_LEAVE_ALTERNATE = b"\x1b[?1049l"


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
def test_it_opens_acts_and_leaves_the_terminal_as_it_was(size: tuple[int, int]) -> None:
    with Terminal(fake_console(), size) as terminal:
        terminal.sees("orders_daily", "✗ failed", "? more")
        terminal.send(b"r")
        terminal.sees("Retry 6 tasks (y)")
        terminal.send(b"y")
        terminal.sees("Retry 6 tasks: done")
        terminal.send(b"q")
        assert terminal.ended() == 0
        assert _LEAVE_ALTERNATE in terminal.output
        assert "keep running" in terminal.text()


def test_a_storm_of_sizes_ends_in_a_whole_screen() -> None:
    with Terminal(fake_console(), (120, 36)) as terminal:
        terminal.sees("orders_daily")
        for columns, rows in ((60, 15), (30, 6), (10, 3), (200, 50), (81, 25), (80, 24)):
            terminal.resize(columns, rows)
            terminal.read()
        terminal.sees("orders_daily", "? more", "user_snapshots")
        terminal.send(b"\x03")
        assert terminal.ended() == 0


def stopped(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T"


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="whether a process is stopped is read from /proc"
)
def test_put_aside_and_brought_back_it_draws_everything_again() -> None:
    with Terminal(fake_console()) as terminal:
        terminal.sees("orders_daily", "? more")
        terminal.send(b"\x1a")
        limit = time.monotonic() + 20
        while not stopped(terminal.process.pid):
            assert time.monotonic() < limit
            terminal.read()
        terminal.wipe()
        terminal.process.send_signal(signal.SIGCONT)
        terminal.sees("orders_daily", "prod-etl", "? more")
        terminal.send(b"\x0c")
        terminal.settle()
        terminal.wipe()
        terminal.send(b"\x0c")
        terminal.sees("orders_daily", "prod-etl", "? more")


def test_sighup_ends_it_at_once() -> None:
    with Terminal(fake_console()) as terminal:
        terminal.sees("orders_daily")
        terminal.process.send_signal(signal.SIGHUP)
        assert terminal.ended() == 129


def test_a_terminal_that_went_away_ends_it_even_where_the_signal_is_ignored() -> None:
    ignore = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    program = f"import signal, os, sys; {ignore}; os.execv(sys.argv[1], sys.argv[1:])"
    with Terminal([sys.executable, "-c", program, *fake_console()]) as terminal:
        terminal.sees("orders_daily")
        terminal.hang_up()
        assert terminal.ended() == 129


@pytest.mark.parametrize(
    "env",
    [{}, {"NO_COLOR": "1"}, {"COLORTERM": "truecolor"}, {"TERM": "linux"}, {"TERM": "screen"}],
    ids=["plain", "no colour", "true colour", "linux", "screen"],
)
def test_it_uses_the_terminals_own_colours_only(env: dict[str, str]) -> None:
    with Terminal(fake_console(), env=env) as terminal:
        terminal.sees("orders_daily", "failed", "? more")
        assert not _TRUE_COLOUR.search(terminal.output)
        assert not _LARGE_PALETTE.search(terminal.output)
        coloured = terminal.colours() - {"default", "black", "white"}
        assert bool(coloured) is ("NO_COLOR" not in env)
        terminal.send(b"q")
        assert terminal.ended() == 0


def test_over_ssh_the_mouse_is_left_alone(tmp_path: Path) -> None:
    with Terminal(console(tmp_path), env={"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}) as terminal:
        terminal.sees("no engine")
        assert _MOUSE not in terminal.output
        terminal.send(b"q")
        assert terminal.ended() == 0
    with Terminal(console(tmp_path)) as terminal:
        terminal.sees("no engine")
        assert _MOUSE in terminal.output


def test_a_dumb_terminal_is_refused_with_a_clear_line(tmp_path: Path) -> None:
    with Terminal(console(tmp_path), env={"TERM": "dumb"}) as terminal:
        assert terminal.ended() == 2
        assert "TERM=dumb" in terminal.text()
        assert b"\x1b[" not in terminal.output


def test_without_an_engine_and_a_database_it_says_so_and_offers_to_start_one(tmp_path: Path) -> None:
    with Terminal(console(tmp_path)) as terminal:
        terminal.sees("no engine", "U starts one")
        terminal.send(b"U")
        terminal.sees("Start an engine?", "$ penstock up -d")
        terminal.send(b"n")
        terminal.send(b"q")
        assert terminal.ended() == 0


def test_without_an_engine_the_stored_state_is_shown_with_its_age(tmp_path: Path) -> None:
    from penstock.store.database import Database

    Database.open(tmp_path / "penstock.db").close()
    with Terminal(console(tmp_path), (120, 24)) as terminal:
        terminal.sees("no engine", "U starts one", "no DAGs yet")
        terminal.send(b"q")
        assert terminal.ended() == 0


def test_a_wrong_keys_file_is_named_and_the_rest_works(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text('fly = "x"\n', encoding="utf-8")
    with Terminal(console(tmp_path), (120, 24)) as terminal:
        terminal.sees("there is no action 'fly'")
        terminal.send(b"q")
        assert terminal.ended() == 0


def test_a_wrong_configuration_is_named(tmp_path: Path) -> None:
    (tmp_path / "penstock.toml").write_text("parallelism = 'many'\n", encoding="utf-8")
    with Terminal(console(tmp_path), (160, 24)) as terminal:
        assert terminal.ended() == 2
        assert "parallelism" in terminal.text()


def test_the_ascii_console_opens_and_leaves(tmp_path: Path) -> None:
    with Terminal(console(tmp_path, "--ascii")) as terminal:
        terminal.sees("no engine")
        terminal.send(b"q")
        assert terminal.ended() == 0


@pytest.mark.parametrize(
    "env",
    [
        {"LANG": "C"},
        {"LC_ALL": "POSIX"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
    ids=["LANG=C", "POSIX", "latin-1", "ascii"],
)
def test_where_glyphs_cannot_be_carried_it_is_ascii_by_itself(tmp_path: Path, env: dict[str, str]) -> None:
    home = tmp_path / "a漢字b"
    home.mkdir()
    with Terminal(console(home), (120, 24), env=env) as terminal:
        terminal.sees("no engine")
        terminal.send(b"U")
        terminal.sees("Start an engine?", "|")
        terminal.send(b"n?")
        terminal.sees("Keys of this view")
        text = terminal.text().replace("漢", "").replace("字", "")
        assert text.isascii(), "".join(char for char in text if not char.isascii())
        terminal.send(b"\x03")
        assert terminal.ended() == 0
        assert "UnicodeEncodeError" not in terminal.text()


def test_ascii_may_be_asked_for_before_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "penstock", "--home", str(tmp_path), "--ascii", "--read-only"]
    with Terminal(command, (100, 24)) as terminal:
        terminal.sees("no engine")
        terminal.send(b"?")
        terminal.sees("Keys of this view", "Looking", "|")
        assert terminal.text().isascii()
        assert "Acts:" not in terminal.text()
        terminal.send(b"\x03")
        assert terminal.ended() == 0


def test_idle_it_writes_nothing() -> None:
    with Terminal(fake_console(), (120, 36)) as terminal:
        terminal.sees("orders_daily", "failed", "? more")
        terminal.settle()
        before = terminal.output
        terminal.read(3.0)
        assert terminal.output == before


def test_one_thing_that_moves_costs_one_line() -> None:
    with Terminal(fake_console(), (120, 36)) as terminal:
        terminal.sees("orders_daily", "failed", "? more")
        terminal.settle()
        before = len(terminal.output)
        terminal.process.send_signal(signal.SIGUSR1)
        terminal.sees("success =")
        terminal.settle()
        assert len(terminal.output) - before <= 1024
