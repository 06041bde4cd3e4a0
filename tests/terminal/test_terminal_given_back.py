"""However the console ends, the terminal is as it was found, and the exit code says why."""

from __future__ import annotations

import signal
import termios
import time
from pathlib import Path

import pytest

from drive.terminal import Terminal, console, fake_console

_ON_AT_REST = {"25", "7"}
"""The cursor is shown and lines wrap; nothing else is on in a terminal nobody has touched."""
_ENDING = ("HUP", "INT", "QUIT", "TERM", "ABRT", "ALRM", "USR2")


def is_as_found(terminal: Terminal) -> None:
    assert terminal.modes_on() <= _ON_AT_REST
    assert terminal.settings() == terminal.found


def wait_for(terminal: Terminal, condition: object) -> None:
    limit = time.monotonic() + 20
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < limit
        terminal.read()


def is_stopped(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T"


def is_raw(terminal: Terminal) -> bool:
    return not int(terminal.settings()[3]) & termios.ICANON  # type: ignore[call-overload]


@pytest.mark.parametrize("name", _ENDING)
def test_a_signal_ends_it_with_the_terminal_as_found(name: str) -> None:
    number = signal.Signals[f"SIG{name}"]
    with Terminal(fake_console()) as terminal:
        terminal.sees("orders_daily", "? more")
        assert {"1049", "1003", "2004", "keyboard"} <= terminal.modes_on()
        assert is_raw(terminal)
        terminal.process.send_signal(number)
        assert terminal.ended() == 128 + number
        is_as_found(terminal)


@pytest.mark.parametrize("key", [b"q", b"\x03"])
def test_leaving_gives_it_back(key: bytes) -> None:
    with Terminal(fake_console()) as terminal:
        terminal.sees("orders_daily", "? more")
        terminal.send(key)
        assert terminal.ended() == 0
        is_as_found(terminal)


def test_a_dialog_and_a_burst_of_output_make_no_difference() -> None:
    with Terminal(fake_console(), (200, 60)) as terminal:
        terminal.sees("orders_daily", "? more")
        terminal.send(b"r\x1b:\x1b?\x1bcRRR\x0c\x0c\x0c")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ended() == 128 + signal.SIGTERM
        is_as_found(terminal)


def test_an_engine_that_never_answers_holds_nobody() -> None:
    for end, code in ((b"q", 0), (signal.SIGTERM, 143)):
        with Terminal(fake_console("hang")) as terminal:
            terminal.sees("orders_daily", "? more")
            if isinstance(end, bytes):
                terminal.send(end)
            else:
                terminal.process.send_signal(end)
            assert terminal.ended() == code
            is_as_found(terminal)


def test_an_exception_at_the_start_is_shown_in_a_terminal_as_found() -> None:
    with Terminal(fake_console("fail"), (120, 60)) as terminal:
        assert terminal.ended() == 1
        is_as_found(terminal)
        assert "ZeroDivisionError" in terminal.text()


def test_the_real_console_too(tmp_path: Path) -> None:
    with Terminal(console(tmp_path)) as terminal:
        terminal.sees("no engine")
        terminal.process.send_signal(signal.SIGQUIT)
        assert terminal.ended() == 128 + signal.SIGQUIT
        is_as_found(terminal)


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="whether a process is stopped is read from /proc"
)
@pytest.mark.parametrize("shell", [True, False], ids=["a shell had it meanwhile", "nobody had it"])
@pytest.mark.parametrize("end", [None, signal.SIGTERM], ids=["q", "TERM"])
def test_stopped_and_gone_on_it_takes_the_terminal_and_gives_it_back(
    shell: bool, end: signal.Signals | None
) -> None:
    with Terminal(fake_console()) as terminal:
        terminal.sees("orders_daily", "? more")
        terminal.process.send_signal(signal.SIGSTOP)
        wait_for(terminal, lambda: is_stopped(terminal.process.pid))
        if shell:
            terminal.cook()
        terminal.wipe()
        terminal.process.send_signal(signal.SIGCONT)
        terminal.sees("orders_daily", "prod-etl", "? more")
        wait_for(terminal, lambda: is_raw(terminal))
        terminal.send(b"j")
        terminal.sees("> user_snapshots")
        if end is None:
            terminal.send(b"q")
        else:
            terminal.process.send_signal(end)
        assert terminal.ended() == (0 if end is None else 128 + end)
        is_as_found(terminal)
