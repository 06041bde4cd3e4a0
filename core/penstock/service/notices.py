"""Notices of what changed, from the engine's loop to all listeners.

A slow listener never makes a queue: what it missed is merged into one notice, and if that would
name too many runs it says "everything" instead. All calls are made on the event loop.
"""

from __future__ import annotations

import asyncio

from penstock.model.views.events import Change

MERGE_LIMIT = 200
"""The largest number of runs (or DAGs) in a notice."""
MOST_BELLS = 20
"""The largest number of bells that wait for a listener; the newest are kept."""


def merge(older: Change, newer: Change) -> Change:
    """Return one notice that covers both."""
    cursor = max(older.cursor, newer.cursor)
    bells = (older.bells + newer.bells)[-MOST_BELLS:]
    if not (older.all or newer.all):
        dags = tuple(dict.fromkeys(older.dags + newer.dags))
        runs = tuple(dict.fromkeys(older.runs + newer.runs))
        if len(dags) <= MERGE_LIMIT and len(runs) <= MERGE_LIMIT:
            return Change(cursor=cursor, dags=dags, runs=runs, bells=bells)
    return Change(cursor=cursor, all=True, bells=bells)


class Subscription:
    """One listener's notices, made by `Notices.subscribe`. The first comes at once: "everything"."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._pending: Change | None = Change(cursor=notices.cursor, all=True)
        self._news = asyncio.Event()
        self._news.set()

    async def next(self, heartbeat: float) -> Change:
        """Return what changed since the last call; an empty notice after *heartbeat* seconds of quiet."""
        if self._pending is None:
            self._news.clear()
            try:
                async with asyncio.timeout(heartbeat):
                    await self._news.wait()
            except TimeoutError:
                pass
        change, self._pending = self._pending, None
        return change or Change(cursor=self._notices.cursor)

    def deliver(self, change: Change) -> None:
        """Add *change* to the next notice."""
        self._pending = change if self._pending is None else merge(self._pending, change)
        self._news.set()

    def close(self) -> None:
        """Stop listening."""
        self._notices.forget(self)


class Notices:
    """Hands each published notice to every subscription. ``cursor`` is the newest event's seq so far."""

    def __init__(self, cursor: int = 0) -> None:
        self.cursor = cursor
        self._listeners: set[Subscription] = set()

    def publish(self, change: Change) -> None:
        """Tell every listener. Cheap, and free if nobody listens."""
        self.cursor = max(self.cursor, change.cursor)
        bounded = merge(Change(cursor=0), change) if self._listeners else change
        for listener in self._listeners:
            listener.deliver(bounded)

    def subscribe(self) -> Subscription:
        """Return a new listener."""
        subscription = Subscription(self)
        self._listeners.add(subscription)
        return subscription

    def forget(self, subscription: Subscription) -> None:
        """Drop a listener; it may be gone already."""
        self._listeners.discard(subscription)

    def __len__(self) -> int:
        """Return the number of listeners."""
        return len(self._listeners)
