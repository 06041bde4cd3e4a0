"""Failure, and how it ends well.

``needs_a_file`` exits 1 until its file appears: make the file its log names, then retry the run
``third_try``    raises on its first two tries, then succeeds: retries with a growing delay are enough
``killed``       is killed by a signal at its first try: the outcome names it
``too_slow``     sleeps longer than its time limit at its first try

``finish`` needs all four. It is blocked until ``needs_a_file`` was retried.
"""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from penstock import DAG, BashOperator, Param, task

SWITCH = Path(os.environ.get("PENSTOCK_HOME", ".")).absolute() / "flaky.go"

with DAG(
    "flaky",
    description="Fails in several ways, to practise retry",
    schedule=None,
    default_args={"retry_delay": timedelta(seconds=1)},
    params={"seconds": Param(20, "How long too_slow sleeps at its first try", type="number", minimum=0)},
    tags=["sample"],
):
    needs_a_file = BashOperator(
        task_id="needs_a_file",
        bash_command=f"""
            test -e '{SWITCH}' && echo 'found it' && exit 0
            echo "no such file; now type: touch '{SWITCH}', and retry" >&2
            exit 1
        """,
    )

    @task(retries=2, retry_exponential_backoff=True)
    def third_try(ti: Any = None) -> int:
        """Fail twice."""
        if ti.try_number < 3:
            raise ConnectionError(f"try {ti.try_number}: the other side hung up")
        print("third time lucky")
        return int(ti.try_number)

    @task(retries=1)
    def killed(ti: Any = None) -> None:
        """Die by a signal, as a process does that takes too much memory."""
        if ti.try_number == 1:
            print("here comes SIGKILL", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        print("nobody shot this time")

    @task(retries=1, execution_timeout=timedelta(seconds=2))
    def too_slow(ti: Any = None, params: Any = None) -> None:
        """Take longer than allowed."""
        if ti.try_number == 1:
            print(f"sleeping for {params['seconds']} s; 2 s are allowed", flush=True)
            time.sleep(params["seconds"])
        print("in time")

    finish = BashOperator(task_id="finish", bash_command="echo 'all four made it'")

    [needs_a_file, third_try(), killed(), too_slow()] >> finish
