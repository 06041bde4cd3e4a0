"""Sensors: tasks that wait until something is so.

``for_file``        looks for a file every two seconds and holds no slot between two looks
``for_even_second`` asks a function, and stays in its process meanwhile
``for_moment``      waits until a moment: five seconds after the run was due
``or_not``          gives up after three seconds, softly: it ends as skipped, not as failed

Make the file that ``for_file`` names in its log, and the run goes on.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

from penstock import DAG, BashOperator, FileSensor, PythonSensor, TimeDeltaSensor

HOME = Path(os.environ.get("PENSTOCK_HOME", ".")).absolute()

with DAG(
    "waits_for_file", description="Waits for a file, a function, a moment", schedule=None, tags=["sample"]
):
    for_file = FileSensor(
        task_id="for_file",
        filepath=str(HOME / "waits_for_file.go"),
        mode="reschedule",
        poke_interval=2,
        timeout=timedelta(hours=1),
    )

    def is_even_second() -> bool:
        """Return whether the clock shows an even second."""
        return int(time.time()) % 2 == 0

    for_even_second = PythonSensor(
        task_id="for_even_second", python_callable=is_even_second, poke_interval=0.2, timeout=10
    )

    for_moment = TimeDeltaSensor(task_id="for_moment", delta=timedelta(seconds=5), mode="reschedule")

    or_not = FileSensor(
        task_id="or_not",
        filepath=str(HOME / "this_file_never_comes"),
        poke_interval=1,
        timeout=3,
        soft_fail=True,
    )

    # `or_not` is skipped, and a skip is no reason to hold back what follows.
    go_on = BashOperator(
        task_id="go_on",
        bash_command="echo 'waited for everything'",
        trigger_rule="none_failed_min_one_success",
    )

    [for_file, for_even_second, for_moment, or_not] >> go_on
