"""Edges for many tasks at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from penstock.authoring.node import Label, Node, each
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def chain(*tasks: Any) -> None:
    """Connect each argument to the next; two lists in a row are paired up and must be equally long.

    Raises `DagFileError` if they are not, and for anything but tasks, groups and lists of them.
    """
    for up, down in pairwise(tasks):
        if isinstance(up, Node):
            up.set_downstream(down)
        elif isinstance(down, Node):
            down.set_upstream(up)
        elif isinstance(up, Sequence) and isinstance(down, Sequence):
            if len(up) != len(down):
                refuse(f"chain needs adjacent lists of the same length, not {len(up)} and {len(down)}")
            for one, other in zip(each(up), each(down), strict=True):
                one.set_downstream(other)
        else:
            refuse(
                f"chain connects tasks and lists of tasks, not {type(up).__name__} and {type(down).__name__}"
            )


def chain_linear(*elements: Any) -> None:
    """Connect every task of each argument to every task of the next.

    Raises `DagFileError` for fewer than two arguments, and for anything but tasks, groups and lists of them.
    """
    if len(elements) < 2:
        refuse("chain_linear needs at least two arguments; is a `*` before the list missing?")
    labels: list[Label] | None = None
    before: list[Node] | None = None
    for element in elements:
        nodes = list(each(element))
        if nodes and all(isinstance(node, Label) for node in nodes):
            labels = [node for node in nodes if isinstance(node, Label)]
            continue
        for up in before or ():
            for down in nodes:
                if labels:
                    text = labels[0].label if len(labels) == 1 else labels[nodes.index(down)].label
                    up >> Label(text) >> down
                else:
                    up.set_downstream(down)
        before, labels = nodes, None


def cross_downstream(from_tasks: Any, to_tasks: Any) -> None:
    """Connect every task of *from_tasks* to every task of *to_tasks*."""
    downs = list(each(to_tasks))
    for up in each(from_tasks):
        up.set_downstream(downs)
