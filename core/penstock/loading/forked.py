"""The warm parent's side of a forked load child: ``python -P -u -m penstock.loading.child --forge FD ROOM``.

It has imported what every child needs and nothing of an author, and has done once with a DAG of its own
what each child does with an author's. It has one conversation at a time: a request brings three descriptors
(the channel, crash output, the output), and the answer is the child's pid. After the next message the child
and all it started are killed, and the answer is how the child ended. When the caller is gone, the parent
ends, and the children with it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Callable

from penstock import forking, process
from penstock.loading.child_process import MARK


def serve(descriptor: int, rehearse: Callable[[], object]) -> tuple[str, int, int]:
    """Fork children as long as they are asked for; return, in each, file, channel and crash output.

    *rehearse* does once what no child has to make ready by itself then.
    """
    _import_all()
    rehearse()
    try:
        nameplate = forking.Nameplate(MARK)
        forking.stay_warm()
    except forking.NotWarmError:
        os._exit(1)
    process.adopt_orphans()
    asker = socket.socket(fileno=descriptor)
    while (request := forking.hear(asker)) is not None:
        order, descriptors = request
        pid = os.fork()
        if pid == 0:
            asker.detach()
            return _begin(nameplate, json.loads(order), *descriptors)
        for each in descriptors:
            os.close(each)
        asker.send(b"%d" % pid)
        wanted = asker.recv(16)
        status = _collect(pid)
        if not wanted:
            break
        asker.send(b"%d" % status)
    os._exit(0)


def _import_all() -> None:
    import penstock
    import penstock.loading.template_check

    for name in penstock.__all__:
        getattr(penstock, name)


def _begin(
    nameplate: forking.Nameplate, order: dict[str, dict[str, str]], channel: int, trace: int, output: int
) -> tuple[str, int, int]:
    argv = list(order["argv"])
    forking.settle(output, output, keep=[channel, trace])
    nameplate.show(argv, order["env"][MARK])
    forking.live_in(order["env"], str(order["cwd"]))
    sys.orig_argv[:] = argv
    return argv[-1], channel, trace


def _collect(pid: int) -> int:
    """Kill *pid*, its session, and processes that left the session; return how *pid* ended."""
    os.kill(pid, signal.SIGKILL)  # a child killed right after its start has no session yet
    process.signal_group(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    while True:  # orphans become our children one generation at a time
        for child in process.children(os.getpid()):
            os.kill(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return status
