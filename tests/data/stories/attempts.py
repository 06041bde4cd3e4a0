"""Stories of supervisors: how attempts end, by themselves and by order, and who outlives them."""

from __future__ import annotations

from collections.abc import Iterator

from drive.supervised import Supervised

A, B, C = (f"0123456789ab-0000000{letter}" for letter in "abc")
EXIT_3 = 3 << 8
KILLED = 9


def attempts_that_end(told: Supervised) -> Iterator[None]:
    """Ends of every kind, output, last lines, resources."""
    yield
    told.launch(A, push_last_line=True, umask=0o022, cwd="/tmp")
    yield
    yield
    told.prints(told.pid(A), b"one\ntwo\n")
    yield
    told.forward(1.5)
    yield
    told.prints(told.pid(A), b"three")
    yield
    told.ends(told.pid(A))
    yield
    yield
    told.launch(B, skip_on_exit_code=(99,))
    yield
    yield
    told.ends(told.pid(B), 99 << 8)
    yield
    told.launch(C)
    yield
    yield
    told.ends(told.pid(C), KILLED)
    yield
    yield


def memory_runs_out(told: Supervised) -> Iterator[None]:
    """The kernel kills one that used too much; another is killed by somebody."""
    yield
    told.launch(A, B)
    yield
    yield
    told.machine.ooms = 1
    told.ends(told.pid(A), KILLED)
    yield
    told.ends(told.pid(B), KILLED)
    yield
    yield


def two_stops(told: Supervised) -> Iterator[None]:
    """Orders to end, one after another, to those who obey and those who do not."""
    yield
    told.launch(A, B, grace=20.0)
    yield
    yield
    stubborn = told.pid(A)
    told.machine.living[stubborn].hears = (9,)
    told.stop(A)
    yield
    told.stop(A, reason="again")
    yield
    told.forward(5)
    yield
    told.stop(B)
    yield
    yield
    told.stop(A, mode="kill")
    yield
    yield
    yield
    told.launch(C, grace=3.0)
    yield
    yield
    told.machine.living[told.pid(C)].hears = (9,)
    told.stop(C)
    yield
    told.forward(2.9)
    yield
    told.forward(0.2)
    yield
    yield
    yield


def out_of_time(told: Supervised) -> Iterator[None]:
    """Timers of two attempts beside each other; a family that needs its grace."""
    yield
    told.order(A, time_limit=10.0, grace=4.0)
    told.order(B, time_limit=5.0, grace=4.0)
    told.send(op="launch", ids=[A, B])
    yield
    yield
    child = told.machine.born(told.pid(A))
    told.machine.living[child].hears = (9,)
    told.forward(4.9)
    yield
    told.forward(0.2)
    yield
    yield
    told.forward(5)
    yield
    yield
    told.forward(0.1)
    yield
    told.forward(0.5)
    yield
    told.forward(3.5)
    yield
    yield
    told.forward(0.1)
    yield
    yield


def pipes(told: Supervised) -> Iterator[None]:
    """A reader hears SIGTERM after its writer; one that goes on reading late in the grace."""
    yield
    told.launch(A, grace=10.0)
    yield
    yield
    shell = told.pid(A)
    told.machine.living[shell].hears = (9,)
    writer = told.machine.born(shell, ends=("", "pipe:[1]", ""), hears=(9,))
    told.machine.born(shell, ends=("pipe:[1]", "", ""), hears=(15, 9))
    other = told.machine.born(shell, session=77, group=77, ends=("", "pipe:[2]", ""), hears=(9,))
    told.machine.born(shell, ends=("pipe:[2]", "", ""), hears=(9,))
    told.stop(A)
    yield
    told.ends(writer)
    yield
    told.forward(0.3)
    yield
    told.forward(1.1)
    yield
    told.forward(6.2)
    yield
    told.ends(other)
    yield
    told.forward(2.5)
    yield
    told.forward(0.3)
    yield
    told.forward(0.6)
    yield
    yield


def strays(told: Supervised) -> Iterator[None]:
    """Who outlives its task: killed, another's, or belongs to another user."""
    yield
    told.launch(A, B)
    yield
    yield
    first, second = told.pid(A), told.pid(B)
    told.machine.born(first)
    told.machine.born(first, session=50, group=50)
    told.machine.born(second, session=60, group=60)
    told.machine.born(first, env={}, session=70, group=70)
    told.machine.born(first, foreign=True, session=80, group=80)
    told.ends(first)
    yield
    yield
    told.ends(second, EXIT_3)
    yield
    yield
    told.forward(6)
    yield
    yield


def open_pipes(told: Supervised) -> Iterator[None]:
    """A daemon of nobody holds the output open; the result does not wait for it for ever."""
    yield
    told.launch(A, B)
    yield
    yield
    daemon = told.machine.born(told.pid(A), env={}, session=50, group=50, foreign=True)
    told.ends(told.pid(A))
    yield
    told.prints(daemon, b"still here")
    yield
    told.forward(4.9)
    yield
    told.forward(0.2)
    yield
    told.stop(B)
    yield
    yield
    told.launch(C)
    yield
    yield
    told.ends(told.pid(C))
    yield
    told.ends(daemon)
    yield
    yield


STORIES = {
    each.__name__: each
    for each in (attempts_that_end, memory_runs_out, two_stops, out_of_time, pipes, strays, open_pipes)
}
