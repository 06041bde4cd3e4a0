"""What a worker was given starts in turn, in the room that there is, and once, whatever happens to claims."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from drive.waiting import eventually
from penstock import process
from penstock.attempts.protocol import AttemptSpec
from penstock.execution.dask import starts
from penstock.execution.dask.burst import Burst
from penstock.execution.dask.fence import Fence
from penstock.execution.dask.starts import CLAIM_SECONDS, Given, Room, Starts
from penstock.execution.host.bundles import BadBundleError
from penstock.execution.remote.pace import MOMENT, Pace
from penstock.execution.remote.protocol import Order


class Worker:
    """A worker's part around its starts: a room, a fence, and what came of each attempt."""

    def __init__(self, slots: int = 2, **resources: float) -> None:
        self.room = Room(slots, resources)
        self.fence = Fence()
        self.began: list[str] = []
        self.refused: dict[str, str] = {}
        self.declined: dict[str, str] = {}
        self.others: list[str] = []
        self.claims: list[list[str]] = []
        self.silent = 0
        """How many claims are not answered."""
        self.claiming: Callable[[], None] = lambda: None
        self.code: Exception | None = None
        self.starts = Starts(self._room, self._claim, self._fetch, self._begin, self._decline, self._not_ours)

    def give(self, *ids: str, offered: bool = True, fetching: bool = False, **needs: float) -> None:
        for each in ids:
            spec = AttemptSpec(attempt_id=each, argv=("true",))
            order = Order(spec=spec, resources=needs, bundle="code" if fetching else None)
            if offered:
                self.fence.offer([each])
            self.starts.take(Given("i", order, f"w/{each}", fetching=fetching))

    def end(self) -> None:
        self.room.slots += 1
        self.starts.look()

    async def until(self, count: int) -> None:
        """Wait until something came of that many attempts."""
        await eventually(
            lambda: len(self.began) + len(self.declined) + len(self.others) >= count, "all came to something"
        )

    def _room(self) -> Room:
        return Room(self.room.slots, dict(self.room.left), self.room.closed)

    async def _claim(self, claimed: dict[str, str]) -> Mapping[str, str | None]:
        self.claims.append(list(claimed))
        found = {each: self.fence.claim(each, who) for each, who in claimed.items()}
        self.claiming()
        if self.silent:
            self.silent -= 1
            raise TimeoutError
        return found

    async def _fetch(self, instance: str, digest: str) -> None:
        assert (instance, digest) == ("i", "code")
        await asyncio.sleep(0.01)
        if self.code is not None:
            raise self.code

    def _begin(self, given: Given) -> None:
        attempt_id = given.order.spec.attempt_id
        if given.refusal:
            self.refused[attempt_id] = given.refusal
        self.began.append(attempt_id)
        assert self.room.take(given.order.resources), "no more start than there is room for"

    def _decline(self, given: Given, reason: str) -> None:
        self.declined[given.order.spec.attempt_id] = reason

    def _not_ours(self, instance: str, ids: list[str]) -> None:
        assert instance == "i"
        self.others += ids


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    found = Worker()
    running = asyncio.get_running_loop().create_task(found.starts.run())
    yield found
    running.cancel()


async def test_as_many_start_as_there_is_room_for_by_one_claim(
    worker: Worker,
) -> None:
    worker.give("a", "b", "c", "a")
    await worker.until(2)
    assert (worker.began, worker.claims) == (["a", "b"], [["a", "b"]])
    assert [worker.starts.has(each) for each in "abc"] == [False, False, True]
    worker.end()
    await worker.until(3)
    assert worker.claims == [["a", "b"], ["c"]]


async def test_what_is_another_s_or_unknown_leaves_its_place_to_the_next(
    worker: Worker,
) -> None:
    worker.fence.offer(["a"])
    worker.fence.claim("a", "another")
    worker.give("a")
    worker.give("b", offered=False)
    worker.give("c", "d")
    await worker.until(4)
    assert (worker.began, worker.others) == (["c", "d"], ["a", "b"])


async def test_a_claim_whose_answer_was_lost_is_made_again(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starts, "AGAIN_SECONDS", 0.001)
    worker.silent = 2
    worker.give("a")
    await worker.until(1)
    assert (worker.began, len(worker.claims)) == (["a"], 3)


async def test_nothing_starts_by_an_answer_that_was_long_on_its_way(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, CLAIM_SECONDS + 1, 100.0, 100.1])
    monkeypatch.setattr(process, "steady", lambda: next(clock))
    worker.give("a")
    await worker.until(1)
    assert (worker.began, worker.claims) == (["a"], [["a"], ["a"]])


async def test_what_is_dropped_while_its_start_is_claimed_does_not_start(worker: Worker) -> None:
    worker.claiming = lambda: worker.starts.drop("a")
    worker.give("a", "b")
    await worker.until(1)
    assert worker.began == ["b"]


async def test_a_worker_that_takes_nothing_new_declines_all_that_waits(worker: Worker) -> None:
    worker.give("a", "b", "c")
    await worker.until(2)
    worker.room.closed = "is draining"
    worker.starts.look()
    await worker.until(3)
    assert (worker.declined, worker.starts.has("c")) == ({"c": "is draining"}, False)


async def test_what_needs_more_than_is_left_waits_and_others_pass(worker: Worker) -> None:
    worker.room.left = {"MEM": 4.0}
    worker.give("a", MEM=3.0)
    worker.give("b", MEM=2.0)
    worker.give("c", MEM=1.0)
    await worker.until(2)
    assert worker.began == ["a", "c"]
    worker.room.left["MEM"] += 3.0
    worker.end()
    await worker.until(3)
    assert worker.began == ["a", "c", "b"]


@pytest.mark.parametrize(
    ("trouble", "began", "refused", "declined"),
    [
        (None, ["b", "a"], {}, {}),
        (BadBundleError("damaged"), ["b", "a"], {"a": "damaged"}, {}),
        (TimeoutError("its code did not arrive"), ["b"], {}, {"a": "its code did not arrive"}),
    ],
)
async def test_what_waits_for_its_code_holds_up_nobody(
    worker: Worker,
    trouble: Exception | None,
    began: list[str],
    refused: dict[str, str],
    declined: dict[str, str],
) -> None:
    worker.code = trouble
    worker.give("a", fetching=True)
    worker.give("b")
    await worker.until(2)
    assert (worker.began, worker.refused, worker.declined) == (began, refused, declined)


async def test_a_worker_that_cannot_tell_its_room_goes_on_when_it_can(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starts, "AGAIN_SECONDS", 0.001)
    rooms = iter([OSError("the disk is gone")])
    real = worker.starts._room

    def room() -> Room:
        for error in rooms:
            raise error
        return real()

    monkeypatch.setattr(worker.starts, "_room", room)
    worker.give("a")
    await worker.until(1)
    assert worker.began == ["a"]


async def test_a_burst_is_heard_at_once_and_then_together() -> None:
    done: list[float] = []
    now = asyncio.get_running_loop().time
    burst = Burst(0.05, lambda: done.append(now()))
    for _ in range(3):
        burst.ask()
        await asyncio.sleep(0)
    assert len(done) == 1
    for _ in range(9):
        burst.ask()
    await eventually(lambda: len(done) >= 2, "it is done again")
    assert done[1] - done[0] >= 0.05


def test_a_pace_counts_what_ended_a_moment_ago() -> None:
    pace = Pace()
    pace.ended(1.0, 3)
    pace.ended(1.0 + MOMENT / 2)
    pace.ended(1.0 + MOMENT / 2, 0)
    assert [pace.lately(1.0 + MOMENT * share) for share in (0.5, 0.9, 1.2, 2.0)] == [4, 4, 1, 0]
