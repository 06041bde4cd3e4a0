"""Work beside the screen: what waits for the engine must not hold up the keys."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, cast

from textual.dom import DOMNode
from textual.worker import Worker

from penstock_tui.shell import Shell


def in_background(
    node: DOMNode | Shell,
    work: Callable[[], Coroutine[Any, Any, Any]],
    *,
    name: str = "",
    group: str,
    exclusive: bool = False,
) -> Worker[Any]:
    """Run *work* until it ends or *node* goes; with *exclusive* it takes the place of others of its *group*.

    *work* is the function and not what it returns: a coroutine that is replaced before it begins would
    never be awaited, which Python warns of.
    """
    runs = cast("Any", node)  # Textual's own types know no function that returns a coroutine
    worker: Worker[Any] = runs.run_worker(
        work, name=name, group=group, exclusive=exclusive, exit_on_error=False
    )
    return worker
