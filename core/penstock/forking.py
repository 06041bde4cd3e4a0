"""Forking from a warm parent: what both ends say, and how a fork becomes a process of its own.

A warm parent has imported what its children need and nothing of an author; it is asked over a socket
that keeps messages apart, with descriptors beside them. Linux only: elsewhere no process can take in
orphans, and a parent could not be told from its children. Stdlib only, and light.
"""

from __future__ import annotations

import atexit
import gc
import io
import os
import signal
import socket
import sys
from types import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable, Collection, Mapping, Sequence
    from types import ModuleType
    from typing import Any, NoReturn

MAX_MESSAGE = 128 << 10
"""A longer message may not fit into a socket's buffer: to send one, spawn instead."""
_MAX_DESCRIPTORS = 4


class NotWarmError(Exception):
    """This process cannot be forked from; the message says why."""


def channel() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a connection that keeps messages apart."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def ask(parent: socket.socket, message: bytes, descriptors: Sequence[int]) -> None:
    """Send *message* with *descriptors*; raise OSError when the parent is gone or takes no more."""
    if len(message) > MAX_MESSAGE:
        raise OSError(f"{len(message)} bytes are too many to be handed over")
    socket.send_fds(parent, [message], list(descriptors))


def hear(asker: socket.socket) -> tuple[bytes, list[int]] | None:
    """Wait for a message; return it with its descriptors, or None when there will be no more.

    A time limit of *asker* counts as the end, too.
    """
    try:
        message, descriptors, _, _ = socket.recv_fds(asker, MAX_MESSAGE, _MAX_DESCRIPTORS)
    except OSError:
        return None
    return (message, descriptors) if message else None


def stay_warm(*, busy: Collection[str] = ()) -> None:
    """Make this process ready to be forked from. Raises `NotWarmError` when it has threads.

    *busy* names modules that will hold what is a child's own: they let go of it when it leaves.

    A fork takes one thread along and the locks of all: what imports start at start-up must not be lost.
    """
    if has_threads():
        raise NotWarmError("something that Python loads at its start runs threads")
    with open("/proc/self/environ", "rb") as stream:
        given = {item.partition(b"=")[0] for item in stream.read().split(b"\0")}
    _added.update({name: text for name, text in os.environ.items() if os.fsencode(name) not in given})
    _busy.extend(busy)
    _settle_down()


def stay_warm_with(things: object, file: str) -> None:
    """Be forked from with *things* as well, made since `stay_warm` by the module whose file is *file*."""
    _spared.append(things)
    made = [each for name, each in sys.modules.items() if name not in _warm]
    _grown.extend((vars(each), dict(vars(each))) for each in made if getattr(each, "__file__", None) == file)
    _settle_down()


def _settle_down() -> None:
    """Let what is there now be the parent's, which the children's collector does not look at.

    Their first collection would write to, and so copy, every object's page.
    """
    _warm.update(sys.modules)
    gc.collect()
    gc.freeze()


def has_threads() -> bool:
    """Whether this process has more than one thread."""
    return len(os.listdir("/proc/self/task")) > 1


def descriptors() -> list[str]:
    """Return the numbers of this process's open descriptors."""
    return os.listdir("/proc/self/fd")


_PYTHONS_OWN = {"sys", "builtins", "__main__"}
_FLUSH_FAILED = 120
_added: dict[str, str] = {}
_busy: list[str] = []
_warm: dict[str, ModuleType] = {}
_spared: list[object] = []
_grown: list[tuple[dict[str, Any], dict[str, Any]]] = []


def leave(code: int) -> NoReturn:
    """End this child as Python ends a process, but leave alone what the parent had made.

    Threads are waited for, what was registered for the end is called, and the child's own modules and
    objects are taken apart. To take the parent's apart would copy it first: that took longer than all the
    rest. The exit code is *code*, or 120 as Python's is when the outputs cannot be written to at the end.
    """
    try:
        threading = sys.modules.get("threading")
        if threading is not None:
            threading._shutdown()  # noqa: SLF001 - Python itself calls it at a process's end
        atexit._run_exitfuncs()  # noqa: SLF001 - and this
        _flush_files()
        _take_apart()
    except BaseException:  # noqa: BLE001 - of threads that were waited for, or a signal's
        sys.excepthook(*sys.exc_info())
        code = code or 1
    finally:
        os._exit(code if _flush_outputs() else _FLUSH_FAILED)


def _take_apart() -> None:
    """Let go of the child's own modules and of what it changed in the others, and collect all that."""
    atexit._clear()  # noqa: SLF001
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_IGN)  # Python no longer calls them from here on, either
    for name in sys.modules.keys() - _warm.keys() - _PYTHONS_OWN:
        del sys.modules[name]
    for name in _busy:
        vars(_warm[name]).clear()
    for now, before in _grown:
        for name in [name for name in now if now[name] is not before.get(name, _grown)]:
            del now[name]
    gc.collect()
    # The child's own that something of the parent's holds. Files, written in C, were flushed before.
    for each in gc.get_objects():
        finalize = getattr(type(each), "__del__", None)
        if isinstance(finalize, FunctionType):
            _call(finalize, each)


def _call(finalize: Callable[[object], None], each: object) -> None:
    try:
        finalize(each)
    except BaseException as error:  # noqa: BLE001 - as Python does: it says so and goes on
        sys.stderr.write(f"Exception ignored in: {finalize!r}: {error!r}\n")


def _flush_files() -> None:
    """Let files that somebody forgot to close reach the disk.

    Python closes them in any order when it collects them, and what a text file still holds is lost when the
    file below it is closed first.
    """
    for each in gc.get_objects():
        if isinstance(each, io.TextIOWrapper | io.BufferedWriter | io.BufferedRandom) and not each.closed:
            try:
                each.flush()
            except (OSError, ValueError):
                pass  # a full disk, or one that can only be read


def _flush_outputs() -> bool:
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
    except OSError:
        return False
    return True


class Nameplate:
    """What other processes read of this one: its command line, and one variable of its environment.

    Both lie in memory that the kernel filled when the program was started, and a fork has its parent's.
    The parent therefore starts with room for the words of its children, who write their own there:
    the value of *variable*, and arguments that together are no longer than the parent's. Raises
    `NotWarmError` where that memory cannot be written.
    """

    def __init__(self, variable: str) -> None:
        try:
            with open("/proc/self/stat", "rb") as stream:
                text = stream.read()
            fields = [int(field) for field in text[text.rindex(b")") + 2 :].split()[45:49]]
            self._words = (fields[0], fields[1] - fields[0])
            with open("/proc/self/environ", "rb") as stream:
                block = b"\0" + stream.read()
            name = b"\0" + variable.encode() + b"="
            start = block.index(name) + len(name)
            self._value = (fields[2] + start - 1, block.index(b"\0", start) - start)
            self.show(sys.orig_argv, block[start : start + self._value[1]].decode())
        except (OSError, ValueError, IndexError) as error:
            raise NotWarmError(f"the kernel's copy of its own words cannot be written: {error!r}") from None

    def show(self, argv: Sequence[str], value: str) -> None:
        """Write *argv* and *value*, as far as there is room for the former. Raises OSError or ValueError."""
        words = b"\0".join(os.fsencode(word) for word in argv) + b"\0"
        at, room = self._words
        place, size = self._value
        if len(value.encode()) != size:
            raise ValueError(f"{value!r} does not have {size} bytes")
        memory = os.open("/proc/self/mem", os.O_RDWR | os.O_CLOEXEC)
        try:
            os.pwrite(memory, words[:room].ljust(room, b"\0"), at)
            os.pwrite(memory, value.encode(), place)
        finally:
            os.close(memory)


def settle(stdout: int, stderr: int, *, keep: Sequence[int]) -> None:
    """Lead a session of one's own, with standard input empty; keep no descriptor but outputs and *keep*."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (stdout, 1), (stderr, 2)):
        os.dup2(source, target)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in keep:
            try:
                os.close(int(name))
            except OSError:
                pass  # the one that listed them
    for name, descriptor in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        stream = _stream(getattr(sys, name), f"<{name}>", descriptor)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _stream(before: Any, name: str, descriptor: int) -> Any:
    """Return what Python makes of a standard descriptor at its start: it looks at what that is."""
    mode, unbuffered = ("w" if descriptor else "r"), bool(before.write_through)
    buffering = 0 if unbuffered and descriptor else -1
    buffer: Any = open(descriptor, f"{mode}b", buffering, closefd=False)  # noqa: SIM115
    getattr(buffer, "raw", buffer).name = name
    stream: Any = io.TextIOWrapper(
        buffer,
        before.encoding,
        before.errors,
        newline="\n",
        line_buffering=descriptor == 2 and not unbuffered,
        write_through=unbuffered,
    )
    stream.mode = mode
    return stream


def live_in(environment: Mapping[str, str], folder: str) -> None:
    """Take over *environment*, and *folder* as the working directory. Raises OSError or ValueError.

    What Python itself added to the parent's environment (a locale's) stays: it would add it again.
    """
    os.chdir(folder)
    wanted = {**environment, **_added}
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
