"""The console on the tests' own engine, in this terminal: ``python tests/fakes/console.py [hang|fail]``."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from penstock_tui.__main__ import prepare_environment


def main() -> int:
    """Run it as the real one runs. SIGUSR1 makes one thing move: the schedule of ``hello`` is paused."""
    sys.path[0] = str(Path(__file__).parents[1])  # run as a file, it would look beside itself
    prepare_environment(remote=bool(os.environ.get("SSH_CONNECTION")))
    from penstock_tui.terminal import leave_as_found

    leave_as_found()
    from drive.console import make_console
    from fakes.engine import FakeEngine
    from penstock.model.acts import PauseSchedule

    engine = FakeEngine()
    if "hang" in sys.argv:
        engine.status = lambda: threading.Event().wait()  # type: ignore[assignment,method-assign,return-value]
    signal.signal(signal.SIGUSR1, lambda *_: engine.commit(PauseSchedule(dag_id="hello")))
    console = make_console(engine)
    if "fail" in sys.argv:
        console.feed.start = lambda: 1 / 0  # type: ignore[method-assign,assignment]
    code = console.run() or console.return_code or 0
    sys.stdout.flush()
    os._exit(code)  # as the real one: nothing that hangs is waited for


if __name__ == "__main__":
    sys.exit(main())
