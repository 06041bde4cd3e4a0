"""Which lane between two layers each line turns in, so that every line can be told from the others. Pure.

Spots that feed exactly the same spots share one line, a net: a vertical that all of them reach and all
that they feed leave. A net whose source stands on a row where another net arrives must turn before that
one, or the two would touch. Where nets wait for each other in a circle, one of them goes by a free row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from penstock.model.drawing.layers import Spot, Wires


@dataclass(slots=True, eq=False)
class Net:
    """One line between two layers: the rows it comes in on, the rows it goes out on, where it turns.

    ``lane`` is -1 if it goes straight. ``second`` is the lane that it goes on in from the row ``by``, for
    a net that had to make way.
    """

    sources: tuple[int, ...]
    targets: tuple[int, ...]
    lane: int = -1
    by: int | None = None
    second: int = -1

    def verticals(self) -> Iterator[tuple[int, tuple[int, ...], tuple[int, ...]]]:
        """Yield lane, rows that come in from the left, rows that go out to the right."""
        if self.by is not None:
            yield self.lane, self.sources, (self.by,)
            yield self.second, (self.by,), self.targets
        elif self.lane >= 0:
            yield self.lane, self.sources, self.targets


def nets_of(spots: Sequence[Spot], feeds: Wires, rows: Mapping[Spot, int]) -> list[Net]:
    """Return the lines from one layer, *spots*, to the next, with their lanes chosen."""
    alike: dict[tuple[Spot, ...], list[int]] = {}
    for spot in spots:
        if feeds[spot]:
            alike.setdefault(tuple(feeds[spot]), []).append(rows[spot])
    nets = [Net(tuple(sorted(came)), tuple(sorted(rows[to] for to in fed))) for fed, came in alike.items()]
    _Choice(nets).make()
    return nets


@dataclass(slots=True)
class _Choice:
    """The lanes of one space between layers while they are given away."""

    nets: list[Net]
    taken: list[list[tuple[int, int]]] = field(default_factory=list)
    """The rows that each lane is used on."""
    waits: dict[Net, set[Net]] = field(default_factory=dict)
    """The nets that must turn before each net."""
    least: dict[Net, int] = field(default_factory=dict)
    """The first lane that each may have."""

    def make(self) -> None:
        """Give every net that changes its row a lane, from the left."""
        bent = [net for net in self.nets if {*net.sources, *net.targets} != {net.sources[0]}]
        at = {row: net for net in bent for row in net.sources}
        self.waits = {
            net: {at[row] for row in net.targets if row in at and at[row] is not net} for net in bent
        }
        self.least = dict.fromkeys(bent, 0)
        while self.waits:
            ready = [net for net, before in self.waits.items() if not before]
            if not ready:
                self._make_way(self._on_circle())
                continue
            net = min(ready, key=_turning)
            lane = self._lane(
                self.least[net], (*net.targets, *((net.by,) if net.by is not None else net.sources))
            )
            if net.by is None:
                net.lane = lane
            else:
                net.second = lane
            del self.waits[net]
            self._passed(net, lane)

    def _passed(self, net: Net, lane: int) -> None:
        """Note that *net* has turned in *lane*: those that waited for it come right of that."""
        for other, before in self.waits.items():
            if net in before:
                before.discard(net)
                self.least[other] = max(self.least[other], lane + 1)

    def _on_circle(self) -> Net:
        net, seen = next(iter(self.waits)), set()
        while net not in seen:
            seen.add(net)
            net = min(self.waits[net], key=_turning)
        return net

    def _make_way(self, net: Net) -> None:
        """Let *net* leave its row at once, and come back to its targets' rows later, by a free row."""
        used = {row for other in self.nets for row in (*other.sources, *other.targets)}
        used |= {other.by for other in self.nets if other.by is not None}
        distance, start = 1, net.sources[0]
        while start + distance in used and start - distance in used:
            distance += 1
        net.by = start + distance if start + distance not in used else start - distance
        net.lane = self._lane(0, (*net.sources, net.by))
        self._passed(net, net.lane)
        self.least[net] = max(self.least[net], net.lane + 1)

    def _lane(self, least: int, rows: Sequence[int]) -> int:
        """Return the first lane from *least* on that is free on all of *rows*, and take it."""
        low, high = min(rows), max(rows)
        lane = least
        while lane < len(self.taken) and any(
            low <= last and first <= high for first, last in self.taken[lane]
        ):
            lane += 1
        while len(self.taken) <= lane:
            self.taken.append([])
        self.taken[lane].append((low, high))
        return lane


def _turning(net: Net) -> tuple[int, int]:
    """Return who turns first: of lines that go down the lowest, of those that go up the highest."""
    first, last = min(net.targets), max(net.targets)
    down = last - net.sources[0] >= net.sources[0] - first
    return (len(net.targets), -net.sources[-1]) if down else (len(net.targets), net.sources[0])
