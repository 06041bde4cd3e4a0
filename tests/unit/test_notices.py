"""News reaches every listener, merged when it cannot keep up."""

from __future__ import annotations

import asyncio

from penstock.model.views.events import Change
from penstock.service.notices import MERGE_LIMIT, MOST_BELLS, Notices, merge


def change(cursor: int, *runs: tuple[str, str]) -> Change:
    return Change(cursor=cursor, dags=tuple(dict.fromkeys(dag for dag, _ in runs)), runs=runs)


async def test_the_first_notice_is_there_at_once_and_says_everything() -> None:
    notices = Notices(cursor=7)
    assert await notices.subscribe().next(60) == Change(cursor=7, all=True)


async def test_what_a_slow_listener_missed_comes_as_one() -> None:
    notices = Notices()
    listener = notices.subscribe()
    await listener.next(60)
    notices.publish(change(1, ("a", "1")))
    notices.publish(change(2, ("b", "1"), ("a", "1")))
    notices.publish(change(3, ("a", "2")))
    merged = await listener.next(60)
    assert merged == Change(cursor=3, dags=("a", "b"), runs=(("a", "1"), ("b", "1"), ("a", "2")))
    assert await listener.next(0.01) == Change(cursor=3)


async def test_too_much_becomes_everything_and_stays_so() -> None:
    notices = Notices()
    listener = notices.subscribe()
    await listener.next(60)
    for number in range(MERGE_LIMIT + 1):
        notices.publish(change(number + 1, ("a", str(number))))
    notices.publish(change(1000, ("b", "1")))
    assert await listener.next(60) == Change(cursor=1000, all=True)


async def test_one_huge_notice_is_bounded_too() -> None:
    notices = Notices()
    listener = notices.subscribe()
    await listener.next(60)
    notices.publish(change(1, *(("a", str(number)) for number in range(MERGE_LIMIT + 1))))
    assert await listener.next(60) == Change(cursor=1, all=True)


async def test_who_waits_is_woken() -> None:
    notices = Notices()
    listener = notices.subscribe()
    await listener.next(60)
    waiting = asyncio.create_task(listener.next(60))
    await asyncio.sleep(0)
    assert not waiting.done()
    notices.publish(change(1, ("a", "1")))
    assert (await asyncio.wait_for(waiting, 5)).runs == (("a", "1"),)


async def test_every_listener_hears_and_who_left_does_not() -> None:
    notices = Notices()
    first, second = notices.subscribe(), notices.subscribe()
    for listener in (first, second):
        await listener.next(60)
    second.close()
    second.close()
    notices.publish(change(1, ("a", "1")))
    assert (await first.next(60)).runs == (("a", "1"),)
    assert await second.next(0.01) == Change(cursor=1)
    assert len(notices) == 1


def test_merging_keeps_the_newest_cursor_whatever_the_order() -> None:
    older, newer = change(5, ("a", "1")), change(9, ("a", "1"))
    assert merge(newer, older).cursor == merge(older, newer).cursor == 9
    assert merge(older, Change(cursor=6, all=True)) == Change(cursor=6, all=True)


def test_bells_that_wait_are_all_rung_in_order_the_newest_if_there_are_too_many() -> None:
    older, newer = Change(cursor=1, bells=("a",)), Change(cursor=2, all=True, bells=("b", "c"))
    assert merge(older, newer).bells == ("a", "b", "c")
    many = Change(cursor=3, bells=tuple(str(number) for number in range(MOST_BELLS)))
    assert merge(older, many).bells == many.bells
