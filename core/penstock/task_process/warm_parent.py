"""A warm parent of Python tasks: it has imported what every task needs, and forks a process per request.

``python -P -m penstock.task_process.main --forge FD ROOM``, started by a supervisor: see
`penstock.supervisor.warm_parent`. A request is the version of the task's DAG file, as JSON (``f`` from
supervisors of 0.1), with four descriptors: the task's own channel, its two outputs, and where it talks to
the supervisor. By a double fork the task becomes the supervisor's child, which waits for it; after that
nothing of a task depends on this process. Over its channel the task receives its arguments,
environment and working directory, sends its pid, and waits to be told to go: until then none of the
author's code has run.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time

from penstock import forking, stray_signals
from penstock.attempts.files import CHANNEL, MARK
from penstock.task_process.kept_file import KeptFiles

IDLE_SECONDS = 30.0
"""Seconds without a task until it ends and frees its memory."""
GO = b"go"
_LOOK = 0.0002


def serve(descriptor: int) -> str:
    """Fork tasks as long as they are asked for; return, in each of them, the attempt's directory."""
    _import_all()
    try:
        nameplate = forking.Nameplate(MARK)
        forking.stay_warm(busy=["penstock.authoring.scope"])
    except forking.NotWarmError as why:
        sys.stderr.write(f"Python tasks are spawned, not forked: {why}\n")
        sys.stderr.flush()
        os._exit(1)  # whatever threads there are
    asker = socket.socket(fileno=descriptor)
    asker.settimeout(IDLE_SECONDS)
    files: KeptFiles | None = KeptFiles()
    while True:
        request = forking.hear(asker)
        if request is None:
            os._exit(0)
        message, descriptors = request
        if files is not None and files.hand_over(message, descriptors):
            _close(descriptors)
            continue
        try:
            intermediate = os.fork()
        except OSError:  # short of processes: closing the channel says that there is no task
            intermediate = -1
        if intermediate == 0:
            return _fork_again(nameplate, asker, descriptors)
        _close(descriptors)
        if intermediate > 0:
            os.waitpid(intermediate, 0)
        if files is not None and files.is_due(message):
            own = files.start(message)
            if own is not None:  # we are who has executed the file now, until the one that asks us ends
                asker.close()
                asker, files = own, None


def _close(descriptors: list[int]) -> None:
    for each in descriptors:
        os.close(each)


def _import_all() -> None:
    import importlib

    package = importlib.import_module("penstock")
    for name in package.__all__:
        getattr(package, name)
    for module in ("authoring.collect", "authoring.repeatable", "authoring.source"):
        importlib.import_module(f"penstock.{module}")
    for module in ("context_keys", "logging_setup", "moment", "tracebacks"):
        importlib.import_module(f"penstock.task_process.{module}")


def _fork_again(nameplate: forking.Nameplate, asker: socket.socket, descriptors: list[int]) -> str:
    """Become the task's process, whose parent has ended; in every other case, end here."""
    try:
        intermediate = os.getpid()
        if os.fork():
            os._exit(0)
        asker.detach()
        stray_signals.let_through()
        return _begin(nameplate, intermediate, *descriptors)
    except BaseException:  # noqa: BLE001 - nothing has begun: the supervisor starts the task in another way
        os._exit(1)


def _begin(
    nameplate: forking.Nameplate, intermediate: int, descriptor: int, stdout: int, stderr: int, line: int
) -> str:
    forking.settle(stdout, stderr, keep=[descriptor, line])
    own = socket.socket(fileno=descriptor)
    order = json.loads(own.recv(forking.MAX_MESSAGE))
    argv, environment = order["argv"], order["env"]
    nameplate.show(argv, environment[MARK])
    forking.live_in({**environment, CHANNEL: str(line)}, order["cwd"])
    sys.argv[1:] = [argv[-1]]
    sys.orig_argv[:] = argv
    while os.getppid() == intermediate:  # it only has to end
        time.sleep(_LOOK)
    own.send(b"%d" % os.getpid())
    if own.recv(16) != GO:
        os._exit(0)
    own.close()
    return str(argv[-1])
