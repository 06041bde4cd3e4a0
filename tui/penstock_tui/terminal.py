"""The terminal is left as it was found, however the console ends.

`leave_as_found` handles the signals that end a process; `TerminalDriver` is Textual's driver for
Linux and macOS, which knows what to restore and takes the terminal again after a stop.
"""

from __future__ import annotations

import os
import select
import selectors
import signal
import sys
import termios
import threading
from contextlib import suppress
from types import FrameType
from typing import ClassVar

from textual.drivers.linux_driver import LinuxDriver

from penstock.model.drawing.box import to_ascii
from penstock_tui.typed import Typed
from penstock_tui.view.carried import carried

ENDING = (
    signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGABRT, signal.SIGALRM,
    signal.SIGUSR1, signal.SIGUSR2, signal.SIGVTALRM, signal.SIGPROF, signal.SIGXCPU,
)  # fmt: skip
"""Signals that would end the process at once."""

_RESET = (
    b"\x18"  # drops an unfinished sequence
    b"\x1b[?2026l\x1b[0m\x1b[?7h"  # show what is drawn, no colours, wrap lines
    b"\x1b[?2004l\x1b[?2048l"  # no bracketed paste, no reports of sizes
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?1004l"  # no mouse, no focus
    b"\x1b[<u"  # the keyboard's own protocol
    b"\x1b[?1049l\x1b[?25h"  # the screen from before, and the cursor
)
_PATIENCE = 1000
"""Milliseconds to wait for a terminal that takes no output, as after ^S."""


def leave_as_found() -> None:
    """Let every signal in `ENDING` give the terminal back and end with 128 and its number.

    The same happens if the terminal hangs up and SIGHUP is ignored.
    """
    for number in ENDING:
        signal.signal(number, _end)

    def watch() -> None:
        poll = select.poll()
        poll.register(sys.stdin.fileno(), 0)  # hang-ups and errors are always reported
        if poll.poll():
            os._exit(128 + signal.SIGHUP)  # there is nothing left to give back

    threading.Thread(target=watch, name="terminal", daemon=True).start()


def _end(number: int, _frame: FrameType | None) -> None:
    give_back(f"penstock console: ended by {signal.Signals(number).name}\r\n".encode())
    os._exit(128 + number)


def give_back(said: bytes = b"") -> None:
    """Undo what the console did to the terminal, if it has it; nothing is drawn after this but *said*."""
    driver, TerminalDriver.holder = TerminalDriver.holder, None
    if driver is None:
        return
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # a background process may not stop here
    with suppress(OSError, termios.error):
        # A file of our own: the shared one must stay as it is, and others may be writing to it.
        own = os.open(os.ttyname(driver.fileno), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        sink = os.open(os.devnull, os.O_WRONLY)
        if _in_front(driver.fileno) and driver.attrs_before is not None:
            termios.tcsetattr(driver.fileno, termios.TCSANOW, driver.attrs_before)
            termios.tcflush(driver.fileno, termios.TCIFLUSH)  # answers to what was asked of the terminal
        for shared in (sys.__stdout__, sys.__stderr__):
            if shared is not None and os.isatty(shared.fileno()):
                os.dup2(sink, shared.fileno())
        _write(own, _RESET + said)


def _in_front(terminal: int) -> bool:
    """Return whether this process has the terminal; a shell may be reading it."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return True  # not the terminal of this session: no shell is there


def _write(terminal: int, data: bytes) -> None:
    poll = select.poll()
    poll.register(terminal, select.POLLOUT)
    while data and poll.poll(_PATIENCE):
        with suppress(BlockingIOError):
            data = data[os.write(terminal, data) :]


_PAUSE = 0.1
"""Seconds without a key after which an escape is one."""


def _fail(error: Exception) -> None:
    raise error


class TerminalDriver(LinuxDriver):
    """Textual's driver; ``holder`` is the one that has the terminal now."""

    holder: ClassVar[TerminalDriver | None] = None
    plain: ClassVar[bool] = False
    """Whether lines, bars and arrows are drawn in ASCII."""

    def write(self, data: str) -> None:
        """Write to the terminal; what it cannot show is replaced by as many cells."""
        if not data.isascii():
            if self.plain:
                data = to_ascii(data)
            data = carried(data, self._file.encoding if self._file is not None else "utf-8")
        super().write(data)

    @property
    def behind(self) -> bool:
        """Whether the terminal has not taken all that was written, as over a slow link or after ^S."""
        writer = self._writer_thread
        return writer is not None and not writer._queue.empty()  # noqa: SLF001

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:  # noqa: BLE001 - a console without keys is none: it ends and says why
            self._app.call_later(_fail, error)

    def run_input_thread(self) -> None:
        """Hand on what is typed, until told to end or the terminal is gone."""
        typed = Typed()
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_PAUSE):
                    try:
                        data = os.read(self.fileno, 4096)
                    except BlockingIOError:
                        continue
                    except OSError:
                        return  # hung up, which another thread watches for
                    if not data:
                        return
                    messages = typed.take(data)
                else:
                    messages = typed.idle()
                for message in messages:
                    self.process_message(message)

    def start_application_mode(self) -> None:
        """Take the terminal."""
        TerminalDriver.holder = self
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        super().stop_application_mode()
        TerminalDriver.holder = None

    def _sigcont_application(self, *more: object) -> None:
        """Go on: after ^z as Textual does; after a SIGSTOP take the terminal again."""
        if TerminalDriver.holder is not self:
            super()._sigcont_application(*more)
        elif not _in_front(self.fileno):
            os.kill(os.getpid(), signal.SIGSTOP)  # continued in the background, where nothing can be drawn
        else:  # not here: the stop may have come while the queue of what is written was locked
            self._loop.call_soon_threadsafe(self._take_again)

    def _take_again(self) -> None:
        with suppress(termios.error):
            found = termios.tcgetattr(self.fileno)
            if found[3] & termios.ICANON:  # a shell has used it in between
                self.attrs_before = [*found[:6], list(found[6])]
            found[3] = self._patch_lflag(found[3])
            found[0] = self._patch_iflag(found[0])
            found[6][termios.VMIN] = 1
            termios.tcsetattr(self.fileno, termios.TCSANOW, found)
        self.write("\x1b[?1049h\x1b[?25l\x1b[?1004h\x1b[?7l")
        self._enable_mouse_support()
        self._enable_bracketed_paste()
        self.flush()
        signal.raise_signal(signal.SIGWINCH)  # it may have another size
        self._app.post_message(self.SignalResume())
