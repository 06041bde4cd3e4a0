"""A chatty task, to tail: open its log in the console and press ``F`` to follow it.

Levels, progress, long and empty lines, and a stack trace: what logs look like. ``seconds`` and
``lines`` are parameters of the run.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from penstock import DAG, Param, task

with DAG(
    "long_log",
    description="A few thousand lines over a minute",
    schedule=None,
    params={
        "seconds": Param(60, "How long it talks", type="number", minimum=0, maximum=3600),
        "lines": Param(3000, "How many lines it says", type="integer", minimum=10, maximum=1_000_000),
    },
    tags=["sample"],
):

    @task
    def talk(params: Any = None) -> int:
        """Say *lines* lines over *seconds* seconds."""
        log = logging.getLogger("orders")
        log.setLevel(logging.DEBUG)
        lines, started = params["lines"], time.monotonic()
        for number in range(1, lines + 1):
            say(log, number, lines)
            ahead = started + params["seconds"] * number / lines - time.monotonic()
            if ahead > 0.02:
                time.sleep(ahead)
        print(f"said {lines} lines")
        return int(lines)

    def say(log: logging.Logger, number: int, lines: int) -> None:
        """Say line *number*; some are not like the others."""
        if number == lines // 2:
            try:
                price = {"apple": 3}["pear"]
                log.info("order %d costs %d", number, price)
            except KeyError:
                log.exception("order %d has no price; leaving it out", number)
        elif number % 500 == 0:
            log.error("order %d: payment refused, will be tried again", number)
        elif number % 100 == 0:
            done = number * 40 // lines
            print(f"[{'#' * done}{'.' * (40 - done)}] {100 * number // lines:3} %")
        elif number % 97 == 0:
            log.warning("order %d took %d ms", number, 1000 + number % 700)
        elif number % 41 == 0:
            log.debug("order %d: %s", number, " ".join(f"item-{number * 7 + k}" for k in range(30)))
        else:
            log.info("order %d: packed", number)

    talk()
