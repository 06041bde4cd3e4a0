"""The console on the tests' own engine, in this terminal: ``python tests/fake_console.py``."""

from __future__ import annotations

import os
import signal
import sys

from penstock_tui.__main__ import exit_with_terminal, prepare_environment


def main() -> int:
    """Run it as the real one runs. SIGUSR1 makes one thing move: the schedule of ``hello`` is paused."""
    prepare_environment(remote=bool(os.environ.get("SSH_CONNECTION")))
    exit_with_terminal()
    from driving import make_console
    from fakes import FakeEngine
    from penstock.model.acts import PauseSchedule

    engine = FakeEngine()
    signal.signal(signal.SIGUSR1, lambda *_: engine.commit(PauseSchedule(dag_id="hello")))
    return make_console(engine).run() or 0


if __name__ == "__main__":
    sys.exit(main())
